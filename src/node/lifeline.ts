// What a node must know to come back when its store is lost: in which circles it is, with which lane, and a few members that it may
// dial. One small sealed file beside the store, replaced when any of it changes; the store is the truth wherever it can be read.

import type { Log } from "../base/events.ts";
import { join, dirname } from "node:path";
import { z } from "zod";
import { dropUnfinished, readSealedFile, writeSealedFile } from "../../keys/index.ts";
import { decodeCbor, encodeCbor } from "../base/cbor.ts";
import { asTocsinError, TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import { circleId, ID_BYTES, idBytes, LANE_BYTES, laneId } from "../record/ids.ts";
import type { CircleRow, Store } from "../store/store.ts";
import { contactsFor, putBootstrap } from "./contacts.ts";
import { decodeContacts, encodeContacts } from "./join-wire.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";

/** A circle as it is told beside the store; `contacts` in the form of the bootstrap contacts. */
export type Line = { readonly row: CircleRow; readonly contacts: Uint8Array };

/** Where the file lies, and the key that it is sealed under. */
export type LifelinePlace = { readonly path: string; readonly key: Uint8Array };

const CONTEXT = "tocsin/1 lifeline";
const CONTACTS_MAX = 3;

const bytes = (length?: number): z.ZodType<Uint8Array> =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && (length === undefined || value.length === length));
const linesSchema = z
  .array(
    z.strictObject({
      id: bytes(ID_BYTES),
      name: z.string().max(limits.nameCharsMax),
      lane: bytes(LANE_BYTES),
      state: z.enum(["current", "removed"]),
      joinedAt: z.number().int().min(0).max(limits.momentMaxMs),
      contacts: bytes(),
    }),
  )
  .max(limits.circlesMax);

export function lifelinePlace(storePath: string, key: Uint8Array): LifelinePlace {
  return { path: join(dirname(storePath), "circles"), key };
}

/** What was told last; nothing where there is no file, or where it is harmed itself. Throws what reading throws. */
export async function readLifeline({ path, key }: LifelinePlace, log: Log): Promise<readonly Line[]> {
  try {
    await dropUnfinished(path);
    const stored = await readSealedFile(path, key, { context: CONTEXT });
    return stored ? decodeLines(stored) : [];
  } catch (cause) {
    const { code } = asTocsinError(cause);
    if (code !== "STORE_CORRUPT") throw cause;
    log("lifeline-damaged", {});
    return [];
  }
}

/** The circles of a stored lifeline. Throws STORE_CORRUPT. */
export function decodeLines(stored: Uint8Array): readonly Line[] {
  const parsed = linesSchema.safeParse(decodeCbor(stored, limits.sealedFileBytesMax));
  if (!parsed.success) throw new TocsinError("STORE_CORRUPT", "a file of circles that holds none");
  return parsed.data.map(({ id, name, lane, state, joinedAt, contacts }) => {
    decodeContacts(contacts);
    return { row: { id: circleId(id), name, lane: laneId(lane), state, joinedAt }, contacts };
  });
}

export function encodeLines(lines: readonly Line[]): Uint8Array {
  return encodeCbor(
    lines.map(({ row, contacts }) => ({
      ...{ id: idBytes(row.id), name: row.name, lane: idBytes(row.lane) },
      ...{ state: row.state, joinedAt: row.joinedAt, contacts },
    })),
  );
}

/** Gives a store back the circles that it does not know any more. Answers how many. */
export async function restoreCircles(store: Store, lines: readonly Line[]): Promise<number> {
  const known = new Set((await store.circles()).map(({ id }) => id));
  const lost = lines.filter(({ row }) => !known.has(row.id));
  for (const { row, contacts } of lost) {
    await putBootstrap(store, row.id, contacts);
    await store.commit({ circle: row.id, records: [], row });
  }
  return lost.length;
}

/** Tells the circles anew where they changed; one write at a time, the last one with the newest. */
export function makeLifeline(
  rooms: Rooms,
  place: LifelinePlace,
  random: Random,
): { readonly renew: () => void; readonly settled: () => Promise<void> } {
  let told = "";
  let writing: Promise<void> | undefined;
  const write = async (): Promise<void> => {
    const bytes = encodeLines(
      [...rooms.circles.values()].map((live) => ({ row: live.row, contacts: contactsOf(rooms, live) })),
    );
    const now = bytes.join();
    if (now === told) return;
    await writeSealedFile(place.path, place.key, bytes, { context: CONTEXT, random });
    told = now;
  };
  const renew = (): void => {
    writing = (writing ?? Promise.resolve()).then(write).catch((cause: unknown) => {
      rooms.log("lifeline-failed", { reason: asTocsinError(cause).code });
    });
  };
  return { renew, settled: async () => writing };
}

function contactsOf(rooms: Rooms, live: LiveCircle): Uint8Array {
  const own = rooms.me.certificate.bytes;
  const all = live.state.roster ? contactsFor(rooms, live).filter(({ certificate }) => certificate !== own) : [];
  const others = all.slice(0, CONTACTS_MAX);
  return encodeContacts(
    others.map(({ certificate, addresses }) => ({ certificate, addresses: addresses.slice(0, 2) })),
  );
}

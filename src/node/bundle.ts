// Records carried by hand, to members that no link reaches: what is held of a circle, sealed for some of its members, and what
// such a bundle brings. Frames only; the file that they are in is the caller's. What is read goes in by `ingest` like all else.

import { asTocsinError, type ErrorCode, errorRow, TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { type Member, orgOf, sealedFor } from "../circle/roster.ts";
import { type CircleId, type MemberId, type OrgId, orgId } from "../record/ids.ts";
import type { LaneRange } from "../record/record.ts";
import { pagesOf } from "../net/pages.ts";
import { openFrame, openHead, type PartFrame, type PartKey, sealFrame, sealHead, sealOpening } from "../seal/bundle.ts";
import { rosterOf, toldPrekeys } from "./circle-state.ts";
import { frontierOf } from "./frontier.ts";
import { ingest } from "./ingest.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";
import { hearReceipts } from "./receipt-intake.ts";
import { allReceipts, signReceipts } from "./receipts.ts";
import { serve } from "./serve.ts";

/** A bundle is frames in this order: for each part its head and what is sealed under it; at the end the number of parts. */
export type BundleFrame =
  | { readonly kind: "head"; readonly bytes: Uint8Array }
  | { readonly kind: "sealed"; readonly bytes: Uint8Array }
  | { readonly kind: "last"; readonly parts: number }
  /** Where the file ends too early, or is none from here on. */
  | { readonly kind: "torn" };

/** What became of one part. */
export type PartRead = {
  readonly circle: CircleId;
  readonly writer: MemberId | undefined;
  /** "torn": it ends too early. "refused": the rest of it cannot be read, `why`. What came before is kept in any case. */
  readonly state: "whole" | "torn" | "refused";
  readonly why?: ErrorCode;
  readonly kept: number;
  readonly duplicates: number;
  readonly gaps: number;
  readonly refused: ReadonlyMap<string, number>;
};

/** Whoever may be given a part of a circle now: the members that are sealed for, or the nodes of one org among them, but for this one. */
export function readersOf(rooms: Rooms, live: LiveCircle, org?: OrgId): readonly Member[] {
  const members = sealedFor(rosterOf(live.state), rooms.clock.now(), orgId(rooms.me.certificate.orgKey));
  return members.filter((member) => member.id !== rooms.me.id && (org === undefined || orgOf(member) === org));
}

/** Envelopes of a circle in causal order: all that is held, or what one of `lacking` is not known to hold. */
export function carried(rooms: Rooms, live: LiveCircle, lacking?: readonly Member[]): AsyncIterable<Uint8Array> {
  const circle = live.row.id;
  const ranges = [...frontierOf(live.state)].map(([lane, to]): LaneRange => {
    const held = lacking?.map(({ id }) => rooms.delivery.held(circle, id, lane)) ?? [0];
    return { lane, from: Math.min(to, ...held), to };
  });
  return serve(rooms, rooms.me.id, { circle, ranges });
}

/**
 * One part of a bundle, as it is read from the store. Ends without a frame where nothing can be sealed for its readers. `told` is
 * called with the number of envelopes at the end.
 */
export async function* partFrames(
  rooms: Rooms,
  live: LiveCircle,
  of: {
    readonly readers: readonly Member[];
    readonly envelopes: AsyncIterable<Uint8Array>;
    readonly told: (envelopes: number) => void;
  },
): AsyncGenerator<BundleFrame> {
  const { random, clock, me } = rooms;
  const prekeys = of.readers.flatMap((member) => toldPrekeys(live.state, member));
  const sealed = await sealHead(live.row.id, prekeys, random);
  if (!sealed) return;
  const { head, part } = sealed;
  yield { kind: "head", bytes: head };
  const says = { circle: live.row.id, key: me.key, at: clock.now(), frontier: frontierOf(live.state) };
  yield { kind: "sealed", bytes: sealOpening(part, says, random) };
  let index = 1;
  let count = 0;
  for await (const envelopes of pagesOf(of.envelopes, limits.syncPageBytes)) {
    yield { kind: "sealed", bytes: sealFrame(part, { kind: "page", envelopes }, { index: index++, random }) };
    count += envelopes.length;
  }
  // What came in just now is told by no receipt yet.
  await signReceipts(rooms, live.row.id);
  const all = allReceipts(rooms, live.row.id);
  for (let at = 0; at < all.length; at += limits.receiptsPerMessage) {
    const receipts = all.slice(at, at + limits.receiptsPerMessage);
    yield { kind: "sealed", bytes: sealFrame(part, { kind: "receipts", receipts }, { index: index++, random }) };
  }
  yield { kind: "sealed", bytes: sealFrame(part, { kind: "end", envelopes: count }, { index, random }) };
  of.told(count);
}

/** What a part is while it is read. */
type Reading = {
  readonly circle: CircleId;
  readonly part: PartKey;
  index: number;
  seen: number;
  read: PartRead;
  opened?: Extract<PartFrame, { kind: "open" }>;
  isOver: boolean;
};

/**
 * Takes in what a bundle brings for this node, frame by frame. Resolves once everything kept is durable. Throws only what is our own
 * failure (DISK_FULL, STORE_FAILED): what was told of before is kept then, too.
 */
export async function readBundle(
  rooms: Rooms,
  frames: AsyncIterable<BundleFrame>,
): Promise<{ readonly parts: readonly PartRead[]; readonly forOthers: number; readonly isTorn: boolean }> {
  const parts: PartRead[] = [];
  let [heads, forOthers] = [0, 0];
  let last: number | undefined;
  let reading: Reading | undefined;
  const finish = (): void => {
    if (!reading) return;
    parts.push(reading.isOver ? reading.read : { ...reading.read, state: "torn" });
    reading = undefined;
  };
  for await (const frame of frames) {
    if (frame.kind === "torn") break;
    if (frame.kind === "last") {
      last = frame.parts;
      break;
    }
    if (frame.kind === "head") {
      finish();
      heads += 1;
      reading = await beginPart(rooms, frame.bytes);
      if (!reading) forOthers += 1;
    } else if (reading && !reading.isOver) await readFrame(rooms, reading, frame.bytes);
  }
  finish();
  return { parts, forOthers, isTorn: last !== heads };
}

async function beginPart({ keyring, circles }: Rooms, head: Uint8Array): Promise<Reading | undefined> {
  const opened = await openHead(head, (id) => {
    const prekey = keyring.value().prekeys.get(id);
    return prekey && circles.get(prekey.circle)?.row.state === "current" ? prekey : undefined;
  }).catch(harmless);
  if (!opened) return undefined;
  const { circle, part } = opened;
  const nothing = { kept: 0, duplicates: 0, gaps: 0, refused: new Map<string, number>() };
  const read: PartRead = { circle, writer: undefined, state: "whole", ...nothing };
  return { circle, part, index: 0, seen: 0, read, isOver: false };
}

/** A head that cannot be read is for nobody. */
function harmless(cause: unknown): undefined {
  const error = asTocsinError(cause);
  if (errorRow(error.code).exit !== 65) throw error;
  return undefined;
}

async function readFrame(rooms: Rooms, reading: Reading, bytes: Uint8Array): Promise<void> {
  const { circle, part } = reading;
  let frame: PartFrame;
  try {
    frame = openFrame(part, bytes, { index: reading.index++, circle });
    if (frame.kind === "end" && frame.envelopes !== reading.seen)
      throw new TocsinError("INPUT_INVALID", "a part of the bundle does not hold what it says");
  } catch (cause) {
    const error = asTocsinError(cause);
    if (error.code === "INTERNAL") throw error;
    refuse(reading, error.code);
    return;
  }
  if (frame.kind === "open") {
    reading.opened = frame;
    reading.read = { ...reading.read, writer: frame.writer };
  } else if (frame.kind === "page") await takePage(rooms, reading, frame.envelopes);
  else if (frame.kind === "receipts") {
    // After the records that they are for; each proves itself, whoever carries it.
    if (reading.opened) await hearReceipts(rooms, reading.opened.writer, { circle, receipts: frame.receipts });
  } else {
    reading.isOver = true;
    heardOf(rooms, reading);
  }
}

async function takePage(rooms: Rooms, reading: Reading, envelopes: readonly Uint8Array[]): Promise<void> {
  const { circle, opened, read } = reading;
  if (!opened) return;
  reading.seen += envelopes.length;
  const arrivals = await ingest(rooms, { member: opened.writer, path: "bundle" }, { circle, envelopes });
  const counts = { kept: read.kept, duplicates: read.duplicates, gaps: read.gaps };
  const refused = new Map(read.refused);
  for (const arrival of arrivals) {
    // Of a circle that has reached its quota the lanes go on, and what the posts say is not taken.
    if (arrival.kind === "kept" && arrival.isHollow) refused.set("QUOTA_FULL", (refused.get("QUOTA_FULL") ?? 0) + 1);
    else if (arrival.kind === "kept") counts.kept += 1;
    else if (arrival.kind === "duplicate") counts.duplicates += 1;
    else if (arrival.kind === "gap") counts.gaps += 1;
    else refused.set(arrival.reason, (refused.get(arrival.reason) ?? 0) + 1);
  }
  reading.read = { ...read, ...counts, refused };
  // Whoever carries what is provably forged is not listened to any longer, as over a link.
  const forged = arrivals.find((arrival) => arrival.kind === "refused" && arrival.verdict === "reject");
  if (forged?.kind === "refused") refuse(reading, forged.reason as ErrorCode);
}

function refuse(reading: Reading, why: ErrorCode): void {
  reading.isOver = true;
  reading.read = { ...reading.read, state: "refused", why };
}

/**
 * The writer holds what it said, where it is a member. Of this node's own lane that is no witness for going on in it: a bundle
 * may be as old as the copy that reads it.
 */
function heardOf(rooms: Rooms, { circle, opened }: Reading): void {
  const live = rooms.circles.get(circle);
  if (!opened || live?.state.roster?.members.has(opened.writer) !== true || opened.writer === rooms.me.id) return;
  if (rooms.delivery.learn(circle, opened.writer, opened.frontier)) rooms.changes.ring();
  rooms.net().catchUp(circle);
}

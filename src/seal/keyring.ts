// The secrets that open what others seal: epoch secrets and private prekeys, and when to forget them. A value and pure
// steps; the file is written by `node/keyring-file.ts`. Never in LevelDB, whose old files would keep what was deleted.

import { z } from "zod";
import { decodeCbor, encodeCbor } from "../base/cbor.ts";
import { toHex, fromHex } from "../base/bytes.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { PrekeyId } from "../circle/prekey.ts";
import { type CircleId, circleId, idBytes, type RecordId, recordId } from "../record/ids.ts";
import type { Suite, WrapKeys } from "./hpke.ts";

export type HeldEpoch = {
  readonly circle: CircleId;
  readonly id: RecordId;
  readonly secret: Uint8Array;
  readonly firstSeenAt: number;
  readonly supersededAt: number | undefined;
};
export type HeldPrekey = {
  readonly circle: CircleId;
  readonly id: PrekeyId;
  readonly suite: Suite;
  readonly keys: WrapKeys;
  readonly madeAt: number;
  readonly supersededAt: number | undefined;
};

export type Keyring = {
  readonly epochs: ReadonlyMap<RecordId, HeldEpoch>;
  readonly prekeys: ReadonlyMap<PrekeyId, HeldPrekey>;
};

export const emptyKeyring: Keyring = { epochs: new Map(), prekeys: new Map() };

/**
 * The keyring with a new epoch; the circle's older ones are superseded from now on. Of more than `limits.epochsHeldMax` the oldest
 * go, those first that the circle itself does not remember (`known`): what a flood brought.
 */
export function withEpoch(
  keyring: Keyring,
  epoch: Omit<HeldEpoch, "supersededAt">,
  known?: { readonly has: (id: RecordId) => boolean },
): Keyring {
  const epochs = new Map<RecordId, HeldEpoch>();
  for (const [id, held] of keyring.epochs) {
    epochs.set(
      id,
      held.circle === epoch.circle ? { ...held, supersededAt: held.supersededAt ?? epoch.firstSeenAt } : held,
    );
  }
  epochs.set(epoch.id, { ...epoch, supersededAt: undefined });
  const older = [...epochs.values()].filter((held) => held.circle === epoch.circle && held.id !== epoch.id);
  const overdue = Math.max(0, older.length + 1 - limits.epochsHeldMax);
  const forgotten = older.filter((held) => known?.has(held.id) === false);
  for (const held of [...forgotten, ...older].slice(0, overdue)) epochs.delete(held.id);
  return { ...keyring, epochs };
}

/** The keyring with a new prekey, which supersedes nothing before somebody else knows of it. */
export function withPrekey(keyring: Keyring, prekey: Omit<HeldPrekey, "supersededAt">): Keyring {
  return { ...keyring, prekeys: new Map(keyring.prekeys).set(prekey.id, { ...prekey, supersededAt: undefined }) };
}

/**
 * What others know of a circle's prekeys: the newest that `some` other member holds supersedes all older ones from now on, and
 * those older than the newest that `all` hold are forgotten. The same keyring where that changes nothing.
 */
export function withHeard(
  keyring: Keyring,
  circle: CircleId,
  heard: { readonly some: PrekeyId | undefined; readonly all: PrekeyId | undefined; readonly now: number },
): Keyring {
  const own = [...keyring.prekeys.values()].filter((held) => held.circle === circle);
  const olderThan = (id: PrekeyId | undefined): readonly HeldPrekey[] =>
    own.slice(
      0,
      Math.max(
        0,
        own.findIndex((held) => held.id === id),
      ),
    );
  const superseded = olderThan(heard.some).filter((held) => held.supersededAt === undefined);
  const kept = newestPrekeys(keyring);
  const spent = olderThan(heard.all).filter((held) => !kept.has(held.id));
  if (superseded.length === 0 && spent.length === 0) return keyring;
  const prekeys = new Map(keyring.prekeys);
  for (const held of superseded) prekeys.set(held.id, { ...held, supersededAt: heard.now });
  for (const held of spent) prekeys.delete(held.id);
  return { ...keyring, prekeys };
}

/** The last ones made for each circle: as many as an epoch may still be wrapped to. */
function newestPrekeys(keyring: Keyring): ReadonlySet<PrekeyId> {
  const byCircle = Map.groupBy(keyring.prekeys.values(), (held) => held.circle);
  return new Set([...byCircle.values()].flatMap((own) => own.slice(-limits.prekeysToldMax).map((held) => held.id)));
}

/**
 * The keyring without what its time is up for (R30): an epoch `epochKeepMs` and a prekey `prekeyKeepMs` after it was superseded.
 * The newest stay, however long the node was away. The same keyring where nothing is to be forgotten.
 */
export function forgetExpired(keyring: Keyring, now: number): Keyring {
  const epochs = [...keyring.epochs].filter(([, held]) => !expired(held.supersededAt, now, limits.epochKeepMs));
  const newest = newestPrekeys(keyring);
  const prekeys = [...keyring.prekeys].filter(
    ([id, held]) => newest.has(id) || !expired(held.supersededAt, now, limits.prekeyKeepMs),
  );
  if (epochs.length === keyring.epochs.size && prekeys.length === keyring.prekeys.size) return keyring;
  return { epochs: new Map(epochs), prekeys: new Map(prekeys) };
}

/** The keyring without a circle's prekeys: it was left, or this node was removed from it. The same keyring where it holds none. */
export function forgetPrekeysOf(keyring: Keyring, circle: CircleId): Keyring {
  const prekeys = new Map([...keyring.prekeys].filter(([, held]) => held.circle !== circle));
  return prekeys.size === keyring.prekeys.size ? keyring : { ...keyring, prekeys };
}

function expired(supersededAt: number | undefined, now: number, keepMs: number): boolean {
  return supersededAt !== undefined && now - supersededAt >= keepMs;
}

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const moment = z.number().int().min(0);
const keyringSchema = z.strictObject({
  version: z.literal(1),
  epochs: z.array(
    z.strictObject({ circle: bytes, id: bytes, secret: bytes, firstSeenAt: moment, supersededAt: moment.nullable() }),
  ),
  prekeys: z.array(
    z.strictObject({
      circle: bytes,
      id: bytes,
      suite: z.union([z.literal(1), z.literal(2)]),
      publicKey: bytes,
      privateKey: bytes,
      madeAt: moment,
      supersededAt: moment.nullable(),
    }),
  ),
});

/** The keyring as its file holds it, before that is sealed. */
export function encodeKeyring(keyring: Keyring): Uint8Array {
  return encodeCbor({
    version: 1,
    epochs: [...keyring.epochs.values()].map((held) => ({
      circle: idBytes(held.circle),
      id: idBytes(held.id),
      secret: held.secret,
      firstSeenAt: held.firstSeenAt,
      supersededAt: held.supersededAt ?? null,
    })),
    prekeys: [...keyring.prekeys.values()].map((held) => ({
      circle: idBytes(held.circle),
      id: fromHex(held.id) ?? new Uint8Array(0),
      suite: held.suite,
      publicKey: held.keys.publicKey,
      privateKey: held.keys.privateKey,
      madeAt: held.madeAt,
      supersededAt: held.supersededAt ?? null,
    })),
  });
}

/** The reverse of encodeKeyring. Throws STORE_CORRUPT. */
export function decodeKeyring(encoded: Uint8Array): Keyring {
  const parsed = keyringSchema.safeParse(decodeCbor(encoded, limits.keyringBytesMax));
  if (!parsed.success) throw new TocsinError("STORE_CORRUPT", "the keyring file does not hold a keyring");
  const epochs = parsed.data.epochs.map((held): HeldEpoch => ({
    circle: circleId(held.circle),
    id: recordId(held.id),
    secret: held.secret,
    firstSeenAt: held.firstSeenAt,
    supersededAt: held.supersededAt ?? undefined,
  }));
  const prekeys = parsed.data.prekeys.map((held): HeldPrekey => ({
    circle: circleId(held.circle),
    id: toHex(held.id) as PrekeyId,
    suite: held.suite,
    keys: { publicKey: held.publicKey, privateKey: held.privateKey },
    madeAt: held.madeAt,
    supersededAt: held.supersededAt ?? undefined,
  }));
  return {
    epochs: new Map(epochs.map((held) => [held.id, held])),
    prekeys: new Map(prekeys.map((held) => [held.id, held])),
  };
}

// An epoch: the span in which one secret seals the circle's posts. Any member may mint one, wrapped to exactly the
// roster that it sees; `usable.ts` says which one to send under.

import { concat, equalBytes, fromHex, utf8 } from "../base/bytes.ts";
import { encodeCbor } from "../base/cbor.ts";
import { hkdfExpand, hkdfExtract, sha256 } from "../base/digest.ts";
import { TocsinError } from "../base/errors.ts";
import type { Prekey, PrekeyId } from "../circle/prekey.ts";
import { type CircleId, idBytes, ID_BYTES, type LaneId, type MemberId, type RecordId } from "../record/ids.ts";
import type { VerifiedRecord } from "../record/record.ts";
import { clearBody } from "../record/verify.ts";
import { SECRET_BYTES } from "./author-key.ts";
import { parseEpochBody, PREKEY_ID_BYTES } from "./epoch-body.ts";
import { type Suite, unwrap, wrap, type WrapContext, type WrapKeys } from "./hpke.ts";

export type Epoch = {
  readonly id: RecordId;
  readonly circle: CircleId;
  readonly minter: MemberId;
  /** Its record's place in a lane of the minter. */
  readonly lane: LaneId;
  readonly seq: number;
  readonly suite: Suite;
  readonly depth: number;
  /** Membership heads that its minter had seen: what it covers. */
  readonly covers: readonly RecordId[];
  /** Who can open it, and by which prekey; in the order of the wraps. */
  readonly recipients: ReadonlyMap<MemberId, PrekeyId>;
  readonly keyCommitment: Uint8Array;
  readonly mintedAt: number;
};

/** What a minted epoch is made of, before it is signed as a record. */
export type Minted = { readonly body: Uint8Array; readonly wraps: readonly Uint8Array[]; readonly secret: Uint8Array };

const WRAP_TAG = utf8("tocsin/1 wrap");
const PARENTS_TAG = utf8("tocsin/1 epoch parents");

/**
 * A new epoch for `prekeys`, one of each member. `fresh` is 32 random bytes; the secrets of epochs known to the minter are
 * mixed in, so that a broken generator alone does not give the secret away.
 */
export async function mintEpoch(options: {
  readonly circle: CircleId;
  readonly minter: MemberId;
  readonly suite: Suite;
  readonly depth: number;
  readonly prekeys: readonly Prekey[];
  readonly fresh: Uint8Array;
  readonly parentSecrets: readonly Uint8Array[];
}): Promise<Minted> {
  const { suite, depth } = options;
  const secret = hkdfExtract(sha256(PARENTS_TAG, ...options.parentSecrets), options.fresh);
  const keyCommitment = commitToKey(secret);
  const prekeys = [...options.prekeys].sort((left, right) => (left.member < right.member ? -1 : 1));
  const wraps = await Promise.all(
    prekeys.map(async ({ id, member, publicKey }) => {
      const wrapped = await wrap(suite, publicKey, secret, wrapContext(options, { prekey: id, member, keyCommitment }));
      // Whoever publishes a key that nothing can be wrapped to shuts out itself, and keeps nobody else from minting.
      return wrapped ?? new Uint8Array(0);
    }),
  );
  const recipients = prekeys.map((prekey) => [idBytes(prekey.member), prekeyBytes(prekey.id)] as const);
  return { body: encodeCbor({ suite, depth, keyCommitment, recipients }), wraps, secret };
}

/** The epoch that a verified record declares. Throws EPOCH_MALFORMED. */
export function parseEpoch(record: VerifiedRecord): Epoch {
  const body = parseEpochBody(clearBody(record));
  if (!body) throw malformed(record, "its body");
  const { suite, depth, keyCommitment, recipients } = body;
  if (recipients.size !== record.wraps.length) throw malformed(record, "its recipients");
  const { circle, author, lane, seq, rosterHeads, at } = record.header;
  return {
    id: record.id,
    circle,
    minter: author,
    lane,
    seq,
    suite,
    depth,
    covers: rosterHeads,
    recipients,
    keyCommitment,
    mintedAt: at,
  };
}

/**
 * The secret of an epoch for one of its recipients, or undefined where the wrap was not made for `keys` or holds another
 * secret than the one that everybody was promised (R20: the key commitment is signed).
 */
export async function openEpoch(
  epoch: Epoch,
  member: MemberId,
  opener: { readonly keys: WrapKeys; readonly wraps: readonly Uint8Array[] },
): Promise<Uint8Array | undefined> {
  const prekey = epoch.recipients.get(member);
  const index = [...epoch.recipients.keys()].indexOf(member);
  const wrapped = opener.wraps[index];
  if (prekey === undefined || wrapped === undefined) return undefined;
  const { keyCommitment } = epoch;
  const secret = await unwrap(epoch.suite, opener.keys, wrapped, wrapContext(epoch, { member, prekey, keyCommitment }));
  if (secret?.length !== SECRET_BYTES || !equalBytes(commitToKey(secret), keyCommitment)) return undefined;
  return secret;
}

/** Binds the secret without telling it: no ciphertext can mean two things under two secrets. */
function commitToKey(secret: Uint8Array): Uint8Array {
  return hkdfExpand(secret, "tocsin/1 key commitment", ID_BYTES);
}

function wrapContext(
  of: { readonly circle: CircleId; readonly minter: MemberId },
  to: { readonly member: MemberId; readonly prekey: PrekeyId; readonly keyCommitment: Uint8Array },
): WrapContext {
  return {
    info: concat(WRAP_TAG, idBytes(of.circle), idBytes(of.minter)),
    aad: concat(idBytes(to.member), prekeyBytes(to.prekey), to.keyCommitment),
  };
}

function prekeyBytes(id: PrekeyId): Uint8Array {
  return fromHex(id) ?? new Uint8Array(PREKEY_ID_BYTES);
}

function malformed(record: VerifiedRecord, what: string): TocsinError {
  return new TocsinError("EPOCH_MALFORMED", `epoch ${record.id.slice(0, 8)} is malformed: ${what}`);
}

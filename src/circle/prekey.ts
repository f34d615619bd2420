// The public key that epochs are wrapped to for one member, signed by that member for one circle.

import { type Cbor, decodeCbor, encodeCbor } from "../base/cbor.ts";
import { concat, toHex, utf8 } from "../base/bytes.ts";
import { sha256 } from "../base/digest.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { type SigningKey, verifyStrict } from "../../keys/index.ts";
import { type CircleId, idBytes, ID_BYTES, type LaneId, type MemberId, memberId } from "../record/ids.ts";
import type { Brand } from "../base/brand.ts";

/** First 16 bytes of a tagged hash of the public key, hex. */
export type PrekeyId = Brand<string, "PrekeyId">;

/** A prekey and where its member told it; one that it came with was told by whoever admitted it. */
export type ToldPrekey = Prekey & { readonly toldAt?: { readonly lane: LaneId; readonly seq: number } };

export type Prekey = {
  readonly id: PrekeyId;
  readonly member: MemberId;
  readonly suite: 1 | 2;
  readonly publicKey: Uint8Array;
  /** How often its member had declared all earlier ones stolen. */
  readonly generation: number;
  /** The signed statement as it travels. */
  readonly bytes: Uint8Array;
};

/** Length of a public key of each suite: X25519, X-Wing. */
const PUBLIC_KEY_BYTES = { 1: 32, 2: 1_216 } as const;
const ID_TAG = utf8("tocsin/1 prekey id");
const SIGN_TAG = utf8("tocsin/1 prekey");
const SHORT_ID_BYTES = 16;

export function prekeyId(publicKey: Uint8Array): PrekeyId {
  return toHex(sha256(ID_TAG, publicKey).slice(0, SHORT_ID_BYTES)) as PrekeyId;
}

/** A statement of `key`'s owner that epochs of the circle may be wrapped to `publicKey`. */
export function signPrekey(
  circle: CircleId,
  key: SigningKey,
  of: { readonly suite: 1 | 2; readonly publicKey: Uint8Array; readonly generation?: number },
): Prekey {
  const { generation = 0 } = of;
  const body = encodeCbor([idBytes(circle), key.publicKey, of.suite, of.publicKey, generation]);
  const bytes = encodeCbor([body, key.sign(concat(SIGN_TAG, body))]);
  return {
    id: prekeyId(of.publicKey),
    member: memberId(key.publicKey),
    suite: of.suite,
    publicKey: of.publicKey,
    generation,
    bytes,
  };
}

/** The prekey of a statement made for `circle`. Throws RECORD_BODY_INVALID. */
export function parsePrekey(bytes: Uint8Array, circle: CircleId): Prekey {
  const statement = decodeCbor(bytes, limits.recordBytesMax);
  if (!Array.isArray(statement) || statement.length !== 2) throw invalid();
  const [body, signature] = statement as readonly Cbor[];
  if (!(body instanceof Uint8Array) || !(signature instanceof Uint8Array)) throw invalid();
  const fields = decodeCbor(body, limits.recordBytesMax);
  if (!Array.isArray(fields) || fields.length !== 5) throw invalid();
  const [circleBytes, member, suite, publicKey, generation] = fields as readonly Cbor[];
  if (!(circleBytes instanceof Uint8Array) || !(member instanceof Uint8Array) || member.length !== ID_BYTES)
    throw invalid();
  if (
    (suite !== 1 && suite !== 2) ||
    !(publicKey instanceof Uint8Array) ||
    publicKey.length !== PUBLIC_KEY_BYTES[suite] ||
    typeof generation !== "number" ||
    !Number.isSafeInteger(generation) ||
    generation < 0
  )
    throw invalid();
  // R9: a prekey counts for the circle it names and for nothing else.
  if (toHex(circleBytes) !== circle || !verifyStrict(member, concat(SIGN_TAG, body), signature)) throw invalid();
  return { id: prekeyId(publicKey), member: memberId(member), suite, publicKey, generation, bytes };
}

/**
 * The prekeys of one member that count, after it told one more; newest last.
 * R36: a prekey of a later generation declares all of earlier ones stolen, in whatever order they are heard of: whoever has those, but not the
 * member key, can make none of a later generation, and nothing that it replays counts again.
 */
export function withTold(before: readonly ToldPrekey[], told: ToldPrekey): readonly ToldPrekey[] {
  const newest = before.reduce((most, { generation }) => Math.max(most, generation), 0);
  if (told.generation < newest) return before;
  return [...before.filter(({ generation }) => generation === told.generation), told].slice(-limits.prekeysToldMax);
}

function invalid(): TocsinError {
  return new TocsinError("RECORD_BODY_INVALID", "not a prekey signed by its member for this circle");
}

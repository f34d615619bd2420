// A part of a bundle: records of one circle for some of its members, carried by hand. Its key is wrapped to their prekeys, each
// frame is sealed under it at its place. Bytes and checks only: what a frame holds is as untrusted as what the network brings.

import { type Cbor, decodeCbor, encodeCbor } from "../base/cbor.ts";
import { concat, fromHex, toHex, u32, utf8 } from "../base/bytes.ts";
import { sha256 } from "../base/digest.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import type { Prekey, PrekeyId } from "../circle/prekey.ts";
import { aeadOpen, aeadSeal, type SigningKey, verifyStrict } from "../../keys/index.ts";
import {
  type CircleId,
  ID_BYTES,
  idBytes,
  LANE_BYTES,
  type LaneId,
  laneId,
  type MemberId,
  memberId,
} from "../record/ids.ts";
import type { Frontier } from "../record/record.ts";
import { type Suite, unwrap, wrap, type WrapContext, type WrapKeys } from "./hpke.ts";

/** What whoever opened a part needs for its frames. */
export type PartKey = { readonly key: Uint8Array; readonly place: Uint8Array };

export type PartFrame =
  /** What its writer held when it wrote. */
  | { readonly kind: "open"; readonly writer: MemberId; readonly at: number; readonly frontier: Frontier }
  | { readonly kind: "page"; readonly envelopes: readonly Uint8Array[] }
  /** What members proved to hold, its writer among them; each is signed by its member. */
  | { readonly kind: "receipts"; readonly receipts: readonly Uint8Array[] }
  /** With the number of envelopes before it: nothing is missing. */
  | { readonly kind: "end"; readonly envelopes: number };

const WRAP_TAG = utf8("tocsin/1 bundle");
const FRONTIER_TAG = utf8("tocsin/1 bundle frontier");
const SALT_BYTES = 16;
const KEY_BYTES = 32;
const PREKEY_ID_BYTES = 16;
const WRAPS_MAX = limits.membersMax * limits.prekeysToldMax;
const LANES_MAX = limits.membersMax * limits.lanesPerMemberMax;
const ENVELOPES_MAX = 1_024;

/** The head of a part, and its key. A prekey that nothing can be sealed to is left out; undefined where none is left. */
export async function sealHead(
  circle: CircleId,
  prekeys: readonly Prekey[],
  random: Random,
): Promise<{ readonly head: Uint8Array; readonly part: PartKey } | undefined> {
  const [salt, key] = [random(SALT_BYTES), random(KEY_BYTES)];
  const wraps: (readonly [Uint8Array, Uint8Array])[] = [];
  for (const { id, suite, publicKey } of prekeys) {
    const wrapped = await wrap(suite, publicKey, key, contextOf(circle, salt));
    const name = fromHex(id);
    if (wrapped && name) wraps.push([name, wrapped]);
  }
  if (wraps.length === 0) return undefined;
  const head = encodeCbor([salt, wraps]);
  return { head, part: { key, place: sha256(head) } };
}

/**
 * Opens a head with whichever prekey it is for, and answers the circle that this is a prekey of. Undefined where it is for others.
 * Throws CBOR_INVALID, LIMIT_EXCEEDED or INPUT_INVALID.
 */
export async function openHead(
  head: Uint8Array,
  held: (id: PrekeyId) => { readonly circle: CircleId; readonly suite: Suite; readonly keys: WrapKeys } | undefined,
): Promise<{ readonly circle: CircleId; readonly part: PartKey } | undefined> {
  const [saltField, list] = fieldsOf(head, limits.bundleHeadBytesMax, 2);
  const salt = bytesOf(saltField, SALT_BYTES);
  for (const entry of listOf(list, WRAPS_MAX)) {
    const [id, wrapped] = listOf(entry, 2);
    const mine = held(toHex(bytesOf(id, PREKEY_ID_BYTES)) as PrekeyId);
    const key = mine && (await unwrap(mine.suite, mine.keys, bytesOf(wrapped), contextOf(mine.circle, salt)));
    if (mine && key?.length === KEY_BYTES) return { circle: mine.circle, part: { key, place: sha256(head) } };
  }
  return undefined;
}

/** The first frame of a part: what its writer holds of the circle, signed by it for this part. */
export function sealOpening(
  { key: partKey, place }: PartKey,
  says: { readonly circle: CircleId; readonly key: SigningKey; readonly at: number; readonly frontier: Frontier },
  random: Random,
): Uint8Array {
  const lanes = [...says.frontier].map(([lane, length]) => [idBytes(lane), length] as const);
  const body = encodeCbor([idBytes(says.circle), says.key.publicKey, says.at, lanes]);
  const signature = says.key.sign(concat(FRONTIER_TAG, place, body));
  const context = frameContext(place, 0);
  return aeadSeal(partKey, encodeCbor(["open", body, signature]), { context, random });
}

/** A later frame; `index` counts from 1. */
export function sealFrame(
  { key, place }: PartKey,
  frame: Exclude<PartFrame, { kind: "open" }>,
  by: { readonly index: number; readonly random: Random },
): Uint8Array {
  const fields = encodeCbor([frame.kind, frame.kind === "receipts" ? frame.receipts : frame.envelopes]);
  return aeadSeal(key, fields, { context: frameContext(place, by.index), random: by.random });
}

/** The frame at its place. Throws INPUT_INVALID where it was damaged or belongs elsewhere, and what the decoder throws. */
export function openFrame(
  { key, place }: PartKey,
  sealed: Uint8Array,
  at: { readonly index: number; readonly circle: CircleId },
): PartFrame {
  const plaintext = aeadOpen(key, sealed, frameContext(place, at.index));
  if (!plaintext) throw new TocsinError("INPUT_INVALID", "a frame of the bundle is damaged");
  const [kind, second, third] = fieldsOf(plaintext, limits.bundleFrameBytesMax, at.index === 0 ? 3 : 2);
  if (at.index === 0 && kind === "open") return opening(bytesOf(second), bytesOf(third), { circle: at.circle, place });
  if (at.index > 0 && kind === "page")
    return { kind, envelopes: listOf(second, ENVELOPES_MAX).map((one) => bytesOf(one)) };
  if (at.index > 0 && kind === "receipts")
    return { kind, receipts: listOf(second, limits.receiptsPerMessage).map((one) => bytesOf(one)) };
  if (at.index > 0 && kind === "end") return { kind, envelopes: countOf(second) };
  throw malformed();
}

/**
 * R65: what a bundle says of its writer is that writer's word: signed by it, for this part and this circle. Nothing of an opening
 * that is not is believed, and nothing after it is read.
 */
function opening(
  body: Uint8Array,
  signature: Uint8Array,
  of: { readonly circle: CircleId; readonly place: Uint8Array },
): PartFrame {
  const [circle, writer, at, lanes] = fieldsOf(body, limits.bundleFrameBytesMax, 4);
  const key = bytesOf(writer, ID_BYTES);
  if (toHex(bytesOf(circle, ID_BYTES)) !== of.circle)
    throw new TocsinError("INPUT_INVALID", "a part of the bundle is of another circle than its key");
  if (!verifyStrict(key, concat(FRONTIER_TAG, of.place, body), signature))
    throw new TocsinError("INPUT_INVALID", "a part of the bundle is not signed by its writer");
  const frontier = new Map<LaneId, number>();
  for (const entry of listOf(lanes, LANES_MAX)) {
    const [lane, length] = listOf(entry, 2);
    frontier.set(laneId(bytesOf(lane, LANE_BYTES)), countOf(length));
  }
  return { kind: "open", writer: memberId(key), at: countOf(at), frontier };
}

function contextOf(circle: CircleId, salt: Uint8Array): WrapContext {
  return { info: concat(WRAP_TAG, idBytes(circle)), aad: salt };
}

/** A frame opens at its place of its part only: none is left out, repeated or moved unseen. */
function frameContext(place: Uint8Array, index: number): Uint8Array {
  return concat(place, u32(index));
}

function fieldsOf(bytes: Uint8Array, bytesMax: number, count: number): readonly Cbor[] {
  const fields = listOf(decodeCbor(bytes, bytesMax), count);
  if (fields.length !== count) throw malformed();
  return fields;
}

function listOf(value: Cbor | undefined, max: number): readonly Cbor[] {
  if (!Array.isArray(value) || value.length > max) throw malformed();
  return value as readonly Cbor[];
}

function bytesOf(value: Cbor | undefined, length?: number): Uint8Array {
  if (!(value instanceof Uint8Array) || (length !== undefined && value.length !== length)) throw malformed();
  return value;
}

function countOf(value: Cbor | undefined): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw malformed();
  return value;
}

function malformed(): TocsinError {
  return new TocsinError("INPUT_INVALID", "a part of the bundle is malformed");
}

// Re-sealing: what a member holds open, given to one that holds it sealed and has no key for it. The answer carries salt and
// body of each post, sealed to the asker's own prekey; old epoch secrets never travel. The author's signed commitment proves
// what is given, so that a giver can withhold but not forge. Bytes and checks only; `history.ts` says who may be given what.

import { type Cbor, decodeCbor, encodeCbor } from "../base/cbor.ts";
import { concat, equalBytes, fromHex, toHex, utf8 } from "../base/bytes.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Prekey, PrekeyId } from "../circle/prekey.ts";
import { commitTo, type Content, SALT_BYTES } from "../record/content.ts";
import { type CircleId, ID_BYTES, idBytes, type MemberId, type RecordId, recordId } from "../record/ids.ts";
import type { SignedRecord } from "../record/record.ts";
import { type Suite, unwrap, wrap, type WrapContext, type WrapKeys } from "./hpke.ts";

/** What a member wants opened: 1 to `limits.resealRecords` posts, and 32 random bytes that the answer is bound to. */
export type Ask = { readonly challenge: Uint8Array; readonly ids: readonly RecordId[] };

/** What an answer gives: of the first `covered` posts that were asked for, those named by their place in the ask. */
export type Given = { readonly covered: number; readonly openings: ReadonlyMap<number, Content> };

/** Whom an answer is from and for. */
export type Exchange = {
  readonly circle: CircleId;
  readonly giver: MemberId;
  readonly asker: MemberId;
  readonly challenge: Uint8Array;
};

export const CHALLENGE_BYTES = 32;
const PREKEY_ID_BYTES = 16;
const RESEAL_TAG = utf8("tocsin/1 reseal");
const ASK_BYTES_MAX = 64 + limits.resealRecords * (ID_BYTES + 2);
/** One opening may go over the size at which a page is full; then framing. */
const PAGE_BYTES_MAX = limits.resealPageBytes + limits.recordBytesMax + 16 * 1024;

export function encodeAsk({ challenge, ids }: Ask): Uint8Array {
  return encodeCbor([challenge, ids.map(idBytes)]);
}

/** Throws CBOR_INVALID, LIMIT_EXCEEDED or RESEAL_INVALID. */
export function decodeAsk(encoded: Uint8Array): Ask {
  const [challenge, ids] = listOf(decodeCbor(encoded, ASK_BYTES_MAX), 2, 2);
  return {
    challenge: bytesOf(challenge, CHALLENGE_BYTES),
    ids: listOf(ids, 1, limits.resealRecords).map((id) => recordId(bytesOf(id, ID_BYTES))),
  };
}

/** Bytes that an opening takes in a page, about. */
export function openingBytes({ salt, body }: Content): number {
  return salt.length + body.length + 16;
}

/** The answer, sealed to the asker's prekey. Undefined where nothing can be sealed to that. */
export async function sealGiven(given: Given, exchange: Exchange, prekey: Prekey): Promise<Uint8Array | undefined> {
  const sealed = await wrap(prekey.suite, prekey.publicKey, encodeGiven(given), contextOf(exchange, prekey.id));
  return sealed && encodeCbor([fromHex(prekey.id) ?? new Uint8Array(0), sealed]);
}

/**
 * What an answer gives, or undefined where it was sealed to a prekey whose private half is not held (any more).
 * Throws CBOR_INVALID, LIMIT_EXCEEDED or RESEAL_INVALID, whatever else is wrong with it.
 */
export async function openGiven(
  answer: Uint8Array,
  exchange: Exchange,
  held: (prekey: PrekeyId) => { readonly suite: Suite; readonly keys: WrapKeys } | undefined,
): Promise<Given | undefined> {
  const [prekeyField, sealed] = listOf(decodeCbor(answer, PAGE_BYTES_MAX), 2, 2);
  const prekey = toHex(bytesOf(prekeyField, PREKEY_ID_BYTES)) as PrekeyId;
  const opener = held(prekey);
  if (!opener) return undefined;
  const page = await unwrap(opener.suite, opener.keys, bytesOf(sealed), contextOf(exchange, prekey));
  if (!page) throw invalid("an answer that was not sealed for this question");
  return decodeGiven(page);
}

/** The page inside an answer. */
export function encodeGiven({ covered, openings }: Given): Uint8Array {
  return encodeCbor([covered, [...openings].map(([index, { salt, body }]): Cbor => [index, salt, body])]);
}

/** The reverse of encodeGiven. Throws CBOR_INVALID, LIMIT_EXCEEDED or RESEAL_INVALID. */
export function decodeGiven(page: Uint8Array): Given {
  const [covered, openings] = listOf(decodeCbor(page, PAGE_BYTES_MAX), 2, 2);
  const given = listOf(openings, 0, limits.resealRecords).map(openingOf);
  // In ascending order: none is given twice, and what is given has one writing.
  if (given.some(([index], place) => index <= (given[place - 1]?.[0] ?? -1)))
    throw invalid("openings in another order than that of the question");
  return { covered: numberOf(covered), openings: new Map(given) };
}

/**
 * R40: every opening of an answer fits the commitment in the signed header of the post that was asked for at its place, and
 * the answer covers at least one and no more than were asked for. Otherwise nothing of it is taken. Throws RESEAL_INVALID.
 */
export function checkGiven({ covered, openings }: Given, asked: readonly SignedRecord[]): void {
  if (covered < 1 || covered > asked.length) throw invalid("an answer to another question");
  for (const [index, content] of openings) {
    const record = index < covered ? asked[index] : undefined;
    if (!record) throw invalid("an opening that was not asked for");
    if (!isProven(record, content)) throw invalid(`not what the author of ${record.id.slice(0, 8)} signed`);
  }
}

/** Whether this is what the author of a record committed to. */
export function isProven({ header }: SignedRecord, content: Content): boolean {
  return equalBytes(commitTo(content), header.commitment);
}

function contextOf({ circle, giver, asker, challenge }: Exchange, prekey: PrekeyId): WrapContext {
  return {
    info: concat(RESEAL_TAG, idBytes(circle), idBytes(giver)),
    aad: concat(idBytes(asker), fromHex(prekey) ?? new Uint8Array(0), challenge),
  };
}

function openingOf(field: Cbor): readonly [number, Content] {
  const [index, salt, body] = listOf(field, 3, 3);
  return [numberOf(index), { salt: bytesOf(salt, SALT_BYTES), body: bytesOf(body) }];
}

function listOf(field: Cbor | undefined, least: number, most: number): readonly Cbor[] {
  if (!Array.isArray(field) || field.length < least || field.length > most) throw invalid("a list of another length");
  return field as readonly Cbor[];
}

function bytesOf(field: Cbor | undefined, length?: number): Uint8Array {
  if (!(field instanceof Uint8Array) || (length !== undefined && field.length !== length))
    throw invalid("a field that is not the bytes it should be");
  return field;
}

function numberOf(field: Cbor | undefined): number {
  if (typeof field !== "number" || !Number.isSafeInteger(field) || field < 0)
    throw invalid("a field that is no number");
  return field;
}

function invalid(what: string): TocsinError {
  return new TocsinError("RESEAL_INVALID", `a re-sealing with ${what}`);
}

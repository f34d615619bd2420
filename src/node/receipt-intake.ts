// Receipts of others: each is judged, stored, and only then believed. Nothing that is refused changes anything.

import { asTocsinError, TocsinError } from "../base/errors.ts";
import type { CircleId, MemberId } from "../record/ids.ts";
import { isSigned, parseReceipt, type SignedReceipt } from "../record/receipt.ts";
import { idAt } from "./forks.ts";
import { isNewer, keepReceipt, receiptOf, receiptsOf } from "./receipts.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";

/** Takes receipts that a linked member told. Resolves once those that count are durable. */
export async function hearReceipts(
  rooms: Rooms,
  from: MemberId,
  told: { readonly circle: CircleId; readonly receipts: readonly Uint8Array[] },
): Promise<void> {
  const { circle, receipts } = told;
  if (!rooms.circles.has(circle)) return;
  receiptsOf(rooms, circle).heard.push(...receipts.map((bytes) => ({ from, bytes })));
  // Whoever gets the turn first takes what all have brought, so that many receipts take one write.
  await rooms.turns.take(circle, async () => takeHeard(rooms, circle));
}

async function takeHeard(rooms: Rooms, circle: CircleId): Promise<void> {
  const live = rooms.circles.get(circle);
  const { heard, given } = receiptsOf(rooms, circle);
  const kept: SignedReceipt[] = [];
  for (const { from, bytes } of heard.splice(0)) {
    try {
      const signed = live && (await judged(rooms, live, bytes));
      if (signed) kept.push(signed);
    } catch (cause) {
      const { code } = asTocsinError(cause);
      rooms.log("receipt-refused", { from: from.slice(0, 8), reason: code });
    }
  }
  if (kept.length === 0) return;
  const rows = kept.map(({ receipt: { member, lane }, bytes }) => ({ member, lane, bytes }));
  await rooms.store.commit({ circle, records: [], receipts: rows });
  for (const signed of kept) keepReceipt(given, signed);
  rooms.changes.ring();
  // Only what is for somebody else is passed on: each receipt comes to each author once, from each of its readers.
  if (kept.some(({ receipt: { lane } }) => live?.state.lanes.get(lane)?.author !== rooms.me.id))
    rooms.net().tellReceipts(circle);
}

/** A receipt that counts, or undefined where it tells nothing new. Throws what speaks against it. */
async function judged(rooms: Rooms, live: LiveCircle, bytes: Uint8Array): Promise<SignedReceipt | undefined> {
  const signed = parseReceipt(bytes);
  const { receipt } = signed;
  const { circle, member, lane: id, held, head } = receipt;
  const { lanes, roster } = live.state;
  const lane = lanes.get(id);
  // R58: a receipt is the word of a member of the circle that it names, signed by it, about a lane of another one.
  if (circle !== live.row.id) throw new TocsinError("RECORD_CIRCLE_WRONG", "a receipt of another circle");
  if (member === rooms.me.id) return undefined;
  if (!roster?.members.has(member)) throw new TocsinError("RECORD_AUTHOR_UNKNOWN", "a receipt of no member");
  if (lane?.author === member) throw new TocsinError("RECORD_MALFORMED", "a receipt of an author for its own lane");
  if (!lane || !isNewer(receipt, receiptOf(rooms, circle, { member, lane: id }))) return undefined;
  if (!isSigned(signed)) throw new TocsinError("RECORD_SIGNATURE_INVALID", "a receipt that its member did not sign");
  // R59: a receipt proves no more than there is: it names the record that stands at the last place that it claims.
  const here = await idAt(rooms, live, { lane: id, seq: held - 1 });
  if (here === undefined ? lane.author === rooms.me.id : here !== head)
    throw new TocsinError("RECORD_FORKED", `a receipt of ${member.slice(0, 8)} for records that are not here`);
  return signed;
}

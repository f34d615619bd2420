// Puts together the evidence of one record: what its author signed, who could open it, what those proved, who acknowledged.

import { encodeEvidence, type EvidenceParts } from "../audit/evidence-codec.ts";
import { encodeEntry } from "../audit/entry.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { MemberCertificate } from "../../keys/index.ts";
import { stricter } from "../record/marking.ts";
import { idBytes, type MemberId, type RecordId } from "../record/ids.ts";
import { encodePost } from "../record/parse-body.ts";
import { provenBy } from "../record/receipt.ts";
import type { SignedRecord } from "../record/record.ts";
import { decodeEnvelope, encodeBare } from "../record/wire.ts";
import type { Item } from "../store/store.ts";
import { receiptsOf } from "./receipts.ts";
import { circleNamed, type LiveCircle, type Rooms } from "./rooms.ts";

/** An evidence file, whether the body is in it, and the row of the trail that says so, which is durable by now. */
export type Compiled = { readonly file: Uint8Array; readonly body: boolean };

/**
 * The evidence of an item. `body`: shown too, as far as its marking lets it out of the circle: what others said only up to GREEN, and
 * nothing that is RED. Throws NOT_FOUND where the epoch's record is not held, TLP_REFUSED.
 */
export async function compileEvidence(rooms: Rooms, item: Item, wanted: { readonly body: boolean }): Promise<Compiled> {
  const live = circleNamed(rooms, item.circle);
  const [envelope, epoch] = [await rooms.store.envelope(item.id), await rooms.store.envelope(item.epoch)];
  if (!envelope || !epoch) throw new TocsinError("NOT_FOUND", "the list of its readers is not held here any more");
  if (wanted.body && !mayShow(rooms, item))
    throw new TocsinError("TLP_REFUSED", "its marking keeps what it says in the circle", {
      hint: "leave the body out: --no-body",
    });
  const record = decodeEnvelope(envelope);
  const opening = wanted.body ? await rooms.store.opening(item.id) : undefined;
  const { chain, receipts, unlinked } = await receiptsFor(rooms, record);
  const { acks, kept } = await acksOf(rooms, item);
  const bare = decodeEnvelope(epoch);
  const recipients = live.state.epochs.get(item.epoch)?.recipients.keys() ?? [];
  const members = new Set<MemberId>([
    item.author,
    ...recipients,
    ...acks.map(({ record: { header } }) => header.author),
  ]);
  const certificates = [...members].flatMap((member) => certificateOf(live, member)?.bytes ?? []);
  const parts: EvidenceParts = {
    at: rooms.clock.now(),
    ...{ header: record.headerBytes, signature: record.signature },
    ...(opening && { opening: { salt: opening.salt, body: encodePost(opening.body) } }),
    ...{ epoch: encodeBare(bare), certificates, chain: [...chain], receipts: [...receipts] },
    acks: acks.map(({ record: { headerBytes, signature }, salt, body }) => ({
      ...{ header: headerBytes, signature, salt, body },
    })),
    leftOut: unlinked + kept,
  };
  const { me, clock, store } = rooms;
  const file = encodeEvidence(parts, me.certificate.bytes, (message) => me.key.sign(message));
  if (file.length > limits.evidenceBytesMax) throw new TocsinError("LIMIT_EXCEEDED", "the evidence is too large");
  const row = { circle: idBytes(item.circle), record: idBytes(item.id), at: clock.now(), seat: me.seat };
  const trail = [encodeEntry({ op: "evidence", ...row, body: opening !== undefined })];
  // Told of before it leaves: a file without its row would be a disclosure that nobody finds.
  await store.commit({ circle: item.circle, records: [], trail });
  return { file, body: opening !== undefined };
}

function mayShow({ me }: Rooms, { author, body }: Item): boolean {
  return body.tlp !== "red" && (author === me.id || !stricter(body.tlp, "green"));
}

function certificateOf({ state }: LiveCircle, member: MemberId): MemberCertificate | undefined {
  return state.roster?.members.get(member)?.certificate ?? state.roster?.removed.get(member)?.certificate;
}

/** The receipts that prove something of a record, and the headers that tie them to it. */
async function receiptsFor(
  rooms: Rooms,
  { id, header }: SignedRecord,
): Promise<{
  readonly chain: readonly Uint8Array[];
  readonly receipts: readonly Uint8Array[];
  readonly unlinked: number;
}> {
  const { circle, lane, seq } = header;
  const { given } = receiptsOf(rooms, circle);
  const told = [...given.values()].flatMap((lanes) => lanes.get(lane) ?? []);
  const about = told.filter(({ receipt }) => provenBy(receipt, seq) !== undefined);
  const reach = Math.max(
    0,
    ...about.map(({ receipt }) => receipt.held - 1 - seq).filter((far) => far <= limits.evidenceChainMax),
  );
  const chain: Uint8Array[] = [];
  const ids: RecordId[] = [id];
  for await (const envelope of rooms.store.range(circle, { lane, from: seq + 1, to: seq + 1 + reach })) {
    const next = decodeEnvelope(envelope);
    chain.push(next.headerBytes);
    ids.push(next.id);
  }
  const linked = about.filter(({ receipt }) => ids[receipt.held - 1 - seq] === receipt.head);
  return { chain, receipts: linked.map(({ bytes }) => bytes), unlinked: about.length - linked.length };
}

type Ack = { readonly record: SignedRecord; readonly salt: Uint8Array; readonly body: Uint8Array };

/** The acknowledgements of an item that may be shown: those without a word, and those whose words may leave. */
async function acksOf(rooms: Rooms, item: Item): Promise<{ readonly acks: readonly Ack[]; readonly kept: number }> {
  const acks: Ack[] = [];
  const authors = new Set<MemberId>();
  let kept = 0;
  for (const answer of await rooms.store.thread(item.id, 1_000)) {
    if (answer.body.kind !== "ack" || answer.body.re !== item.id || authors.has(answer.author)) continue;
    authors.add(answer.author);
    const opening = await rooms.store.opening(answer.id);
    if (!opening || (answer.body.note !== undefined && !mayShow(rooms, answer))) {
      kept += 1;
      continue;
    }
    acks.push({ record: decodeEnvelope(opening.envelope), salt: opening.salt, body: encodePost(opening.body) });
  }
  return { acks, kept };
}

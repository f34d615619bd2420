// Opens posts: as they come in, and later, when the key of an epoch or the opening of a member has come. What a post says counts only
// where its author might say it.

import { asTocsinError, TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { evaluate } from "../circle/evaluate.ts";
import { laneLimit, refuseMarking } from "../circle/policy.ts";
import type { Roster } from "../circle/roster.ts";
import type { Lane } from "../feed/lane.ts";
import type { PostBody } from "../record/body.ts";
import type { Content } from "../record/content.ts";
import type { CircleId, RecordId } from "../record/ids.ts";
import { decodePost } from "../record/parse-body.ts";
import type { SignedRecord, VerifiedRecord } from "../record/record.ts";
import { verifyRecord } from "../record/verify.ts";
import { decodeEnvelope, isPruned } from "../record/wire.ts";
import { openPost } from "../seal/seal.ts";
import type { Kept, Opened } from "../store/store.ts";
import { type CircleState, rosterOf } from "./circle-state.ts";
import { recordAt } from "./forks.ts";
import { secretOf } from "./epochs.ts";
import { commitErasing } from "./erasure.ts";
import { noteContents } from "./receipts.ts";
import { circleNamed, type Rooms } from "./rooms.ts";

/** What a record says, as far as this node can tell. A body that does not open or parse leaves its place in the lane. */
export function contentOf(rooms: Rooms, state: CircleState, record: VerifiedRecord): Pick<Kept, "content" | "salt"> {
  const { epoch } = record.header;
  if (!epoch) return { content: "control" };
  const secret = secretOf(rooms, epoch);
  return secret && state.roster && !isPruned(record)
    ? readContent(rooms, state, { record, open: () => openPost(record, secret) })
    : { content: "sealed" };
}

/** What an opened post says, where it counts and holds a known body. */
function readContent(
  rooms: Rooms,
  state: CircleState,
  { record, open }: { readonly record: VerifiedRecord; readonly open: () => Content },
): { readonly content: PostBody; readonly salt: Uint8Array } | { readonly content: "malformed" } {
  const { author, lane, seq, exercise, rosterHeads } = record.header;
  try {
    if (seq >= laneLimit(rosterOf(state), author, lane))
      throw new TocsinError("RECORD_AUTHOR_REMOVED", "sent around the removal of its author");
    const { salt, body } = open();
    const content = decodePost(body);
    // By the rules that its author had seen: what was within them stays readable when they change.
    const { policy } = evaluate(state.graph, rosterHeads, state.memo);
    const refused = refuseMarking(policy, content, exercise);
    if (refused) throw refused;
    return { content, salt };
  } catch (cause) {
    rooms.log("body-refused", {
      record: record.id.slice(0, 8),
      author: record.header.author.slice(0, 8),
      reason: asTocsinError(cause).code,
    });
    return { content: "malformed" };
  }
}

/** Opens what was kept sealed for want of the epochs that are held now, in batches. Inside the circle's turn. */
export async function openSealed(rooms: Rooms, state: CircleState, epochs: readonly RecordId[]): Promise<void> {
  const { id, roster } = state;
  for (const epoch of epochs) {
    const secret = secretOf(rooms, epoch);
    if (!secret || !roster) continue;
    const open = (record: VerifiedRecord): Content => openPost(record, secret);
    const sealed: Sealed[] = [];
    for await (const { envelope, receivedAt } of rooms.store.sealedUnder(id, epoch)) {
      sealed.push({ record: decodeEnvelope(envelope), receivedAt, open });
      if (sealed.length >= limits.syncPageRecords) await commitOpened(rooms, id, { rows: sealed.splice(0), state });
    }
    if (sealed.length > 0) await commitOpened(rooms, id, { rows: sealed, state });
  }
}

/** Shows what was sent around the removal of its author where that removal counts for less than before. Inside the circle's turn. */
export async function openUncut(rooms: Rooms, before: CircleState, state: CircleState): Promise<void> {
  const [was, is] = [before.roster, state.roster];
  if (!was || !is || was === is || was.removed.size === 0) return;
  const limit = (roster: Roster, { id, author }: Lane): number => laneLimit(roster, author, id);
  const uncut = (lane: Lane): boolean => limit(is, lane) > limit(was, lane);
  if (![...state.lanes.values()].some(uncut)) return;
  for await (const { lane: id, seq, hollow } of rooms.store.unopened(state.id)) {
    const lane = state.lanes.get(id);
    if (!lane || hollow || seq < limit(was, lane) || seq >= limit(is, lane)) continue;
    const stored = await recordAt(rooms, state.id, { lane: id, seq });
    const record = stored && verifyRecord(stored);
    const { content, salt } = record ? contentOf(rooms, state, record) : {};
    if (!record || typeof content !== "object") continue;
    const opened = { record, receivedAt: rooms.clock.now(), content, ...(salt && { salt }) };
    await commitErasing(rooms, state, { circle: state.id, records: [], opened: [opened] });
    noteContents(rooms, state.id, [opened]);
    rooms.items.ring();
  }
}

/** Takes what a member re-sealed of posts that are kept sealed, once it was checked. All of it is durable when this resolves. */
export async function takeOpenings(
  rooms: Rooms,
  circle: CircleId,
  openings: readonly { readonly record: SignedRecord; readonly receivedAt: number; readonly content: Content }[],
): Promise<void> {
  await rooms.turns.take(circle, async () => {
    const { state } = circleNamed(rooms, circle);
    const rows = openings.map(({ content, ...row }): Sealed => ({ ...row, open: () => content }));
    if (state.roster && rows.length > 0) await commitOpened(rooms, circle, { rows, state });
  });
}

/** A post kept sealed, and how it is opened. */
type Sealed = {
  readonly record: SignedRecord;
  readonly receivedAt: number;
  readonly open: (record: VerifiedRecord) => Content;
};

async function commitOpened(
  rooms: Rooms,
  circle: CircleId,
  { rows, state }: { readonly rows: readonly Sealed[]; readonly state: CircleState },
): Promise<void> {
  const opened = rows.map(({ record: stored, receivedAt, open }): Opened => {
    // It was verified when it was stored; verifying again costs little and keeps one maker of trust.
    const record = verifyRecord(stored);
    return { record, receivedAt, ...readContent(rooms, state, { record, open: () => open(record) }) };
  });
  await commitErasing(rooms, state, { circle, records: [], opened });
  noteContents(rooms, circle, opened);
  rooms.items.ring();
}

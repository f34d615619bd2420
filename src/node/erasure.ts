// Which bodies go with a commit: what its org withdrew, and what is past the time for which it is kept. Whatever keeps or opens a post commits
// through here, so that no order of arrival leaves a body behind.

import { type Said, sameOrg, corrects } from "../circle/correction.ts";
import { isHeldBy } from "../circle/hold.ts";
import type { PostBody } from "../record/body.ts";
import type { RecordId } from "../record/ids.ts";
import { decodeEnvelope, isPruned } from "../record/wire.ts";
import { shownAt } from "../store/item-codec.ts";
import type { Commit, Erasing, Erasure, Item, Kept, Opened } from "../store/store.ts";
import type { CircleState } from "./circle-state.ts";
import { keptUntil } from "./retention.ts";
import type { Rooms } from "./rooms.ts";

/** Answers to one post that are looked at for corrections of it. */
const ABOUT_MAX = 10_000;

/** Commits what a node keeps and opens, and erases with it what it makes void. Inside the circle's turn; `state` as it will be. */
export async function commitErasing(rooms: Rooms, state: CircleState, change: Commit): Promise<readonly Item[]> {
  const all = [...change.records, ...(change.filled ?? []), ...(change.opened ?? [])];
  const retractions = all.flatMap((one) => (bodyOf(one)?.kind === "retract" ? [saidOf(one)] : []));
  const bench: Bench = { rooms, state, retractions, hasOlder: await holdsRetractions(rooms, state) };
  const [records, filled, opened]: [Kept[], Kept[], Opened[]] = [[], [], []];
  for (const one of change.records) records.push(await marked(bench, one));
  for (const one of change.filled ?? []) filled.push(await marked(bench, one));
  for (const one of change.opened ?? []) opened.push(await marked(bench, one));
  const erased = [...(await withdrawn(bench)), ...(await released(bench, change))];
  const items = await rooms.store.commit({
    ...{ ...change, records },
    ...(filled.length > 0 && { filled }),
    ...(opened.length > 0 && { opened }),
    ...(erased.length > 0 && { erased }),
  });
  if (erased.length > 0 || opened.some((one) => one.erased)) rooms.erased.ring();
  return items;
}

type Bench = {
  readonly rooms: Rooms;
  readonly state: CircleState;
  /** The retractions that this commit brings. */
  readonly retractions: readonly Said[];
  /** Whether there are any of before. */
  readonly hasOlder: boolean;
};

async function holdsRetractions({ store }: Rooms, { id }: CircleState): Promise<boolean> {
  for await (const _ of store.feed({ circle: id, kinds: ["retract"], limit: 1 })) return true;
  return false;
}

/** A post as it is to be kept: without its body where that was withdrawn, or is past its time. */
async function marked<One extends Kept | Opened>(bench: Bench, one: One): Promise<One> {
  // What is hollow is judged when it comes whole.
  if (one.content === "control" || one.content === "hollow") return one;
  const { id, header } = one.record;
  const body = bodyOf(one);
  const about = body?.kind === "amend" ? body.re : undefined;
  const { rooms, state } = bench;
  if (await isWithdrawn(bench, one)) return { ...one, erased: erasure(bench, "retracted", { id, about }) };
  // What somebody has left of an old post is not asked for. What comes whole may be new, from a clock that is behind.
  const at = shownAt(header.at, one.receivedAt);
  const isOver = isPruned(one.record) && keptUntil(rooms, state, { at, body }) <= rooms.clock.now();
  return isOver && !isHeld(bench, { id, about }) ? { ...one, erased: { why: "expired" } } : one;
}

/**
 * R72: a body goes in the batch that brings the retraction of its org, or with the retraction in the one that brings the body; and with
 * it goes every amendment of it, whatever comes first. What is sealed goes as well: nobody here will read it.
 */
async function isWithdrawn(bench: Bench, one: Kept | Opened): Promise<boolean> {
  const body = bodyOf(one);
  if (body?.kind === "retract") return false;
  const original = saidOf(one);
  const named = body?.kind === "amend" ? body.re : original.id;
  return (await retractionsOf(bench, named)).some((retraction) => isBy(bench, retraction, original));
}

/** Whether a retraction that names a post, or what a post amends, is its own org's. */
function isBy({ state: { roster } }: Bench, retraction: Said, { author, body, ...said }: Said): boolean {
  if (!roster) return false;
  if (body.kind === "amend" || body.kind === "unknown") return sameOrg(roster, retraction.author, author);
  return corrects(roster, retraction, { ...said, author, body });
}

async function retractionsOf({ rooms, retractions, hasOlder }: Bench, of: RecordId): Promise<readonly Said[]> {
  const here = retractions.filter(({ body }) => "re" in body && body.re === of);
  if (!hasOlder) return here;
  const about = await rooms.store.thread(of, ABOUT_MAX);
  return [...here, ...about.filter(({ body }) => body.kind === "retract" && body.re === of)];
}

/** What was held before and goes by the retractions of this commit. */
async function withdrawn(bench: Bench): Promise<readonly Erasing[]> {
  const { rooms, retractions } = bench;
  const erased: Erasing[] = [];
  for (const retraction of retractions) {
    if (retraction.body.kind !== "retract") continue;
    const { re } = retraction.body;
    const original = (await rooms.store.item(re)) ?? (await sealedPost(rooms, re));
    const about = await rooms.store.thread(re, ABOUT_MAX);
    const amendments = about.filter(({ body }) => body.kind === "amend" && body.re === re);
    for (const one of [...(original ? [original] : []), ...amendments]) {
      if (!isBy(bench, retraction, one)) continue;
      erased.push({ id: one.id, ...erasure(bench, "retracted", { id: one.id, about: re }) });
    }
  }
  return erased;
}

/** What was withheld for a hold that this commit ends. */
async function released(bench: Bench, { records }: Commit): Promise<readonly Erasing[]> {
  const erased: Erasing[] = [];
  if (!records.some(({ record }) => record.header.kind === "hold")) return erased;
  const { rooms, state } = bench;
  for await (const { id, body, erased: why } of rooms.store.feed({
    circle: state.id,
    limit: Number.MAX_SAFE_INTEGER,
  })) {
    const about = body.kind === "amend" ? body.re : undefined;
    if (why && !isHeld(bench, { id, about }) && (await rooms.store.withheld(id))) erased.push({ id, why });
  }
  return erased;
}

type Named = { readonly id: RecordId; readonly about?: RecordId | undefined };

function erasure(bench: Bench, why: Erasure["why"], of: Named): Erasure {
  return isHeld(bench, of) ? { why, withheld: true } : { why };
}

function isHeld({ rooms, state }: Bench, of: Named): boolean {
  return isHeldBy(state, rooms.me.certificate.orgKey, of);
}

function bodyOf({ content }: Kept | Opened): PostBody | undefined {
  return typeof content === "string" ? undefined : content;
}

function saidOf({ record, content }: Kept | Opened): Said {
  const { author, seq, at, exercise } = record.header;
  return { id: record.id, author, seq, at, exercise, body: typeof content === "string" ? UNREAD : content };
}

/** What a post says that is not open here. */
const UNREAD: PostBody = { kind: "unknown", named: "sealed", tlp: "red", seat: "", bytes: new Uint8Array(0) };

/** A post of a circle that is held and not open. */
async function sealedPost({ store }: Rooms, id: RecordId): Promise<Said | undefined> {
  const envelope = await store.envelope(id);
  const header = envelope && decodeEnvelope(envelope).header;
  return header?.kind === "post" ? { ...header, id, body: UNREAD } : undefined;
}

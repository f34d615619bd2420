// Saying something without one's name: another member, the sponsor, says it as its own post for a member that it does not name. It is
// asked in the closed circle of the two; a token that they alone know lets the author speak again about what was said.

import { equalBytes, utf8 } from "../base/bytes.ts";
import { sha256 } from "../base/digest.ts";
import { TocsinError } from "../base/errors.ts";
import { corrects } from "../circle/correction.ts";
import { orgOf } from "../circle/roster.ts";
import type { Errand, PostBody, Sayable } from "../record/body.ts";
import { type CircleId, orgId, type OrgId } from "../record/ids.ts";
import { encodePost } from "../record/parse-body.ts";
import { plainBody, sayable } from "../record/plain.ts";
import type { Item } from "../store/store.ts";
import { rosterOf } from "./circle-state.ts";
import { refuseUtterance } from "./consent.ts";
import { currentCircle } from "./post.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";
import { standingOf } from "./standing.ts";

export const TOKEN_BYTES = 32;
const LOOKED_AT_MAX = 10_000; // items of a circle that a token, or what was said, is looked for in

/** What is said for another member, and where. */
export type Spoken = { readonly live: LiveCircle; readonly body: PostBody; readonly exercise: boolean };

/** What stands in a post in place of its token: nobody else can tell which posts are of one author. */
export function tokenDigest(token: Uint8Array): Uint8Array {
  return sha256(utf8("tocsin/1 sponsored"), token);
}

/** The items of a closed circle of two that ask one of them to be the other's sponsor, newest first. */
export async function* errands(rooms: Rooms): AsyncGenerator<Item & { readonly body: Errand }> {
  for (const { row, state } of rooms.circles.values()) {
    if (state.roster?.policy.only?.length !== 2) continue;
    for await (const item of rooms.store.feed({ circle: row.id, limit: LOOKED_AT_MAX })) if (isErrand(item)) yield item;
  }
}

export function isErrand(item: Item): item is Item & { readonly body: Errand } {
  return item.body.kind === "sponsor" && !item.erased;
}

/** The request by which something was said, where our org made it or was asked. */
export async function errandOf(
  rooms: Rooms,
  { body: { sponsored } }: Item,
): Promise<(Item & { readonly body: Errand }) | undefined> {
  if (!sponsored) return undefined;
  for await (const errand of errands(rooms)) if (equalBytes(tokenDigest(errand.body.token), sponsored)) return errand;
  return undefined;
}

/** The token of a post that was said for our own org, undefined where it was not. */
export async function ownToken(rooms: Rooms, item: Item): Promise<Uint8Array | undefined> {
  const errand = await errandOf(rooms, item);
  return errand && isOwn(rooms, errand) ? errand.body.token : undefined;
}

/** Whether a node of our own org said it. */
function isOwn(rooms: Rooms, { circle, author }: Item): boolean {
  const roster = rooms.circles.get(circle)?.state.roster;
  const member = roster?.members.get(author) ?? roster?.removed.get(author);
  return author === rooms.me.id || (member !== undefined && equalBytes(member.certificate.orgKey, ownKey(rooms)));
}

/** What another node of our org said for the same member in the same words: several of them may have been asked. */
export async function saidBySelf(rooms: Rooms, circle: CircleId, body: PostBody): Promise<Item | undefined> {
  if (!body.sponsored) return undefined;
  const bytes = encodePost(body);
  for await (const item of rooms.store.feed({ circle, limit: LOOKED_AT_MAX }))
    if (isOwn(rooms, item) && item.body.sponsored && equalBytes(encodePost(item.body), bytes)) return item;
  return undefined;
}

/** How long after its approval it is said: uniform between the longest and a fifteenth of that. */
export function delayMs(random: Rooms["random"], longestMs: number): number {
  const low = longestMs / 15;
  const share = new DataView(random(4).buffer).getUint32(0) / 2 ** 32;
  return Math.round(low + share * (longestMs - low));
}

/** Whoever says something for another withdraws it, and changes none of its words. Throws POST_REFUSED. */
export function refuseChange({ body: about }: Item, kind: PostBody["kind"]): void {
  if (!about.sponsored || kind === "retract") return;
  throw new TocsinError("POST_REFUSED", "these are the words of another member, who changes them through this org", {
    hint: "withdraw it with tocsin retract, or reply to it",
  });
}

const ownKey = ({ me }: Pick<Rooms, "me">): Uint8Array => me.certificate.orgKey;

/**
 * What our org would say for the author of an errand. R79: that names nobody: it is made plain here too, whatever its author did; what
 * speaks of an earlier one shows that one's token; and its author is in the circle itself, or it would have no business there. Throws
 * POST_REFUSED, CIRCLE_UNKNOWN, MEMBER_REMOVED, and what the circle refuses.
 */
export async function spokenFor(rooms: Rooms, item: Item & { readonly body: Errand }): Promise<Spoken> {
  const { say: asked, token, circle } = item.body;
  const closed = rooms.circles.get(item.circle);
  const author = closed?.state.roster?.members.get(item.author);
  if (!author || closed?.state.roster?.policy.only?.length !== 2)
    throw new TocsinError("POST_REFUSED", "a sponsor is asked in a closed circle of two");
  const live = currentCircle(rooms, circle);
  const roster = rosterOf(live.state);
  if (![...roster.members.values()].some((member) => orgOf(member) === orgOf(author)))
    throw new TocsinError("POST_REFUSED", "its author is no member of that circle");
  const said = sayable(asked);
  if (!said) throw new TocsinError("POST_REFUSED", `a ${asked.kind} is nobody else's to say`);
  const sponsored = tokenDigest(token);
  const plain = plainBody(said);
  const now = plain.kind === "amend" ? { now: { ...plain.now, sponsored } } : {};
  const body: Sayable = { ...plain, ...now, ...namedTo(rooms, plain, orgOf(author)), sponsored };
  await refuseAbout(rooms, { live, body, exercise: item.exercise });
  const refused = refuseUtterance(rooms, live, { body, exercise: item.exercise });
  if (refused) throw refused;
  return { live, body, exercise: item.exercise };
}

/** Whom it is for beside its author's org, as beside ours: the same readers. */
function namedTo(rooms: Rooms, { to }: Sayable, author: OrgId): { to?: readonly OrgId[] } {
  if (!to) return {};
  const self = orgId(ownKey(rooms));
  return { to: [...new Set([...to, author])].filter((org) => org !== self).sort() };
}

/** What it speaks about is in the same circle; to change or withdraw that takes its token. */
async function refuseAbout(rooms: Rooms, { live, body, exercise }: Spoken): Promise<void> {
  if (!("re" in body) || body.re === undefined) return;
  const about = await rooms.store.item(body.re);
  if (about?.circle !== live.row.id)
    throw new TocsinError("POST_REFUSED", "what it speaks about is not in that circle");
  if (body.kind !== "amend" && body.kind !== "retract") return;
  const said = { id: about.id, author: rooms.me.id, seq: about.seq, at: rooms.clock.now(), exercise, body };
  const isTheirs = about.body.sponsored && body.sponsored ? equalBytes(about.body.sponsored, body.sponsored) : false;
  if (!isTheirs || !corrects(rosterOf(live.state), said, about))
    throw new TocsinError("POST_REFUSED", "what it would change was not said for its author by this org");
  if (body.kind === "amend" && (await standingOf(rooms, about)).isGone)
    throw new TocsinError("POST_REFUSED", "it was withdrawn; what is withdrawn is not amended");
}

// From what the node holds to the documents that people and scripts see. Nothing here decides or changes anything.

import { toRfc3339 } from "../base/clock.ts";
import { equalBytes, toHex } from "../base/bytes.ts";
import { fingerprint } from "../../keys/index.ts";
import { laneLimit } from "../circle/policy.ts";
import { freezeOf, type Member, orgOf as orgIdOf, transportOf } from "../circle/roster.ts";
import { referenceOf, type Relayed, type Words, wordsOf } from "../record/body.ts";
import { type MemberId, type OrgId, printId } from "../record/ids.ts";
import type { Item } from "../store/store.ts";
import type { Link } from "../net/net.ts";
import { missing, spanned } from "../feed/frontier.ts";
import { orgName, orgOf } from "../node/circle-state.ts";
import { frontierOf } from "../node/frontier.ts";
import { isClosed } from "../node/forks.ts";
import type { LiveCircle, Rooms } from "../node/rooms.ts";
import { countingAnswers, isCurrent, type ItemStanding, standingAmong, standingOf } from "../node/standing.ts";
import { trustOf } from "../node/trust.ts";
import { corroborationOf } from "./corroboration.ts";
import { queuedFor } from "./delivery.ts";
import type {
  CircleDocument,
  CorrectionDocument,
  FreezeDocument,
  ItemDocument,
  LinkWord,
  PeerDocument,
  PeerShowDocument,
} from "./documents.ts";
import { isCorrection, presentKind, printReference } from "./present-kind.ts";

/** The freeze that holds for an org now. */
export function presentFreeze(rooms: Rooms, { state }: LiveCircle, org: OrgId): FreezeDocument | null {
  const freeze = state.roster && freezeOf(state.roster, org, rooms.clock.now());
  if (!freeze) return null;
  const { until, by, confirmedBy, reason } = freeze;
  const confirmer = confirmedBy === undefined ? null : orgName(state, confirmedBy);
  return { until: toRfc3339(until), by: orgName(state, by), confirmedBy: confirmer, reason };
}

/** Whether the org of an item's author is frozen now. */
export function isFrozen(rooms: Rooms, item: Item): boolean {
  const live = rooms.circles.get(item.circle);
  const member = live?.state.roster?.members.get(item.author);
  return live !== undefined && member !== undefined && presentFreeze(rooms, live, orgIdOf(member)) !== null;
}

/** Who signed two records at one place, and where. */
export function presentForks({ state }: LiveCircle): CircleDocument["forks"] {
  return [...(state.roster?.closed ?? [])].map(([lane, { author, seq, op }]) => {
    const prover = state.graph.ops.get(op)?.author;
    const provenBy = prover === undefined ? "" : orgOf(state, prover);
    return { org: orgOf(state, author), memberKey: author, lane, place: seq, provenBy };
  });
}

/** What stands on a forked lane from the fork on is labelled wherever it is shown, and counts as nobody's sighting or word. */
export function isContested(rooms: Rooms, item: Item): boolean {
  const state = rooms.circles.get(item.circle)?.state;
  return state !== undefined && isClosed(state, item);
}

/** Whether a circle is for drills alone, which are what counts in it then. */
export function isForDrills(live: LiveCircle | undefined): boolean {
  return live?.state.roster?.policy.exercise === true;
}

/** Records of a circle that somebody is known to hold and this node does not; of forked lanes up to the fork. */
export function behindOf(rooms: Rooms, { row, state }: LiveCircle): number {
  return spanned(
    missing(frontierOf(state), rooms.delivery.best(row.id)).map(({ lane, from, to }) => {
      const end = Math.min(to, state.roster?.closed.get(lane)?.seq ?? to);
      return { lane, from, to: Math.max(from, end) };
    }),
  );
}

export function presentPeer(rooms: Rooms, member: Member): PeerDocument {
  const link = linkOf(rooms, member);
  const shared = [...rooms.circles.values()].filter((live) => live.state.roster?.members.has(member.id));
  const vetting = rooms.trust.book().get(toHex(member.certificate.orgKey));
  const addresses = new Set(shared.flatMap((live) => live.state.addresses.get(member.id) ?? []));
  return {
    org: member.certificate.org,
    orgKey: toHex(member.certificate.orgKey),
    memberKey: member.id,
    fingerprint: fingerprint(member.certificate.orgKey).words.join(" "),
    trust: trustOf(rooms, member.certificate),
    circles: shared.map((live) => live.row.name),
    link: linkWord(link),
    via: viaOf(rooms, link),
    rttMs: link?.rttMs ?? null,
    lastSeen: link?.lastSeenAt === undefined ? null : toRfc3339(link.lastSeenAt),
    queued: shared.reduce((sum, live) => sum + queuedFor(rooms, live, member.id), 0),
    addresses: [...addresses],
    paths: [...rooms.paths.of(member.id)],
    relays: shared.some((live) => live.state.relays.has(member.id)),
    lastError: link?.lastError ?? null,
    vetting: vetting ? { state: vetting.state, how: vetting.how, at: toRfc3339(vetting.at), seat: vetting.seat } : null,
  };
}

/** What members of our circles said of an org, oldest first. */
export function presentWarnings(rooms: Rooms, orgKey: Uint8Array): PeerShowDocument["warnings"] {
  const found = [...rooms.circles.values()].flatMap(({ row, state }) =>
    [...state.warnings].flatMap(([by, warnings]) =>
      warnings
        .filter((warning) => equalBytes(warning.orgKey, orgKey))
        .map(({ at, reason }) => ({ circle: row.name, by: orgOf(state, by), at: toRfc3339(at), reason })),
    ),
  );
  return found.sort((left, right) => (left.at < right.at ? -1 : 1));
}

export function linkOf(rooms: Rooms, member: Member): Link | undefined {
  const transport = transportOf(member);
  return rooms
    .net()
    .links()
    .find((link) => link.transport === transport);
}

export function linkWord(link: Link | undefined): LinkWord {
  if (link?.state !== "linked") return "offline";
  return link.via === undefined ? "direct" : "relayed";
}

/** The org that carries a link, null where it is direct. */
export function viaOf(rooms: Rooms, link: Link | undefined): string | null {
  if (link?.via === undefined) return null;
  const members = [...rooms.circles.values()].flatMap((live) => [...(live.state.roster?.members.values() ?? [])]);
  return members.find((member) => transportOf(member) === link.via)?.certificate.org ?? link.via.slice(0, 8);
}

/** One item as a feed shows it, with what others answered to it. */
export async function presentItem(rooms: Rooms, item: Item): Promise<ItemDocument> {
  const live = rooms.circles.get(item.circle);
  const heard = await countingAnswers(rooms, item);
  const corrections = heard.filter(isCorrection);
  // What was erased says nothing any more; a correction counts all the same.
  const answers = heard.filter((answer) => !answer.erased || isCorrection(answer));
  const stands = await standingHere(rooms, item, corrections);
  const { body, isGone } = stands;
  const isHistory = body.kind === "amend" && !item.erased && stands.by?.body.kind === "amend";
  const words = isGone ? NO_WORDS : wordsOf(body);
  const re = referenceOf(item.body);
  const roster = live?.state.roster;
  const author = roster?.members.get(item.author) ?? roster?.removed.get(item.author);
  const org = (member: MemberId): string => (live ? orgOf(live.state, member) : member.slice(0, 8));
  const sawToo = answers.filter(
    (answer) =>
      answer.body.kind === "sighting" &&
      answer.body.re === item.id &&
      answer.body.confidence !== 0 &&
      answer.author !== item.author &&
      !standingAmong(rooms, answer, corrections).isGone,
  );
  const corroboration = corroborationOf(rooms, item, answers);
  return {
    schema: "tocsin.item/1",
    cursor: String(item.cursor),
    id: printId(item.body.kind, item.id),
    kind: item.body.kind,
    circle: { id: item.circle, name: live?.row.name ?? "" },
    org: org(item.author),
    seat: body.seat,
    // Only a VerifiedRecord is stored, and only what its author committed to is shown.
    verified: true,
    trust: author ? trustOf(rooms, author.certificate) : "unverified",
    at: toRfc3339(item.at),
    receivedAt: toRfc3339(item.receivedAt),
    tlp: body.tlp,
    pap: body.pap ?? null,
    caveat: body.caveat ?? null,
    to: body.to?.map((one) => (live ? orgName(live.state, one) : one.slice(0, 8))) ?? null,
    relayed: "relayed" in body && body.relayed && !isGone ? presentRelayed(body.relayed) : null,
    ...(body.sponsored && { sponsored: true as const }),
    exercise: item.exercise,
    title: words.title ?? null,
    text: words.text ?? null,
    indicators: words.indicators.map(({ type, value }) => ({ type, value })),
    techniques: [...words.techniques],
    seen: body.kind === "sighting" && body.seen && !isGone ? presentSeen(body.seen) : null,
    confidence: (body.kind === "sighting" ? body.confidence : undefined) ?? null,
    expires: body.expires === undefined ? null : toRfc3339(body.expires),
    re: re === undefined ? null : await printReference(rooms, re),
    state: itemState(rooms, item, stands),
    auto: body.auto ?? false,
    frozen: isFrozen(rooms, item),
    mine: item.author === rooms.me.id,
    sawToo: [...new Set(sawToo.map((answer) => org(answer.author)))],
    ...(corroboration && !isGone ? { corroboration } : {}),
    ...(stands.by ? { correction: presentCorrection(rooms, stands.by) } : {}),
    ...(isGone && !isHistory ? {} : await presentKind(rooms, { ...item, body }, answers)),
  };
}

const NO_WORDS: Words = { indicators: [], techniques: [] };

/** What stands of an item where it is shown by itself; of an amendment that another one took the place of, only what it changed. */
async function standingHere(rooms: Rooms, item: Item, corrections: readonly Item[]): Promise<ItemStanding> {
  if (item.body.kind !== "amend") return standingAmong(rooms, item, corrections);
  const stands = await standingOf(rooms, item);
  const { body, erased } = item;
  if (isCurrent(stands, item)) return { ...stands, root: item, body, by: undefined, isGone: erased !== undefined };
  return { ...stands, root: item, body, isGone: true };
}

function presentCorrection(rooms: Rooms, { id, author, at, body, circle }: Item): CorrectionDocument {
  const live = rooms.circles.get(circle);
  const org = live ? orgOf(live.state, author) : author.slice(0, 8);
  const why = body.kind === "amend" || body.kind === "retract" ? body.why : undefined;
  return { id: printId(body.kind, id), org, seat: body.seat, at: toRfc3339(at), why: why ?? null };
}

function presentRelayed({ at, org, circle }: Relayed): ItemDocument["relayed"] {
  return { at: toRfc3339(at), org: org ?? null, circle: circle ?? null };
}

function presentSeen(seen: { first?: number; last?: number; count?: number }): NonNullable<ItemDocument["seen"]> {
  const at = (ms: number | undefined): string | null => (ms === undefined ? null : toRfc3339(ms));
  return { first: at(seen.first), last: at(seen.last), count: seen.count ?? 1 };
}

function itemState(rooms: Rooms, item: Item, { by, body, isGone }: ItemStanding): ItemDocument["state"] {
  const roster = rooms.circles.get(item.circle)?.state.roster;
  if (isContested(rooms, item)) return "contested";
  if (roster && item.seq >= laneLimit(roster, item.author, item.lane)) return "around-removal";
  if (by?.body.kind === "retract") return "retracted";
  if (item.erased || by?.erased) return "erased";
  if (isGone) return "amended";
  return body.expires !== undefined && body.expires <= rooms.clock.now() ? "expired" : by ? "amended" : "current";
}

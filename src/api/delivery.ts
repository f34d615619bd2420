// Who has what, as people are shown it: of an own post only what its recipients proved by receipts, and nothing that was not.

import { toHex } from "../base/bytes.ts";
import { toRfc3339 } from "../base/clock.ts";
import type { MemberId, OrgId } from "../record/ids.ts";
import { provenBy } from "../record/receipt.ts";
import { orgOf } from "../node/circle-state.ts";
import { absentees } from "../circle/roster.ts";
import { receiptOf, wasSent } from "../node/receipts.ts";
import type { LiveCircle, Rooms } from "../node/rooms.ts";
import type { Item } from "../store/store.ts";
import type { DeliveryState } from "./documents.ts";

export type Delivered = { readonly org: string; readonly state: DeliveryState; readonly at: string | null };

/** From the least to the most that may be known. */
const STATES: readonly DeliveryState[] = ["queued", "sent", "held", "decrypted", "read", "acked"];

/** Whether a state says at least this much. */
export function reaches(state: DeliveryState, wanted: DeliveryState): boolean {
  return STATES.indexOf(state) >= STATES.indexOf(wanted);
}

/** How many own records of a circle a member has not proved to hold. */
export function queuedFor(rooms: Rooms, live: LiveCircle, member: MemberId): number {
  const own = live.state.lanes.get(live.row.lane);
  return own ? own.length - (receiptOf(rooms, live.row.id, { member, lane: own.id })?.held ?? 0) : 0;
}

/** Nodes of one org among the recipients of an item. */
type Audience = { readonly org: string; readonly key: string; readonly nodes: readonly MemberId[] };

/**
 * The recipients of the epoch that an item was sealed under, by org: exactly who can read it. In a closed circle whoever has come in since
 * then as well, and with no node yet the orgs whose place there waits for them.
 */
export function audienceOf(rooms: Rooms, item: Item): readonly Audience[] {
  const live = rooms.circles.get(item.circle);
  const roster = live?.state.roster?.policy.only === undefined ? undefined : live.state.roster;
  const recipients = live?.state.epochs.get(item.epoch)?.recipients.keys() ?? [];
  const nodes = [...new Set([...recipients, ...(roster?.members.keys() ?? [])])];
  const orgs = Map.groupBy(nodes, (member) => orgKeyOf(live, member));
  const here = [...orgs].map(([key, members]) => {
    const [first] = members;
    return { org: live && first ? orgOf(live.state, first) : key.slice(0, 8), key, nodes: members };
  });
  const absent = roster ? absentees(roster) : [];
  return [...here, ...absent.map((key) => ({ org: nameOfOrg(rooms, key), key, nodes: [] }))];
}

/** The name of an org in any circle of ours. */
function nameOfOrg(rooms: Rooms, key: OrgId): string {
  const members = [...rooms.circles.values()].flatMap(({ state }) => [...(state.roster?.members.values() ?? [])]);
  return members.find(({ certificate }) => toHex(certificate.orgKey) === key)?.certificate.org ?? key.slice(0, 8);
}

/** The orgs that can read an item, its author's with them, by key. */
export function readersOf(rooms: Rooms, item: Item): readonly OrgId[] {
  const { to } = item.body;
  const known = to
    ? [...to, orgKeyOf(rooms.circles.get(item.circle), item.author)]
    : audienceOf(rooms, item).map(({ key }) => key);
  return known as OrgId[];
}

/** What names the org of a member, past or present; the member itself where nothing is known of it. */
function orgKeyOf(live: LiveCircle | undefined, member: MemberId): string {
  const roster = live?.state.roster;
  const certificate = roster?.members.get(member)?.certificate ?? roster?.removed.get(member)?.certificate;
  return certificate ? toHex(certificate.orgKey) : member;
}

/** What is known of each org but the author's: of its nodes the one that is furthest counts. `at`: when the proof was signed. */
export function deliveryOf(rooms: Rooms, item: Item, answers: readonly Item[]): Delivered[] {
  const authors = orgKeyOf(rooms.circles.get(item.circle), item.author);
  return audienceOf(rooms, item)
    .filter(({ key }) => key !== authors)
    .map(({ org, nodes }) => {
      const ack = answers.find(
        ({ body, author }) => body.kind === "ack" && body.re === item.id && nodes.includes(author),
      );
      if (ack) return { org, state: "acked", at: toRfc3339(ack.at) };
      const known = nodes.map((member) => knownOf(rooms, item, member));
      const nothing: ReturnType<typeof knownOf> = { state: "queued", at: null };
      const { state, at } = known.reduce((best, one) => (reaches(best.state, one.state) ? best : one), nothing);
      return { org, state, at: at === null ? null : toRfc3339(at) };
    });
}

/** What one node is known to have made of an item. */
function knownOf(rooms: Rooms, item: Item, member: MemberId): { state: DeliveryState; at: number | null } {
  const { circle, lane, seq } = item;
  if (member === rooms.me.id) return { state: "decrypted", at: item.receivedAt };
  const receipt = receiptOf(rooms, circle, { member, lane });
  const proven = provenBy(receipt, seq);
  if (receipt && proven) return { state: proven, at: receipt.at };
  // Receipts go to authors: of what others wrote we know what each member says of itself over its own link.
  if (item.author !== rooms.me.id)
    return { state: rooms.delivery.holds(circle, member, item) ? "held" : "queued", at: null };
  return { state: wasSent(rooms, circle, { member, lane, seq }) ? "sent" : "queued", at: null };
}

// `circle remove` and its report: whether it took effect, who has the new keys, and what the removed org can still read.

import { openCases } from "../circle/cases.ts";
import { type Member, orgOf as orgIdOf, type Roster } from "../circle/roster.ts";
import { type MemberId, memberId, orgId } from "../record/ids.ts";
import { orgName, orgOf, rosterOf } from "../node/circle-state.ts";
import { heardBy } from "../node/farewell.ts";
import { remove, shownEpoch } from "../node/membership.ts";
import type { LiveCircle, Rooms } from "../node/rooms.ts";
import type { RemovalDocument } from "./documents.ts";
import { findMember, matching } from "./lookup.ts";

/** Removes the org of a member, or reports again on one that is out already. Throws as `remove` and `findMember` do. */
export async function removeAndReport(rooms: Rooms, live: LiveCircle, named: string): Promise<RemovalDocument> {
  const gone = removedNamed(rosterOf(live.state), named);
  if (gone) return report(rooms, live, gone);
  const member = findMember(live, named);
  await remove(rooms, live.row.id, member.id);
  const epoch = shownEpoch(rooms, live);
  // A moment for those who are connected: a report that says "nobody yet" of everybody tells nothing.
  if (epoch && !rosterOf(live.state).members.has(member.id)) await heardBy(rooms, [...epoch.recipients.keys()], epoch);
  return report(rooms, live, member);
}

type Gone = Pick<Member, "id" | "certificate">;

/** Whom a name means among those who are out; undefined where it means a member. */
function removedNamed({ members, removed }: Roster, named: string): Gone | undefined {
  const out = [...removed.values()]
    .filter(({ how }) => how === "removed")
    .map(({ certificate }) => ({ id: memberId(certificate.memberKey), certificate }))
    .filter(({ id }) => !members.has(id));
  return matching([...members.values()], named).length > 0 ? undefined : matching(out, named)[0];
}

async function report(rooms: Rooms, live: LiveCircle, { id, certificate }: Gone): Promise<RemovalDocument> {
  const { row, state } = live;
  const roster = rosterOf(state);
  const org = orgId(certificate.orgKey);
  const isOut = !roster.members.has(id);
  const open = openCases(roster).find(({ op, about }) => op === "remove" && about === org);
  const epoch = isOut ? shownEpoch(rooms, live) : undefined;
  const others = [...(epoch?.recipients.keys() ?? [])].filter((member) => member !== rooms.me.id);
  const holds = (member: MemberId): boolean => epoch !== undefined && rooms.delivery.holds(row.id, member, epoch);
  const names = (members: readonly MemberId[]): string[] =>
    [...new Set(members.map((member) => orgOf(state, member)))].toSorted();
  const at = roster.removed.get(id)?.at ?? Infinity;
  const readable = { items: 0, since: 0 };
  const nodes = new Set([
    id,
    ...[...roster.members.values()].filter((one) => orgIdOf(one) === org).map((one) => one.id),
  ]);
  for await (const item of rooms.store.feed({ circle: row.id, limit: Number.MAX_SAFE_INTEGER })) {
    const recipients = state.epochs.get(item.epoch)?.recipients;
    if (!recipients || ![...nodes].some((node) => recipients.has(node))) continue;
    readable.items += 1;
    if (isOut && item.receivedAt > at && !nodes.has(item.author)) readable.since += 1;
  }
  return {
    schema: "tocsin.removal/1",
    circle: row.name,
    org: certificate.org,
    memberKey: id,
    state: isOut ? "removed" : "voted",
    votes: { by: (open?.by ?? []).map((one) => orgName(state, one)), needs: open?.needs ?? 1 },
    epoch: epoch?.id ?? null,
    recipients: names([...(epoch?.recipients.keys() ?? [])]),
    delivered: { held: names(others.filter(holds)), waiting: names(others.filter((member) => !holds(member))) },
    readable,
  };
}

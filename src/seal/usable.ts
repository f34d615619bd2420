// Which epoch may be sent under (docs/protocol.md section 6): one rule, one sentence each. Reading has no such rule:
// any epoch whose secret is held opens its records.

import { limits } from "../base/limits.ts";
import { dominates, type Graph } from "../circle/graph.ts";
import type { PrekeyId } from "../circle/prekey.ts";
import { type Member, orgOf, retiring, type Roster, sealedFor } from "../circle/roster.ts";
import type { MemberId, OrgId, RecordId } from "../record/ids.ts";
import type { Epoch } from "./epoch.ts";

/** What a node knows when it is about to post. */
export type SendView = {
  /** This node's own member id. */
  readonly me: MemberId;
  readonly graph: Graph;
  readonly roster: Roster;
  /** The org of this node. */
  readonly self: OrgId;
  readonly now: number;
  /** Whether this node opened its wrap of the epoch and the key commitment matched. */
  readonly opened: (epoch: Epoch) => boolean;
  /** When this node first saw the epoch, by its own clock. */
  readonly firstSeenAt: (epoch: Epoch) => number;
  /** How many records this node sealed under it. */
  readonly used: (epoch: Epoch) => number;
  /** The prekeys of a member that count (`withTold`). */
  readonly prekeys: (member: Member) => readonly { readonly id: PrekeyId }[];
  /** Who said that an epoch held nothing for it. */
  readonly complaints: ReadonlyMap<RecordId, ReadonlySet<MemberId>>;
};

/** Why an epoch may not be sent under, or undefined where it may. */
export function unusable(epoch: Epoch, view: SendView): string | undefined {
  const { roster } = view;
  // R28: this node opened it and found the promised key. Asked first: whoever mints without end has few that were opened.
  if (!view.opened(epoch)) return "it was not opened here";
  // R23: its minter is a member.
  const minter = roster.members.get(epoch.minter);
  if (!minter) return "its minter is no member";
  // And its lane one that all members hold: of those that nobody has taken in each keeps the first that it hears of. An org trusts its own.
  if (orgOf(minter) !== view.self && !roster.lanes.has(epoch.lane)) return "its lane was not taken in";
  // Whoever holds another side of a forked lane has not got what stands on this one.
  if (epoch.seq >= (roster.closed.get(epoch.lane)?.seq ?? Infinity)) return "its lane is forked";
  // R24: its recipients are the members that are sealed for, no more and no fewer.
  if (!sameMembers(epoch.recipients, view)) return "its recipients are not the members";
  // R25: it covers every membership change and freeze that counts, so that each of these retires every older epoch.
  if (!dominates(view.graph, epoch.covers, retiring(roster))) return "it does not cover the membership";
  // R26: it is wrapped to prekeys that count: told by their members, not long ago, and not declared stolen.
  for (const [recipient, wrappedTo] of epoch.recipients) {
    const member = roster.members.get(recipient);
    if (!member || !view.prekeys(member).some(({ id }) => id === wrappedTo))
      return "it is wrapped to a prekey that does not count";
  }
  // R34: no member complains of it. Its own minter knows what it wrapped, and sends on: so no complaint stops anybody.
  const complainers = [...(view.complaints.get(epoch.id) ?? [])].filter((by) => roster.members.has(by));
  if (epoch.minter !== view.me && complainers.length > 0) return "a member complains of it";
  // R27: it is a day old at most and not worn out.
  if (view.now - view.firstSeenAt(epoch) >= limits.epochAgeMaxMs) return "it is too old";
  if (view.used(epoch) >= limits.epochRecordsMax) return "it is worn out";
  return undefined;
}

/** The epoch to send under: among the usable ones the deepest, then the one with the lowest id (R29). */
export function usableEpoch(epochs: Iterable<Epoch>, view: SendView): Epoch | undefined {
  let best: Epoch | undefined;
  // Newest arrivals first: they are the deepest, and what is no better than the best is not looked at.
  for (const epoch of [...epochs].reverse()) {
    if (best && (epoch.depth < best.depth || (epoch.depth === best.depth && epoch.id > best.id))) continue;
    if (unusable(epoch, view) === undefined) best = epoch;
  }
  return best;
}

function sameMembers(recipients: ReadonlyMap<MemberId, PrekeyId>, { roster, now, self }: SendView): boolean {
  const members = sealedFor(roster, now, self);
  return recipients.size === members.length && members.every(({ id }) => recipients.has(id));
}

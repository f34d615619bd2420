// A circle with a member that makes two records at one place: what it signs, and what the others must come to agree on.

import type { RosterChange } from "../../src/circle/change.ts";
import { encodeChange } from "../../src/circle/change-codec.ts";
import { openCircle, promote } from "../../src/node/membership.ts";
import { freshPrekey } from "../../src/node/prekeys.ts";
import type { CircleId, LaneId } from "../../src/record/ids.ts";
import type { SignedRecord } from "../../src/record/record.ts";
import { draftOf, forgeClear, type Twist } from "./forge.ts";
import { circleOfParties, hands, liveOf, type Party, party, picture, sync } from "./memory-rooms.ts";

export type Stage = { readonly circle: CircleId; readonly mallory: Party; readonly honest: readonly Party[] };

/** Acme founds, mallory is a steward as well, the others are members; all hold everything. */
export async function stage(...others: readonly string[]): Promise<Stage> {
  const [acme, mallory, ...rest] = ["acme", "mallory", ...others].map((name) => party(name));
  if (!acme || !mallory) throw new Error("two parties");
  const circle = await circleOfParties([acme, mallory, ...rest]);
  await promote(acme.rooms, circle, mallory.rooms.me.id);
  for (const other of [mallory, ...rest]) await sync(acme, other, circle);
  return { circle, mallory, honest: [acme, ...rest] };
}

/** The addition of a newcomer, which is ready to fetch the circle. */
export async function adding({ circle, mallory }: Stage, name: string): Promise<RosterChange> {
  const joiner = party(name);
  const suite = liveOf(mallory, circle).state.roster?.policy.suite ?? 1;
  const prekey = await freshPrekey(joiner.rooms, circle, suite);
  const live = openCircle(joiner.rooms, { id: circle, name: "retail-eu", joinedAt: 0 });
  joiner.rooms.circles.set(circle, live);
  const member = { certificate: joiner.rooms.me.certificate, prekey };
  return { op: "add", member, lane: live.row.lane, ticket: undefined };
}

/** A change by mallory at its next place, or where the twist says. */
export function signed({ circle, mallory }: Stage, change: RosterChange, twist: Twist = {}): SignedRecord {
  return forgeClear(mallory, draftOf(mallory, circle, "roster", twist), encodeChange(change));
}

/** Hands forged records to a node; what it says of each. */
export async function give(
  to: Party,
  { circle, mallory }: Stage,
  ...records: readonly SignedRecord[]
): Promise<readonly string[]> {
  const arrivals = await hands(to, mallory, { circle, envelopes: records.map(({ bytes }) => bytes) });
  return arrivals.map((arrival) => (arrival.kind === "refused" ? arrival.reason : arrival.kind));
}

/** Everybody fetches from everybody until nothing changes any more; after how many rounds. */
export async function settle(nodes: readonly Party[], circle: CircleId, roundsMax = 30): Promise<number> {
  for (let round = 1; round <= roundsMax; round++) {
    const before = JSON.stringify(nodes.map((node) => picture(node, circle)));
    for (const to of nodes) for (const from of nodes) if (from !== to) await sync(from, to, circle);
    if (JSON.stringify(nodes.map((node) => picture(node, circle))) === before) return round;
  }
  throw new Error("they never settle");
}

/** What honest nodes must agree on: everything but the sides of lanes that are forked. */
export function agreed(node: Party, circle: CircleId): Readonly<Record<string, unknown>> {
  const { lanes, heads, members, removed, rekeys } = picture(node, circle);
  const { roster } = liveOf(node, circle).state;
  const closed = [...(roster?.closed ?? [])].map(([lane, { seq }]) => `${lane} ${seq}`).sort();
  const honest = (lanes as readonly string[]).filter((line) => !roster?.closed.has(line.split(" ")[0] as LaneId));
  return {
    heads,
    members,
    removed,
    rekeys,
    void: Array.from(roster?.void ?? [], ([id, why]) => `${id} ${why}`).sort(),
    closed,
    honest,
  };
}

/** How many proofs of forks a node holds. */
export function proofsAt(node: Party, circle: CircleId): number {
  return [...liveOf(node, circle).state.graph.ops.values()].filter(({ change }) => change.op === "fork").length;
}

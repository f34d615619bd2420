// Applies operations that count to a roster, one after the other in the one order that everybody computes. What turns out
// to be void on the way is answered in words and changes nothing.

import { LayeredMap } from "../base/layered-map.ts";
import { type LaneId, type MemberId, memberId, type OrgId, orgId, type RecordId } from "../record/ids.ts";
import { isReached } from "./cases.ts";
import type { RosterChange } from "./change.ts";
import { concurrent, depthOf, type Graph, maximal, precedes, type RosterOp } from "./graph.ts";
import { type Ground, type Standing, voteOf } from "./ground.ts";
import { isTooSoon, noRoom } from "./refusal.ts";
import { type Member, nodesOf, orgOf, type Pending, type Removal, type Roster, type Vote } from "./roster.ts";

const ENDS_STEWARDSHIPS: ReadonlySet<RosterChange["op"]> = new Set(["remove", "leave", "retire", "enrol", "demote"]);

type Draft = { -readonly [field in keyof Roster]: Roster[field] };
/** One step: the draft that it changes, the operation, and the votes and removals around it. */
type Step = {
  readonly draft: Draft;
  readonly ground: Ground;
  readonly op: RosterOp;
  readonly standing: Standing;
  /** Removals among the operations, by the org that they are about. */
  readonly removals: ReadonlyMap<OrgId | undefined, readonly RosterOp[]>;
  /** Notes the operations that changed who is in. */
  readonly rekeyed: (ids: readonly RecordId[]) => void;
};

/** The roster after the operations that `isVoid` does not name. */
export function apply(ground: Ground, ops: readonly RosterOp[], why: ReadonlyMap<RecordId, string>): Roster {
  const counted = ops.filter(({ id }) => !why.has(id));
  const [first] = counted;
  const draft: Draft | undefined = ground.base ? { ...ground.base } : emptyDraft(first);
  if (!draft) throw new Error("assertion failed: a roster starts with its genesis");
  let rekeys = draft.rekeys;
  for (const [id, reason] of why) draft.void = draft.void.with(id, reason);
  const removals = Map.groupBy(
    counted.filter(({ change }) => change.op === "remove"),
    (op) => ground.standingOf(op).about,
  );
  for (const op of counted) {
    const step: Step = {
      ...{ draft, ground, op, standing: ground.standingOf(op), removals },
      rekeyed: (ids) => {
        rekeys = maximal(ground.graph, [...rekeys, ...ids]);
      },
    };
    const reason = applyOne(step, op.change);
    if (reason !== undefined) draft.void = draft.void.with(op.id, reason);
    else if (ENDS_STEWARDSHIPS.has(op.change.op)) draft.members = withSteward(ground.graph, draft.members, op.id);
  }
  draft.rekeys = rekeys;
  return draft;
}

function emptyDraft(genesis: RosterOp | undefined): Draft | undefined {
  if (genesis?.change.op !== "genesis") return undefined;
  const { name, policy } = genesis.change;
  const none = new LayeredMap<never, never>();
  return {
    ...{ name, policy, policyBy: genesis.id, policyVersion: 1, rekeys: [] },
    ...{ members: none, removed: none, tickets: none, pending: none, vouches: none, votes: none, freezes: none },
    ...{ closed: none, lanes: none, void: none },
  };
}

/** R46: a circle is never without a steward: where none is left, the member that has been in longest is one. */
function withSteward(graph: Graph, members: Roster["members"], by: RecordId): Roster["members"] {
  const all = [...members.values()];
  if (all.length === 0 || all.some(({ seniority }) => seniority !== undefined)) return members;
  const since = ({ admittedBy, addedBy }: Member): readonly [number, number] => [
    depthOf(graph, admittedBy),
    depthOf(graph, addedBy),
  ];
  const [heir] = all.sort((left, right) => {
    const [one, other] = [since(left), since(right)];
    return one[0] - other[0] || one[1] - other[1] || (left.id < right.id ? -1 : 1);
  });
  return heir ? members.with(heir.id, { ...heir, seniority: depthOf(graph, by) }) : members;
}

function applyOne(step: Step, change: RosterChange): string | undefined {
  const { draft, op, standing } = step;
  switch (change.op) {
    case "genesis":
      admit(step, { op: op.id, admission: change.founder, lane: op.lane }, 0);
      return undefined;
    case "add":
      return applyAddition(step, change);
    case "vouch":
      return applyVouch(step, change.org);
    case "remove":
      return applyRemoval(step, change);
    case "promote":
    case "demote":
      return applyRank(step, change);
    case "leave":
      takeOut(step, [op.author], { how: "left", cuts: new Map() });
      step.rekeyed([op.id]);
      return undefined;
    case "policy":
      if (change.base !== draft.policyBy) return "the rules were changed meanwhile";
      Object.assign(draft, { policy: change.policy, policyBy: op.id, policyVersion: draft.policyVersion + 1 });
      return undefined;
    case "enrol":
      return applyEnrolment(step, change);
    case "retire":
      takeOut(step, change.members, { how: "withdrawn", cuts: cutsOf(change.cuts) });
      step.rekeyed([op.id]);
      return undefined;
    case "freeze": {
      const target = draft.members.get(change.member);
      if (!target) return "there is no such member";
      if (isTooSoon(draft.freezes.get(standing.org), op.at)) return "its author has frozen somebody lately";
      const freeze = { op: op.id, by: standing.org, org: orgOf(target), from: op.at, confirmedBy: undefined };
      draft.freezes = draft.freezes.with(standing.org, { ...freeze, until: change.until, reason: change.reason });
      return undefined;
    }
    case "lift":
    case "confirm":
      return applyToFreeze(step, change);
    case "fork": {
      const { lane, author, seq } = change.proof;
      // The lowest place known stands for the fork: whatever is above it is contested.
      if (seq < (draft.closed.get(lane)?.seq ?? Infinity))
        draft.closed = draft.closed.with(lane, { op: op.id, author, seq });
      return undefined;
    }
    case "lane":
      return applyLane(step, change);
    case "merge":
      return undefined;
  }
}

function applyLane(
  { draft, ground, op }: Step,
  { opening }: Extract<RosterChange, { op: "lane" }>,
): string | undefined {
  const { author, lane } = opening.header;
  const target = draft.members.get(author);
  // Whoever came in again speaks in the lane that it came with.
  if (!target || !precedes(ground.graph, target.addedBy, op.id)) return "there is no such member";
  if (draft.lanes.has(lane)) return undefined;
  draft.lanes = draft.lanes.with(lane, author);
  draft.members = draft.members.with(author, { ...target, lane });
  return undefined;
}

function admit({ draft }: Pick<Step, "draft">, { op, admission, lane }: Omit<Pending, "by">, seniority?: number): void {
  const id = memberId(admission.certificate.memberKey);
  const org = orgId(admission.certificate.orgKey);
  draft.members = draft.members.with(id, { id, ...admission, addedBy: op, admittedBy: op, seniority, lane });
  draft.lanes = draft.lanes.with(lane, id);
  draft.pending = draft.pending.without(org);
  draft.vouches = draft.vouches.without(org);
}

function applyAddition(step: Step, change: Extract<RosterChange, { op: "add" }>): string | undefined {
  const { member, lane, ticket } = change;
  const { draft, ground, op, standing, removals } = step;
  const id = memberId(member.certificate.memberKey);
  const org = orgId(member.certificate.orgKey);
  // R15: a removal wins over an addition that had not seen it.
  const crossing = (removals.get(org) ?? []).filter((other) => concurrent(ground.graph, other.id, op.id));
  if (isReached(crossing.map((other) => voteOf(other, ground.standingOf(other)))))
    return "the member was removed meanwhile";
  if (draft.members.has(id) || nodesOf(draft, org).length > 0) return "the member is in already";
  const isWithdrawn = draft.removed.get(id)?.how === "withdrawn";
  const refused = isWithdrawn ? "its org withdrew this key" : noRoom(draft, []);
  if (refused !== undefined) return refused;
  // R16: a ticket admits one member, the first in this order.
  if (ticket !== undefined && draft.tickets.has(ticket)) return "its ticket was used already";
  if (ticket !== undefined) draft.tickets = draft.tickets.with(ticket, id);
  // R47: an admission takes the word of as many orgs as the rules say; until then it waits.
  if (new Set([standing.org, ...(draft.vouches.get(org) ?? [])]).size < draft.policy.vouches) {
    draft.pending = draft.pending.with(org, { op: op.id, admission: member, lane, by: standing.org });
    return undefined;
  }
  admit(step, { op: op.id, admission: member, lane });
  step.rekeyed([op.id]);
  return undefined;
}

function applyVouch(step: Step, org: OrgId): string | undefined {
  const { draft, op, standing } = step;
  if (nodesOf(draft, org).length > 0) return "its org is in already";
  const wanted = new Set([...(draft.vouches.get(org) ?? []), standing.org]);
  draft.vouches = draft.vouches.with(org, wanted);
  const waiting = draft.pending.get(org);
  if (!waiting || new Set([...wanted, waiting.by]).size < draft.policy.vouches) return undefined;
  const refused = noRoom(draft, []);
  if (refused !== undefined) return refused;
  admit(step, waiting);
  step.rekeyed([waiting.op, op.id]);
  return undefined;
}

function applyRemoval(step: Step, change: Extract<RosterChange, { op: "remove" }>): string | undefined {
  const { draft, standing } = step;
  const nodes = standing.about === undefined ? [] : nodesOf(draft, standing.about);
  if (standing.question === undefined || nodes.length === 0) return "the member was out already";
  const [given, reached] = vote(step, standing.question);
  if (!reached) return undefined;
  const cuts = new Map<LaneId, number>();
  const said = given.map(({ op }) => step.ground.graph.index.placed.get(op)?.op.change).concat(change);
  for (const one of said) {
    if (one?.op !== "remove") continue;
    for (const { lane, length } of one.cuts) cuts.set(lane, Math.max(length, cuts.get(lane) ?? 0));
  }
  const out = nodes.map(({ id }) => id);
  takeOut(step, out, { how: "removed", cuts });
  step.rekeyed(given.map(({ op }) => op));
  return undefined;
}

function applyRank(step: Step, change: Extract<RosterChange, { op: "promote" | "demote" }>): string | undefined {
  const { draft, ground, op, standing } = step;
  const target = draft.members.get(change.member);
  if (!target || standing.question === undefined) return "there is no such member";
  const isPromotion = change.op === "promote";
  if ((target.seniority !== undefined) === isPromotion) return isPromotion ? undefined : "the member is no steward";
  const [, reached] = vote(step, standing.question);
  if (!reached) return undefined;
  const seniority = isPromotion ? depthOf(ground.graph, op.id) : undefined;
  draft.members = draft.members.with(target.id, { ...target, seniority });
  return undefined;
}

/** Notes a vote. Answers all on its question, and whether they are enough; then the question is settled. */
function vote({ draft, op, standing }: Step, question: string): readonly [readonly Vote[], boolean] {
  const given = [...(draft.votes.get(question) ?? []), voteOf(op, standing)];
  const reached = isReached(given);
  draft.votes = reached ? draft.votes.without(question) : draft.votes.with(question, given);
  return [given, reached];
}

function applyEnrolment(step: Step, change: Extract<RosterChange, { op: "enrol" }>): string | undefined {
  const { draft, op } = step;
  const { certificate } = change.member;
  const id = memberId(certificate.memberKey);
  const nodes = nodesOf(draft, orgId(certificate.orgKey));
  const sibling = nodes[0];
  if (!sibling) return "its org is not in the circle";
  const isKnown = draft.members.has(id) || draft.removed.has(id);
  const refused = isKnown ? "its key was in this circle before" : noRoom(draft, nodes, change.replaces);
  if (refused !== undefined) return refused;
  const ranks = change.replaces
    .map((old) => draft.members.get(old)?.seniority)
    .filter((seniority) => seniority !== undefined);
  // R48: a successor takes the place of what it replaces, its rank with it.
  const seniority = ranks.length === 0 ? undefined : Math.min(...ranks);
  takeOut(step, change.replaces, { how: "withdrawn", cuts: cutsOf(change.cuts) });
  const { admittedBy } = sibling;
  const node = { id, ...change.member, addedBy: op.id, admittedBy, seniority, lane: undefined };
  draft.members = draft.members.with(id, node);
  step.rekeyed([op.id]);
  return undefined;
}

function applyToFreeze(
  { draft, op, standing }: Step,
  change: Extract<RosterChange, { op: "lift" | "confirm" }>,
): string | undefined {
  const freeze = [...draft.freezes.values()].find((one) => one.op === change.freeze);
  if (!freeze) return "there is no such freeze";
  const next = change.op === "lift" ? { until: freeze.from } : { until: change.until, confirmedBy: standing.org };
  // A freeze that was lifted is not prolonged, in whichever order the two are told.
  if (change.op === "confirm" && freeze.until <= freeze.from) return `the freeze ${op.id.slice(0, 8)} means was lifted`;
  draft.freezes = draft.freezes.with(freeze.by, { ...freeze, ...next });
  return undefined;
}

function takeOut(
  { draft, op }: Step,
  members: readonly MemberId[],
  { how, cuts }: Pick<Removal, "how" | "cuts">,
): void {
  for (const id of members) {
    const target = draft.members.get(id);
    if (!target) continue;
    const { certificate, seniority } = target;
    // What an earlier removal cut off stays cut off: those who knew of it have never opened that.
    const kept = new Map(cuts);
    for (const [lane, length] of draft.removed.get(id)?.cuts ?? [])
      kept.set(lane, Math.min(length, cuts.get(lane) ?? length));
    const removal = { op: op.id, remover: op.author, at: op.at, certificate, seniority, cuts: kept, how };
    draft.members = draft.members.without(id);
    draft.removed = draft.removed.with(id, removal);
  }
}

function cutsOf(cuts: readonly { readonly lane: LaneId; readonly length: number }[]): ReadonlyMap<LaneId, number> {
  return new Map(cuts.map(({ lane, length }) => [lane, length] as const));
}

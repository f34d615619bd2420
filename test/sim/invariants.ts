// What must hold at the end of a run, when the network has healed and everyone has fetched what there is. Each function
// throws where its promise is broken; none of them asks the code under test whether all is well.

import { stricter } from "../../src/record/marking.ts";
import { currentEpoch } from "../../src/node/epochs.ts";
import type { CircleState } from "../../src/node/circle-state.ts";
import { frontierOf } from "../../src/node/frontier.ts";
import { evaluate } from "../../src/circle/evaluate.ts";
import type { Policy, RosterChange } from "../../src/circle/change.ts";
import { closure, concurrent, type Graph, precedes, type RosterOp } from "../../src/circle/graph.ts";
import type { Roster } from "../../src/circle/roster.ts";
import { limits } from "../../src/base/limits.ts";
import { type LaneId, memberId, type MemberId, ownsLane, type RecordId } from "../../src/record/ids.ts";
import { decodeEnvelope } from "../../src/record/wire.ts";
import { authorKeys } from "../../src/seal/author-key.ts";
import { openPost } from "../../src/seal/seal.ts";
import { toHex } from "../../src/base/bytes.ts";
import { count } from "./ledger.ts";
import { isIn, liveOf, type Machine } from "./machine.ts";
import { countingOps, nameOf, orgNameOf } from "./said.ts";
import { Violation, type World } from "./world.ts";

/** Honest machines that are in, by their own view and by that of each other. */
export function fellowships(world: World): readonly (readonly Machine[])[] {
  const left = new Set(world.machines.filter((machine) => !machine.hostile && isIn(world, machine)));
  const groups: Machine[][] = [];
  for (const first of left) {
    const group = [first];
    left.delete(first);
    for (const one of group)
      for (const other of left)
        if (sees(world, one, other) && sees(world, other, one)) {
          group.push(other);
          left.delete(other);
        }
    groups.push(group);
  }
  return groups.sort((one, other) => other.length - one.length);
}

function sees(world: World, machine: Machine, other: Machine): boolean {
  return liveOf(world, machine)?.state.roster?.members.has(other.id) === true;
}

/** P1 and more: whoever can talk holds the same records, and believes the same of membership and epochs. */
export function sameEverywhere(world: World, group: readonly Machine[]): void {
  const [first, ...others] = group;
  const expected = first && pictureOf(world, first);
  for (const machine of others) {
    const picture = pictureOf(world, machine);
    for (const part of Object.keys(expected ?? {}) as (keyof Picture)[])
      if (picture[part] !== expected?.[part])
        throw new Violation(
          `same ${part} everywhere`,
          `${first?.name}: ${expected?.[part]}\n${machine.name}: ${picture[part]}`,
        );
  }
}

type Picture = { readonly roster: string; readonly records: string; readonly epochs: string };

function pictureOf(world: World, machine: Machine): Picture {
  const state = stateOf(world, machine);
  const { roster } = state;
  const members = [...(roster?.members.values() ?? [])].map(
    ({ id, addedBy, seniority }) => `${nameOf(world, id)} ${addedBy.slice(0, 8)} ${seniority ?? "-"}`,
  );
  const removed = [...(roster?.removed ?? [])].map(([id, { op }]) => `${nameOf(world, id)} by ${op.slice(0, 8)}`);
  const isShared = (lane: LaneId): boolean => !world.ledger.forked.has(lane) && isKeptByAll(world, state, lane);
  const lanes = [...frontierOf(state)].filter(([lane]) => isShared(lane));
  return {
    roster: [members.sort().join(", "), removed.sort().join(", "), state.graph.heads.join(" ")].join(" | "),
    records: lanes
      .map(([lane, length]) => `${lane.slice(0, 8)} ${length}`)
      .sort()
      .join(", "),
    epochs: [...state.epochs.values()]
      .filter(({ lane }) => isShared(lane))
      .map(({ id }) => id.slice(0, 8))
      .sort()
      .join(" "),
  };
}

/** Of lanes that were not taken in each member keeps the first that it hears of; only who plays false has more than that. */
function isKeptByAll(world: World, { lanes, roster }: CircleState, lane: LaneId): boolean {
  const author = lanes.get(lane)?.author;
  return roster?.lanes.has(lane) === true || !world.machines.some(({ id, hostile }) => hostile && id === author);
}

function stateOf(world: World, machine: Machine): CircleState {
  const live = liveOf(world, machine);
  if (!live) throw new Violation("no crash", `${machine.name} lost the circle`);
  return live.state;
}

/** P3: one epoch that all of them send under. */
export function oneEpoch(world: World, all: readonly Machine[]): void {
  // A backup may lack the key that epochs are wrapped to; its machine can open none until it has told a fresh one.
  const group = all.filter(({ restored }) => !restored);
  const chosen = group.map((machine) => {
    const live = liveOf(world, machine);
    if (!machine.running || !live) throw new Violation("no crash", `${machine.name} is off`);
    return currentEpoch(machine.running.rooms, live, live.state)?.id;
  });
  if (new Set(chosen).size > 1 || (group.length > 0 && chosen[0] === undefined))
    throw new Violation(
      "one epoch for all",
      group.map(({ name }, at) => `${name} ${chosen[at]?.slice(0, 8)}`).join(", "),
    );
}

const HOUR_MS = 3_600_000;

/** Nobody would send under an epoch that another one of them cannot open. */
export function nobodyPassedOver(world: World, all: readonly Machine[]): void {
  const group = all.filter(({ restored }) => !restored);
  for (const machine of group) {
    const live = liveOf(world, machine);
    // Whom a freeze hits is passed over on purpose, until it ends.
    const until = Math.max(0, ...[...(live?.state.roster?.freezes.values() ?? [])].map((freeze) => freeze.until));
    if (until > world.time.now() - HOUR_MS) continue;
    const id = machine.running && live && currentEpoch(machine.running.rooms, live, live.state)?.id;
    // An org trusts its own nodes, and whoever stole one may mint in a lane beyond those that others keep.
    const minter = world.machines.find((one) => one.id === (id && live?.state.epochs.get(id)?.minter));
    if (minter?.hostile && minter.org === machine.org) continue;
    const deaf =
      id &&
      group.find((other) => !world.ledger.parted.has(other) && world.ledger.bags.get(other)?.epochs.has(id) !== true);
    if (deaf) throw new Violation("nobody is passed over", `${machine.name} would send what ${deaf.name} cannot open`);
  }
}

/** What membership must look like, read off the operations that count. P4 and P5 are among it. */
export function lawfulRoster(world: World, machine: Machine): void {
  const { graph, roster, memo } = stateOf(world, machine);
  if (!roster) return;
  const ops = countingOps(roster, graph.ops.keys()).flatMap((id) => graph.ops.get(id) ?? []);
  const viewOf = (op: RosterOp): Roster | undefined =>
    op.parents.length === 0 ? undefined : evaluate(graph, op.parents, memo);
  const removals = ops.flatMap((op) =>
    op.change.op === "remove" ? [voteOf(world, op, { member: op.change.member, view: viewOf(op) })] : [],
  );
  const broken = (law: string, op: RosterOp): Violation =>
    new Violation(law, `at ${machine.name}: ${op.change.op} ${op.id.slice(0, 8)} by ${nameOf(world, op.author)}`);
  for (const op of ops) {
    const view = viewOf(op);
    const free = op.change.op === "add" && view?.policy.invite === "members";
    if (view && !free && STEWARDS_ALONE.has(op.change.op)) {
      if (view.members.get(op.author)?.seniority === undefined) throw broken("only stewards change membership", op);
      // What made its author a steward in its own view counts still.
      const made = [...graph.ops.values()].filter(
        (one) => makesSteward(one, op.author) && precedes(graph, one.id, op.id) && !view.void.has(one.id),
      );
      const before = ops.filter(({ id }) => precedes(graph, id, op.id));
      // Where nobody may be a steward any more, its author may be the heir.
      const unfounded = made.length > 0 && made.every(({ id }) => roster.void.has(id));
      if (unfounded && someStewardLeft(world, before)) throw broken("nothing rests on a void change", op);
    }
    const author = view?.members.get(op.author);
    if (view && op.change.op !== "enrol" && author?.lane !== op.lane)
      throw broken("membership is spoken of in the lane that others took in", op);
    if (op.change.op === "enrol") {
      const ranks = op.change.replaces.map((old) => view?.members.get(old)?.seniority);
      const heir = evaluate(graph, [op.id], memo).members.get(op.author);
      if ((heir?.seniority !== undefined) !== ranks.some((rank) => rank !== undefined))
        throw broken("a successor has the rank of whom it replaces", op);
    }
    const org = orgNameOf(world, op.author);
    const kin = [...(view?.members.values() ?? [])].find(({ id }) => orgNameOf(world, id) === org);
    const admittedBy = author?.admittedBy ?? kin?.admittedBy;
    // Let in again by somebody who knew of the removal, it stands anew.
    const against = removals.filter(
      (vote) => vote.target === org && (admittedBy === undefined || !precedes(graph, vote.op.id, admittedBy)),
    );
    const unseen = against.filter((vote) => !precedes(graph, op.id, vote.op.id));
    if (unseen.some((vote) => concurrent(graph, op.id, vote.op.id)) && isEnough(unseen))
      throw broken("what a removed member did meanwhile does not count", op);
    const added =
      op.change.op === "add" ? orgNameOf(world, memberId(op.change.member.certificate.memberKey)) : undefined;
    if (removals.some((vote) => vote.needs === 1 && vote.target === added && concurrent(graph, op.id, vote.op.id)))
      throw broken("a removal wins over an addition", op);
  }
  for (const [target, { op, how }] of roster.removed)
    if (
      how === "removed" &&
      !isEnough(removals.filter((vote) => vote.target === orgNameOf(world, target) && !precedes(graph, op, vote.op.id)))
    )
      throw new Violation("a quorum removes a steward", `${nameOf(world, target)} was removed by too few`);
  for (const ending of ops) {
    const { change } = ending;
    const gone = change.op === "retire" ? change.members : change.op === "lane" ? endedBy(graph, change) : [];
    const from = change.op === "lane" ? change.opening.header.lane : undefined;
    const words = ops.filter((one) => one.change.op === "lane" && one.change.opening.header.lane === from);
    for (const op of ops) {
      if (!gone.includes(op.author) || op.lane === from || !concurrent(graph, op.id, ending.id)) continue;
      // It had heard an earlier word for that lane, and went on from there.
      if (change.op === "lane" && words.some(({ id }) => precedes(graph, id, op.id))) continue;
      throw broken("what a withdrawn key did meanwhile does not count", op);
    }
  }
  for (const proof of ops) {
    if (proof.change.op !== "fork") continue;
    const { lane, seq } = proof.change.proof;
    // What it carries, its author had not seen.
    const seen = closure(graph, proof.parents);
    const after = ops.find((op) => op.lane === lane && op.seq >= seq && !seen.has(op.id));
    if (after) throw broken("what follows a fork does not count", after);
  }
  const tickets = ops.flatMap(({ change }) => (change.op === "add" && change.ticket ? [change.ticket] : []));
  if (new Set(tickets).size !== tickets.length) throw new Violation("a ticket admits one", `at ${machine.name}`);
  count(world, "operations", ops.length);
  count(world, "void operations", graph.ops.size - ops.length);
}

/** Whose changes elsewhere end where a lane is taken in: its author's, and of an enrolment those of whom it replaces. */
function endedBy(graph: Graph, { opening }: Extract<RosterChange, { op: "lane" }>): readonly MemberId[] {
  const begun = graph.ops.get(opening.id)?.change;
  return [opening.header.author, ...(begun?.op === "enrol" ? begun.replaces : [])];
}

const STEWARDS_ALONE: ReadonlySet<string> = new Set(["add", "remove", "promote", "demote", "policy", "confirm"]);

/** One word for the removal of an org, and how many it takes: two of the other orgs with stewards where there are two, for a steward's. */
type Word = {
  readonly op: RosterOp;
  readonly org: string;
  readonly target: string;
  readonly needs: number;
};

function voteOf(world: World, op: RosterOp, { member, view }: { member: MemberId; view: Roster | undefined }): Word {
  const [org, target] = [op.author, member].map((id) => orgNameOf(world, id));
  const all = [...(view?.members.values() ?? [])].filter(({ seniority }) => seniority !== undefined);
  const orgs = new Set(all.map(({ id }) => orgNameOf(world, id)));
  const needs = target === undefined || !orgs.delete(target) ? 1 : Math.max(1, Math.min(2, orgs.size));
  return { op, org: org ?? "", target: target ?? "", needs };
}

function isEnough(words: readonly Word[]): boolean {
  const voices = new Set(words.map(({ org }) => org)).size;
  return words.some(({ needs }) => voices >= needs);
}

/** Whether somebody certainly is a steward after these. */
function someStewardLeft(world: World, ops: readonly RosterOp[]): boolean {
  const left = new Set<string>();
  for (const { change, author } of ops) {
    if (change.op === "genesis") left.add(memberId(change.founder.certificate.memberKey));
    else if (change.op === "promote") left.add(change.member);
    else if (change.op === "demote") left.delete(change.member);
    else if (change.op === "leave") left.delete(author);
    else if (change.op === "retire") for (const gone of change.members) left.delete(gone);
    else if (change.op === "enrol") {
      // Its rank is that of whom it replaces, if one of them had any.
      if (change.replaces.filter((gone) => left.delete(gone)).length > 0) left.add(author);
    } else if (change.op === "remove")
      for (const id of left) if (orgNameOf(world, id) === orgNameOf(world, change.member)) left.delete(id);
  }
  return left.size > 0;
}

function makesSteward({ change }: RosterOp, id: string): boolean {
  if (change.op === "genesis") return memberId(change.founder.certificate.memberKey) === id;
  // A successor may have its rank of whom it replaces.
  if (change.op === "enrol") return change.replaces.length > 0 && memberId(change.member.certificate.memberKey) === id;
  return change.op === "promote" && change.member === id;
}

/** Everything that is held was said by a member, in a lane of its own, and forgets no membership that its lane had seen. */
export async function lawfulLanes(world: World, machine: Machine): Promise<void> {
  const { graph, memo, lanes } = stateOf(world, machine);
  for (const { id: lane, author, length } of lanes.values()) {
    const broken = (law: string): Violation =>
      new Violation(law, `${machine.name} holds ${lane.slice(0, 8)} of ${nameOf(world, author)}`);
    if (!ownsLane(author, lane)) throw broken("a lane is its author's");
    let seen: readonly RecordId[] = [];
    const rows = machine.running?.rooms.store.range(world.circle, { lane, from: 0, to: length }) ?? [];
    for await (const bytes of rows) {
      const { id, header } = decodeEnvelope(bytes);
      const view = closure(graph, header.rosterHeads);
      if (!seen.every((head) => view.has(head))) throw broken("nobody forgets membership");
      seen = graph.ops.has(id) ? [id] : header.rosterHeads;
      const comesIn = header.seq === 0 && graph.ops.get(id)?.change.op === "enrol";
      const isFirst = header.rosterHeads.length === 0 || comesIn;
      if (!isFirst && !evaluate(graph, header.rosterHeads, memo).members.has(author))
        throw broken("only members are heard");
    }
  }
}

/** Weeks later, old secrets are gone. */
export async function secretsForgotten(world: World, machine: Machine): Promise<void> {
  const rooms = machine.running?.rooms;
  const bag = world.ledger.bags.get(machine);
  if (!rooms || !bag) return;
  const held = [...rooms.keyring.value().epochs.values()].filter(({ circle }) => circle === world.circle);
  const kept = held.filter(({ id }) => rooms.clock.now() - (bag.epochs.get(id)?.since ?? 0) > limits.epochKeepMs);
  // The newest stays, however old it is.
  if (kept.length > 1) throw new Violation("old secrets are forgotten", `${machine.name} holds ${kept.length}`);
}

/** Whatever an author was told is posted is at everyone who stays, where its author stays. */
export function nothingLost(world: World, group: readonly Machine[]): void {
  for (const [id, { by, record }] of world.ledger.said) {
    const at = by.running?.rooms.circles.get(world.circle)?.state.lanes.get(record.header.lane);
    if (at && !by.restored && at.length <= record.header.seq)
      throw new Violation("nothing acknowledged is lost", `${by.name} lost ${id.slice(0, 8)} itself`);
    if (!group.includes(by) || (by.restored && (at?.length ?? 0) <= record.header.seq)) continue;
    for (const machine of group) {
      const lane = stateOf(world, machine).lanes.get(record.header.lane);
      if ((lane?.length ?? 0) <= record.header.seq)
        throw new Violation("nothing acknowledged is lost", `${machine.name} lacks ${id.slice(0, 8)} of ${by.name}`);
    }
  }
}

/** Everyone shows what was meant for it, and nothing else. */
export async function feedsConverge(world: World, group: readonly Machine[]): Promise<void> {
  for (const machine of group) {
    const rooms = machine.running?.rooms;
    const roster = stateOf(world, machine).roster;
    if (!rooms || !roster) continue;
    const items = await Array.fromAsync(rooms.store.feed({ circle: world.circle, limit: 100_000 }));
    const shown = new Set(items.map(({ id }) => id));
    for (const item of items) {
      if (stricter(item.body.tlp, roster.policy.maxTlp))
        throw new Violation("markings are kept", `${machine.name} shows ${item.body.tlp}`);
      const removedBy = world.ledger.late.get(`${machine.name} ${item.id}`);
      const isOut = !roster.members.has(item.author) && removedBy === roster.removed.get(item.author)?.op;
      if (removedBy !== undefined && isOut)
        throw new Violation("a removed member is not heard", `${machine.name} shows ${nameOf(world, item.author)}`);
    }
    for (const [id, { by, audience, record }] of world.ledger.said) {
      const gets = givenTo(world, { machine, audience, at: record.header.at });
      if (shown.has(id) && gets === "never")
        throw new Violation("only the audience reads", `${machine.name} shows ${id.slice(0, 8)} of ${by.name}`);
      // Whoever was out meanwhile has thrown away the keys that it had before; it asks for what it cannot open.
      if (shown.has(id) || world.ledger.parted.has(machine)) continue;
      if (audience.get(machine.id) !== roster.members.get(machine.id)?.addedBy) continue;
      if (!mustShow(world, { machine, roster, record })) continue;
      throw new Violation("feeds converge", `${machine.name} does not show ${id.slice(0, 8)} of ${by.name}`);
    }
  }
}

/** Whatever a machine may be given is given to it, where another one has it to give. */
export async function pastGiven(world: World, group: readonly Machine[]): Promise<void> {
  const shown = new Map<Machine, ReadonlySet<RecordId>>();
  for (const machine of group) {
    const feed = machine.running?.rooms.store.feed({ circle: world.circle, limit: 100_000 });
    const items = feed ? await Array.fromAsync(feed) : [];
    shown.set(machine, new Set(items.map(({ id }) => id)));
  }
  for (const machine of group) {
    const { roster } = stateOf(world, machine);
    for (const [id, { by, audience, record }] of world.ledger.said) {
      const isGiven = shown.get(machine)?.has(id) === true;
      count(world, "given later", isGiven && !audience.has(machine.id) ? 1 : 0);
      if (isGiven || !roster || !mustShow(world, { machine, roster, record })) continue;
      const hasGiver = group.some((other) => shown.get(other)?.has(id));
      if (hasGiver && givenTo(world, { machine, audience, at: record.header.at }) === "now")
        throw new Violation("the past is given", `${machine.name} is not given ${id.slice(0, 8)} of ${by.name}`);
    }
  }
}

/**
 * Whether a machine is given what was posted for an audience: to its org it was meant, or posted after it came in by somebody who had
 * not heard of that, or the rules give of the past ("now"), or gave once ("once").
 */
function givenTo(
  world: World,
  { machine, audience, at }: { machine: Machine; audience: ReadonlyMap<MemberId, RecordId>; at: number },
): "now" | "once" | "never" {
  if ([...audience.keys()].some((id) => orgNameOf(world, id) === machine.org)) return "now";
  const { graph, roster } = stateOf(world, machine);
  const gives = ({ history }: Policy): boolean => history === "all" || (history !== "none" && at >= history);
  const admittedBy = roster?.members.get(machine.id)?.admittedBy;
  const before = closure(graph, admittedBy ? [admittedBy] : []);
  const moments = [...graph.ops.values()].flatMap((op) => (before.has(op.id) ? [op.at] : []));
  if (at >= Math.max(...moments) || (roster && gives(roster.policy))) return "now";
  const ever = [...graph.ops.values()].some(({ change }) => change.op === "policy" && gives(change.policy));
  return ever ? "once" : "never";
}

function mustShow(
  world: World,
  {
    machine,
    roster,
    record,
  }: {
    machine: Machine;
    roster: Roster;
    record: { header: { lane: string; seq: number; author: string; epoch: RecordId | undefined } };
  },
): boolean {
  const { author, lane, seq, epoch } = record.header;
  const { lanes } = stateOf(world, machine);
  const heldOf = (of: string): number => [...lanes.values()].find(({ id }) => id === of)?.length ?? 0;
  if (machine.restored || seq >= heldOf(lane)) return false;
  if (epoch !== undefined && world.ledger.poisoned.has(epoch)) return false;
  const minted = epoch && world.ledger.records.get(epoch)?.header;
  // Who holds the other side of a forked lane never gets an epoch of this one: it has to ask for what was posted under it.
  if (minted && world.ledger.forked.has(minted.lane)) return false;
  // Whoever was replaced gets nothing more, be it the epoch of what it has. That others hold the same is asked before.
  if (minted && heldOf(minted.lane) <= minted.seq) return false;
  const removal = [...roster.removed].find(([id]) => id === author)?.[1];
  const cut = removal && [...removal.cuts].find(([id]) => id === lane)?.[1];
  return removal === undefined || (removal.how === "left" && cut === undefined) || (cut !== undefined && seq < cut);
}

/** No secret that a machine ever held opens what was not meant for it; and no nonce is used twice under one key. */
export function sealedFromOthers(world: World, everySecret: boolean): void {
  const { bags, said, records } = world.ledger;
  const holders = new Map<string, { readonly secret: Uint8Array; readonly epoch: RecordId; readonly by: Machine[] }>();
  for (const [machine, { epochs }] of bags) {
    for (const [epoch, { secret }] of epochs) {
      const held = holders.get(toHex(secret)) ?? { secret, epoch, by: [] };
      holders.set(toHex(secret), held);
      held.by.push(machine);
    }
  }
  for (const { secret, epoch, by } of holders.values()) {
    for (const { record, audience } of said.values()) {
      if (!everySecret && record.header.epoch !== epoch) continue;
      const outsider = by.find(({ id }) => !audience.has(id));
      if (outsider && opens(record, secret))
        throw new Violation("only the audience reads", `${outsider.name} can open ${record.id.slice(0, 8)}`);
    }
  }
  const nonces = new Map<string, RecordId>();
  const secrets = new Map(
    [...bags.values()].flatMap(({ epochs }) => [...epochs].map(([id, { secret }]) => [id, secret])),
  );
  for (const { id, header } of records.values()) {
    const secret = header.epoch && secrets.get(header.epoch);
    if (!secret) continue;
    const use = `${toHex(authorKeys(secret, header.author, header.lane).cipherKey)} ${toHex(header.nonce)}`;
    const before = nonces.get(use);
    if (before !== undefined && before !== id && !world.machines.some((one) => one.hostile && one.id === header.author))
      throw new Violation("no nonce twice", `${before.slice(0, 8)} and ${id.slice(0, 8)}`);
    nonces.set(use, id);
  }
}

function opens(record: Parameters<typeof openPost>[0], secret: Uint8Array): boolean {
  try {
    openPost(record, secret);
    return true;
  } catch {
    return false;
  }
}

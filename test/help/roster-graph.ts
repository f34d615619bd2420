// Membership stories without keys: operations named by words, put into a graph in the order told. For tests of
// `evaluate`, which looks at ids and parents only.

import { compareBytes, concat, fromUtf8, toHex, utf8 } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/digest.ts";
import type { Admission, LaneCut, Policy, RosterChange } from "../../src/circle/change.ts";
import { emptyMemo, evaluate } from "../../src/circle/evaluate.ts";
import { emptyGraph, type Graph, precedes, type RosterOp, withOp } from "../../src/circle/graph.ts";
import type { PrekeyId } from "../../src/circle/prekey.ts";
import {
  idBytes,
  laneId,
  memberId,
  type MemberId,
  orgId,
  recordId,
  type RecordId,
  ticketId,
} from "../../src/record/ids.ts";
import type { Header } from "../../src/record/record.ts";
import type { Roster } from "../../src/circle/roster.ts";
import { closePolicy } from "./memory-rooms.ts";

const hashOf = (text: string): Uint8Array => sha256(utf8(text));

/** The member of a name; its id starts with the name in hex, so that failures can be read. */
export const memberOf = (name: string): MemberId => memberId(concat(utf8(name.padEnd(8)), hashOf(name).slice(8)));
export const opOf = (name: string): RecordId => recordId(hashOf(`op ${name}`));
export const ticketOf = (name: string): ReturnType<typeof ticketId> => ticketId(hashOf(`ticket ${name}`));
export const laneOf = (name: string): ReturnType<typeof laneId> => laneId(hashOf(`lane ${name}`).slice(0, 16));

const keyOf = (name: string): Uint8Array => concat(utf8(name.padEnd(8)), hashOf(name).slice(8));

/** A node of an org as it comes in, unsigned; the first node of an org has its name. */
export function admissionOf(name: string, org = name, orgName = org): Admission {
  const key = keyOf(name);
  const none = new Uint8Array(0);
  const certificate = {
    org: orgName,
    orgKey: keyOf(org),
    memberKey: key,
    transportKey: key,
    notBefore: 0,
    notAfter: 1,
    signature: none,
    bytes: key,
  };
  const id = toHex(hashOf(`prekey ${name}`).slice(0, 16)) as PrekeyId;
  return {
    certificate,
    prekey: { id, member: memberOf(name), suite: 1, publicKey: hashOf(`prekey ${name}`), generation: 0, bytes: none },
  };
}

export const genesisBy = (name: string): RosterChange => ({
  ...{ op: "genesis", name: "circle", nonce: hashOf("nonce"), policy: closePolicy, founder: admissionOf(name) },
});
/** A circle that only these orgs may ever be in. */
export const closedGenesis = (name: string, ...orgs: readonly string[]): RosterChange => ({
  ...{ op: "genesis", name: "circle", nonce: hashOf("nonce"), founder: admissionOf(name) },
  policy: { ...closePolicy, only: orgs.map(keyOf).toSorted(compareBytes) },
});
export const orgKeyOf = keyOf;
export const adds = (name: string, ticket?: string): RosterChange => ({
  ...{ op: "add", member: admissionOf(name), lane: laneOf(name) },
  ticket: ticket === undefined ? undefined : ticketOf(ticket),
});
/** Takes in the lane that an operation begins: an enrolment, or whatever its author says first in a further lane. */
export function takesIn(told: Told): RosterChange {
  const op = toOp(told);
  const kind = told.does.op === "enrol" ? "roster" : "lane-open";
  const header = { author: op.author, lane: op.lane, rosterHeads: op.parents, kind } as unknown as Header;
  return { op: "lane", opening: { id: op.id, header, headerBytes: hashOf(""), signature: hashOf("") } };
}
export const removes = (name: string, cuts: readonly LaneCut[] = []): RosterChange => ({
  op: "remove",
  member: memberOf(name),
  cuts,
});
export const demotes = (name: string): RosterChange => ({ op: "demote", member: memberOf(name) });
export const leaves: RosterChange = { op: "leave" };
export const sets = (base: string, policy: Partial<Policy>): RosterChange => ({
  ...{ op: "policy", base: opOf(base), policy: { ...closePolicy, ...policy } },
});
export const vouches = (name: string): RosterChange => ({ op: "vouch", org: orgId(keyOf(name)) });
export const enrols = (name: string, org: string, ...replaces: readonly string[]): RosterChange => ({
  ...{ op: "enrol", member: admissionOf(name, org), replaces: replaces.map(memberOf), cuts: [], consent: hashOf(org) },
});
export const retires = (org: string, ...names: readonly string[]): RosterChange => ({
  ...{ op: "retire", org: orgId(keyOf(org)), members: names.map(memberOf), cuts: [], consent: hashOf(org) },
});
export const freezes = (name: string, until: number): RosterChange => ({
  ...{ op: "freeze", member: memberOf(name), until, reason: "odd logins" },
});
export const lifts = (freeze: string): RosterChange => ({ op: "lift", freeze: opOf(freeze) });
export const confirms = (freeze: string, until: number): RosterChange => ({
  ...{ op: "confirm", freeze: opOf(freeze), until },
});
/** A proof of a fork that carries these operations. */
/** A proof that the lane of the first one is forked at its place; it carries them all. */
export const proves = (...told: readonly Told[]): RosterChange => provesAt(told[0]?.seq ?? 0, ...told);
export function provesAt(seq: number, ...told: readonly Told[]): RosterChange {
  const ops = told.map(toOp);
  const author = ops[0]?.author ?? memberOf("nobody");
  const lane = ops[0]?.lane ?? laneOf("nobody");
  const header = { id: opOf("a header"), header: {} as Header, headerBytes: hashOf(""), signature: hashOf("") };
  return {
    op: "fork",
    proof: { lane, author, seq, headers: [header, header] },
    carried: ops.map(({ id }) => id),
    records: ops.map((op) => ({ op, bytes: hashOf("") })),
  };
}
export const merges: RosterChange = { op: "merge" };
export const promotes = (name: string): RosterChange => ({ op: "promote", member: memberOf(name) });

/** An operation told in words: who, after which operations, does what. */
export type Told = {
  readonly name: string;
  readonly by: string;
  readonly after: readonly string[];
  readonly does: RosterChange;
  /** When, by its author's clock; 0 where nothing is said. */
  readonly at?: number;
  readonly seq?: number;
  /** In which lane of its author, where that is not the one it came with. */
  readonly lane?: string;
};

export function toOp({ name, by, after, does, at = 0, seq = 0, lane = by }: Told): RosterOp {
  const parents = after.map(opOf).sort();
  return { id: opOf(name), author: memberOf(by), lane: laneOf(lane), seq, at, parents, change: does };
}

export function graphOf(ops: readonly RosterOp[]): Graph {
  return ops.reduce(withOp, emptyGraph());
}

/** The roster of a story whose genesis, `g`, is by `ann`. */
export function rosterOfStory(...story: readonly Told[]): Roster {
  const graph = graphOf([{ name: "g", by: "ann", after: [], does: genesisBy("ann") }, ...story].map(toOp));
  return evaluate(graph, graph.heads, emptyMemo());
}

/** Names of the members, and of the stewards with a star, sorted. */
export function namesIn(roster: Roster): string {
  const names = [...roster.members.values()].map(
    ({ id, seniority }) => fromUtf8(idBytes(id).slice(0, 8))?.trim() + (seniority === undefined ? "" : "*"),
  );
  return names.sort().join(" ");
}

/** What members must agree on, as one comparable value. */
export function outcome(roster: Roster): Readonly<Record<string, unknown>> {
  return {
    members: [...roster.members.values()].map(({ id, addedBy, seniority }) => `${id} ${addedBy} ${seniority}`).sort(),
    removed: [...roster.removed.entries()].map(([id, { op }]) => `${id} ${op}`).sort(),
    tickets: [...roster.tickets.entries()].map(([ticket, id]) => `${ticket} ${id}`).sort(),
    rekeys: roster.rekeys,
    void: [...roster.void].map(([op, why]) => `${op} ${why}`).sort(),
  };
}

/** All operations in an order that `pick` chooses, causes before effects, some of them twice. */
export function delivered(ops: readonly RosterOp[], pick: (count: number) => number): Graph {
  let graph = emptyGraph();
  const waiting = [...ops];
  while (waiting.length > 0) {
    const ready = waiting.filter(({ parents }) => parents.every((parent) => graph.ops.has(parent)));
    const next = ready[pick(ready.length)];
    if (!next) throw new Error("a story without causes");
    graph = withOp(withOp(graph, next), next);
    waiting.splice(waiting.indexOf(next), 1);
  }
  return graph;
}

/** Whether `heads` are exactly the operations that nothing in the graph follows. */
export function areHeads(graph: Graph, heads: readonly RecordId[]): boolean {
  const ids = [...graph.ops.keys()];
  const tops = ids.filter((id) => !ids.some((other) => precedes(graph, id, other))).sort();
  return tops.join() === heads.join();
}

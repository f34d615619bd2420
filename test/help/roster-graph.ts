// Membership stories without keys: operations named by words, put into a graph in the order told. For tests of
// `evaluate`, which looks at ids and parents only.

import { concat, toHex, utf8 } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/digest.ts";
import type { Admission, LaneCut, RosterChange } from "../../src/circle/change.ts";
import { evaluate } from "../../src/circle/evaluate.ts";
import { closure, emptyGraph, type Graph, type RosterOp, withOp } from "../../src/circle/graph.ts";
import type { PrekeyId } from "../../src/circle/prekey.ts";
import { laneId, memberId, type MemberId, recordId, type RecordId, ticketId } from "../../src/record/ids.ts";
import type { Roster } from "../../src/circle/roster.ts";
import { closePolicy } from "./memory-rooms.ts";

const hashOf = (text: string): Uint8Array => sha256(utf8(text));

/** The member of a name; its id starts with the name in hex, so that failures can be read. */
export const memberOf = (name: string): MemberId => memberId(concat(utf8(name.padEnd(8)), hashOf(name).slice(8)));
export const opOf = (name: string): RecordId => recordId(hashOf(`op ${name}`));
export const ticketOf = (name: string): ReturnType<typeof ticketId> => ticketId(hashOf(`ticket ${name}`));
export const laneOf = (name: string): ReturnType<typeof laneId> => laneId(hashOf(`lane ${name}`).slice(0, 16));

/** A member as it comes in, unsigned. */
export function admissionOf(name: string): Admission {
  const key = concat(utf8(name.padEnd(8)), hashOf(name).slice(8));
  const none = new Uint8Array(0);
  const certificate = {
    org: name,
    orgKey: key,
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
    prekey: { id, member: memberOf(name), suite: 1, publicKey: hashOf(`prekey ${name}`), bytes: none },
  };
}

export const genesisBy = (name: string): RosterChange => ({
  ...{ op: "genesis", name: "circle", nonce: hashOf("nonce"), policy: closePolicy, founder: admissionOf(name) },
});
export const adds = (name: string, ticket?: string): RosterChange => ({
  ...{ op: "add", member: admissionOf(name), ticket: ticket === undefined ? undefined : ticketOf(ticket) },
});
export const removes = (name: string, cuts: readonly LaneCut[] = []): RosterChange => ({
  op: "remove",
  member: memberOf(name),
  cuts,
});
export const promotes = (name: string): RosterChange => ({ op: "promote", member: memberOf(name) });

/** An operation told in words: who, after which operations, does what. */
export type Told = {
  readonly name: string;
  readonly by: string;
  readonly after: readonly string[];
  readonly does: RosterChange;
};

export function toOp({ name, by, after, does }: Told): RosterOp {
  const parents = after.map(opOf).sort();
  return { id: opOf(name), author: memberOf(by), lane: laneOf(by), seq: 0, at: 0, parents, change: does };
}

export function graphOf(ops: readonly RosterOp[]): Graph {
  return ops.reduce(withOp, emptyGraph);
}

/** The roster of a story whose genesis, `g`, is by `ann`. */
export function rosterOfStory(...story: readonly Told[]): Roster {
  const graph = graphOf([{ name: "g", by: "ann", after: [], does: genesisBy("ann") }, ...story].map(toOp));
  return evaluate(graph, graph.heads, new Map());
}

/** Names of the members, and of the stewards with a star, sorted. */
export function namesIn(roster: Roster): string {
  const names = [...roster.members.values()].map(
    ({ certificate, seniority }) => certificate.org + (seniority === undefined ? "" : "*"),
  );
  return names.sort().join(" ");
}

/** What members must agree on, as one comparable value. */
export function outcome(roster: Roster): Readonly<Record<string, unknown>> {
  return {
    members: [...roster.members.values()].map(({ id, addedBy, seniority }) => `${id} ${addedBy} ${seniority}`).sort(),
    removed: [...roster.removed.entries()].map(([id, { op }]) => `${id} ${op}`).sort(),
    tickets: [...roster.tickets.entries()].map(([ticket, id]) => `${ticket} ${id}`).sort(),
    effective: [...roster.effective].sort(),
    void: [...roster.void].map(([op, why]) => `${op} ${why}`).sort(),
  };
}

/** All operations in an order that `pick` chooses, causes before effects, some of them twice. */
export function delivered(ops: readonly RosterOp[], pick: (count: number) => number): Graph {
  let graph = emptyGraph;
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
  const followed = new Set([...graph.ops.values()].flatMap(({ parents }) => [...closure(graph, parents)]));
  const tops = [...graph.ops.keys()].filter((id) => !followed.has(id)).sort();
  return tops.join() === heads.join();
}

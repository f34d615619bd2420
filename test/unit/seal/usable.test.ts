// Which epoch may be sent under: one refusal for each rule, and the choice among those that remain.

import { describe, expect, test } from "vitest";
import { limits } from "../../../src/base/limits.ts";
import { emptyMemo, evaluate } from "../../../src/circle/evaluate.ts";
import { orgId, recordId } from "../../../src/record/ids.ts";
import type { Epoch } from "../../../src/seal/epoch.ts";
import { type SendView, unusable, usableEpoch } from "../../../src/seal/usable.ts";
import { adds, admissionOf, genesisBy, graphOf, laneOf, memberOf, opOf, toOp } from "../../help/roster-graph.ts";

const graph = graphOf([
  toOp({ name: "g", by: "ann", after: [], does: genesisBy("ann") }),
  toOp({ name: "b", by: "ann", after: ["g"], does: adds("bob") }),
]);
const roster = evaluate(graph, graph.heads, emptyMemo());
const recipients = (...names: readonly string[]): Epoch["recipients"] =>
  new Map(names.map((name) => [memberOf(name), admissionOf(name).prekey.id]));
const epoch: Epoch = {
  ...{
    id: recordId(new Uint8Array(32).fill(5)),
    circle: "00" as Epoch["circle"],
    minter: memberOf("bob"),
    lane: laneOf("bob"),
    seq: 0,
    suite: 1,
    depth: 3,
    covers: [opOf("b")],
  },
  ...{ recipients: recipients("ann", "bob"), keyCommitment: new Uint8Array(32), mintedAt: 0 },
};
const view: SendView = {
  me: memberOf("ann"),
  graph,
  roster,
  self: orgId(admissionOf("ann").certificate.orgKey),
  now: 1_000,
  opened: () => true,
  firstSeenAt: () => 1_000,
  used: () => 0,
  prekeys: (member) => [member.prekey],
  complaints: new Map(),
};

const complaintsOf = (...names: readonly string[]): SendView["complaints"] =>
  new Map([[epoch.id, new Set(names.map(memberOf))]]);

describe("an epoch", () => {
  test("that keeps every rule may be sent under", () => {
    expect(unusable(epoch, view)).toBeUndefined();
  });

  test.each<[string, Partial<Epoch>, Partial<SendView>, string]>([
    ["R23: minted by an outsider", { minter: memberOf("eve") }, {}, "its minter is no member"],
    ["R23: minted in a lane that nobody has taken in", { lane: laneOf("other") }, {}, "its lane was not taken in"],
    ["R24: without a member", { recipients: recipients("ann") }, {}, "its recipients are not the members"],
    [
      "R24: with an outsider",
      { recipients: recipients("ann", "bob", "eve") },
      {},
      "its recipients are not the members",
    ],
    [
      "R24: with an outsider in a member's place",
      { recipients: recipients("ann", "eve") },
      {},
      "its recipients are not the members",
    ],
    ["R25: from before a change of membership", { covers: [opOf("g")] }, {}, "it does not cover the membership"],
    [
      "R26: wrapped to a prekey that its member did not tell, or declared stolen",
      {},
      { prekeys: ({ id, prekey }) => (id === memberOf("bob") ? [admissionOf("eve").prekey] : [prekey]) },
      "it is wrapped to a prekey that does not count",
    ],
    ["R34: that a member complains of", {}, { complaints: complaintsOf("ann") }, "a member complains of it"],
    ["R27: seen a day ago", {}, { now: 1_000 + limits.epochAgeMaxMs }, "it is too old"],
    ["R27: used up", {}, { used: () => limits.epochRecordsMax }, "it is worn out"],
    ["R28: not opened here", {}, { opened: () => false }, "it was not opened here"],
  ])("%s may not", (_, change, known, why) => {
    expect(unusable({ ...epoch, ...change }, { ...view, ...known })).toBe(why);
  });

  test("R34: that an outsider complains of, or somebody of another one, may", () => {
    expect(unusable(epoch, { ...view, complaints: complaintsOf("eve") })).toBeUndefined();
    const other = new Map([[recordId(new Uint8Array(32)), new Set([memberOf("ann")])]]);
    expect(unusable(epoch, { ...view, complaints: other })).toBeUndefined();
  });

  test("R23: is good for its minter's own org in whatever lane it was minted", () => {
    const self = orgId(admissionOf("bob").certificate.orgKey);
    expect(unusable({ ...epoch, lane: laneOf("other") }, { ...view, me: memberOf("bob"), self })).toBeUndefined();
  });

  test("R34: may be sent under by its own minter whatever is said of it", () => {
    expect(unusable(epoch, { ...view, me: memberOf("bob"), complaints: complaintsOf("ann", "bob") })).toBeUndefined();
  });

  test("R29: of several the deepest is taken, then the one with the lowest id, in whatever order they came", () => {
    const [low, high] = [1, 9].map((fill) => ({ ...epoch, id: recordId(new Uint8Array(32).fill(fill)) }));
    const shallow = { ...epoch, depth: 2, id: recordId(new Uint8Array(32)) };
    const broken = { ...epoch, depth: 9, minter: memberOf("eve") };
    if (!low || !high) throw new Error("two epochs");
    for (const order of [
      [low, high, shallow, broken],
      [broken, shallow, high, low],
      [high, broken, low, shallow],
    ]) {
      expect(usableEpoch(order, view)).toBe(low);
    }
    expect(usableEpoch([broken], view)).toBeUndefined();
  });
});

// Warnings of members: one of an org for each author, the last few only, and none that is malformed.

import { describe, expect, test } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import { encodeCbor } from "../../src/base/cbor.ts";
import { limits } from "../../src/base/limits.ts";
import { encodeWarning } from "../../src/circle/notice.ts";
import { declare } from "../../src/node/post.ts";
import type { CircleId } from "../../src/record/ids.ts";
import { circleOfParties, liveOf, type Party, party, sync } from "../help/memory-rooms.ts";
import { seededRandom } from "../help/seeded-random.ts";

const random = seededRandom("warnings");

async function warns(by: Party, circle: CircleId, ...bodies: readonly Uint8Array[]): Promise<void> {
  const statements = bodies.map((body) => ({ kind: "warning" as const, body }));
  await by.rooms.turns.take(circle, async () => declare(by.rooms, liveOf(by, circle), statements));
}

const heard = (at: Party, circle: CircleId, of: Party): readonly string[] =>
  (liveOf(at, circle).state.warnings.get(of.rooms.me.id) ?? []).map(({ orgKey }) => toHex(orgKey));

describe("warnings", () => {
  test("reach everyone under the name of their author, who is heard once about an org and for the last few orgs", async () => {
    const parties = ["acme", "borealis"].map((name) => party(name));
    const [acme, borealis] = parties;
    if (!acme || !borealis) throw new Error("two parties");
    const circle = await circleOfParties(parties);
    const accused = Array.from({ length: limits.warningsPerMemberMax + 4 }, () => random(32));
    const said = [...accused, accused.at(-1) ?? random(32)];
    await warns(acme, circle, ...said.map((orgKey) => encodeWarning({ orgKey, reason: "words differ" })));
    await sync(acme, borealis, circle);
    const last = accused.slice(-limits.warningsPerMemberMax).map(toHex);
    for (const at of parties) expect([heard(at, circle, acme), heard(at, circle, borealis)]).toEqual([last, []]);
  });

  test("that are malformed keep their place in the lane and are not heard", async () => {
    const parties = ["acme", "borealis"].map((name) => party(name));
    const [acme, borealis] = parties;
    if (!acme || !borealis) throw new Error("two parties");
    const circle = await circleOfParties(parties);
    const bodies = [
      { orgKey: random(32), reason: "I do not like them" },
      { orgKey: random(31), reason: "words differ" },
      { orgKey: random(32), reason: "words differ", text: "more" },
      { reason: "words differ" },
      "words differ",
    ];
    await warns(acme, circle, ...bodies.map((body) => encodeCbor(body)), random(40));
    const kept = await sync(acme, borealis, circle);
    expect(kept.every(({ kind }) => kind === "kept")).toBe(true);
    for (const at of parties) expect(heard(at, circle, acme)).toEqual([]);
  });
});

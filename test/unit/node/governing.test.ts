// How members govern a circle: freezes, rules and their acceptance, vouches and ranks, on nodes without network.

import { describe, expect, test } from "vitest";
import { limits } from "../../../src/base/limits.ts";
import type { Policy } from "../../../src/circle/change.ts";
import { isSteward } from "../../../src/circle/roster.ts";
import { contacts } from "../../../src/node/contacts.ts";
import { hasAccepted, keepShown } from "../../../src/node/consent.ts";
import {
  acceptRules,
  checkStewardsGone,
  confirm,
  demote,
  freeze,
  leave,
  lift,
  setPolicy,
  vouch,
} from "../../../src/node/governing.ts";
import { promote, remove, shownEpoch } from "../../../src/node/membership.ts";
import { post } from "../../../src/node/post.ts";
import { type CircleId, orgId } from "../../../src/record/ids.ts";
import { decodeEnvelope } from "../../../src/record/wire.ts";
import {
  admits,
  circleOfParties,
  closePolicy,
  heldClock,
  hears,
  type HeldClock,
  liveOf,
  offered,
  type Party,
  party,
  says,
  sync,
  words,
} from "../../help/memory-rooms.ts";
import { refusalOf } from "../../help/refusal.ts";

const HOUR = 3_600_000;

type Scene = {
  readonly clock: HeldClock;
  readonly acme: Party;
  readonly borealis: Party;
  readonly cygnus: Party;
  readonly circle: CircleId;
};

async function scene(rules: Partial<Policy> = {}): Promise<Scene> {
  const clock = heldClock();
  const [acme, borealis, cygnus] = ["acme", "borealis", "cygnus"].map((name) => party(name, { clock }));
  if (!acme || !borealis || !cygnus) throw new Error("three parties");
  const circle = await circleOfParties([acme, borealis, cygnus], { ...closePolicy, ...rules });
  return { clock, acme, borealis, cygnus, circle };
}

/** Everybody fetches what anybody holds. */
async function meet({ circle }: Pick<Scene, "circle">, ...parties: readonly Party[]): Promise<void> {
  for (let round = 0; round < 2; round++)
    for (const from of parties) for (const to of parties) if (from !== to) await sync(from, to, circle);
}

const recipientsOf = (node: Party, circle: CircleId): number =>
  shownEpoch(node.rooms, liveOf(node, circle))?.recipients.size ?? 0;

describe("a frozen org", () => {
  test("R53: is not sealed for, by anyone, until the freeze ends; then under a fresh epoch it reads on", async () => {
    const { clock, acme, borealis, cygnus, circle } = await scene();
    await says(acme, circle, "before");
    await meet({ circle }, acme, borealis, cygnus);
    const old = shownEpoch(acme.rooms, liveOf(acme, circle));
    const by = { member: cygnus.rooms.me.id, forMs: 4 * HOUR, reason: "odd logins" };
    await freeze(borealis.rooms, circle, by);
    // At once, before anybody posts.
    expect(recipientsOf(borealis, circle)).toBe(2);
    await meet({ circle }, acme, borealis, cygnus);
    await says(acme, circle, "meanwhile, by a member");
    await says(borealis, circle, "meanwhile, by the one that froze it");
    await says(cygnus, circle, "said by the frozen one");
    await meet({ circle }, acme, borealis, cygnus);
    expect(await hears(cygnus, circle)).toEqual(["before", "said by the frozen one"]);
    expect(await hears(acme, circle)).toContain("said by the frozen one");
    expect(liveOf(acme, circle).state.roster?.members.has(cygnus.rooms.me.id)).toBe(true);
    clock.advance(4 * HOUR);
    await says(acme, circle, "after");
    expect(shownEpoch(acme.rooms, liveOf(acme, circle))?.id).not.toBe(old?.id);
    expect(shownEpoch(acme.rooms, liveOf(acme, circle))?.depth).toBeGreaterThan(old?.depth ?? 0);
    await meet({ circle }, acme, borealis, cygnus);
    expect(await hears(cygnus, circle)).toEqual(["after", "before", "said by the frozen one"]);
  });

  test("is free again when the freeze is lifted, by whoever said it, and not by itself", async () => {
    const { acme, borealis, cygnus, circle } = await scene();
    const member = cygnus.rooms.me.id;
    await freeze(borealis.rooms, circle, { member, forMs: HOUR, reason: "" });
    await meet({ circle }, acme, borealis, cygnus);
    expect(await refusalOf(async () => lift(cygnus.rooms, circle, member))).toBe("POST_REFUSED");
    await lift(borealis.rooms, circle, member);
    expect(recipientsOf(borealis, circle)).toBe(3);
    await meet({ circle }, acme, borealis, cygnus);
    await says(acme, circle, "hello again");
    await meet({ circle }, acme, borealis, cygnus);
    expect(await hears(cygnus, circle)).toEqual(["hello again"]);
    expect(await refusalOf(async () => lift(borealis.rooms, circle, member))).toBe("NOT_FOUND");
    // Once in three days.
    expect(await refusalOf(async () => freeze(borealis.rooms, circle, { member, forMs: HOUR, reason: "" }))).toBe(
      "POST_REFUSED",
    );
  });

  test("stays frozen for longer where a steward of a third org confirms it", async () => {
    const { clock, acme, borealis, cygnus, circle } = await scene();
    const member = cygnus.rooms.me.id;
    await freeze(borealis.rooms, circle, { member, forMs: HOUR, reason: "" });
    await meet({ circle }, acme, borealis);
    await confirm(acme.rooms, circle, { member, forMs: 72 * HOUR });
    clock.advance(70 * HOUR);
    await says(acme, circle, "still without them");
    expect(recipientsOf(acme, circle)).toBe(2);
  });
});

describe("the rules of a circle", () => {
  test("R54: when they change, a member posts on once it accepted them, and acknowledges all the same", async () => {
    const { acme, borealis, cygnus, circle } = await scene();
    const [alert] = await post(acme.rooms, circle, [{ body: alarm(), exercise: false }]);
    await setPolicy(acme.rooms, circle, { maxTlp: "green" });
    await meet({ circle }, acme, borealis, cygnus);
    const green = async (): Promise<unknown> =>
      post(borealis.rooms, circle, [{ body: { ...words("under the new rules"), tlp: "green" }, exercise: false }]);
    expect(await refusalOf(green)).toBe("POLICY_UNACCEPTED");
    if (!alert) throw new Error("an alert");
    const ack = { kind: "ack", tlp: "green", seat: "kim", re: alert.id } as const;
    await post(borealis.rooms, circle, [{ body: ack, exercise: false }]);
    await acceptRules(borealis.rooms, circle);
    await green();
    const { lanes } = liveOf(borealis, circle).state;
    await acceptRules(borealis.rooms, circle);
    expect(liveOf(borealis, circle).state.lanes).toEqual(lanes);
    await meet({ circle }, acme, borealis, cygnus);
    expect(await hears(cygnus, circle)).toContain("under the new rules");
    // Whoever set them has accepted them; cygnus is not spoken for by anybody else.
    expect([acme, borealis, cygnus].map((node) => hasAccepted(node.rooms, liveOf(node, circle)))).toEqual([
      ...[true, true, false],
    ]);
  });

  test("R54: whoever was shown others on joining has not accepted them by joining", async () => {
    const { borealis, circle } = await scene();
    const live = liveOf(borealis, circle);
    await keepShown(borealis.rooms, live, { ...closePolicy, export: "nobody" });
    expect(await refusalOf(async () => says(borealis, circle, "hello"))).toBe("POLICY_UNACCEPTED");
    await acceptRules(borealis.rooms, circle);
    expect(await says(borealis, circle, "hello")).toHaveLength(1);
  });

  test("R18: judge a post as they were when its author wrote it", async () => {
    const { acme, borealis, cygnus, circle } = await scene();
    await says(borealis, circle, "amber, said before the change was heard of");
    await setPolicy(acme.rooms, circle, { maxTlp: "green" });
    await sync(acme, cygnus, circle);
    await meet({ circle }, acme, borealis, cygnus);
    expect(await hears(cygnus, circle)).toEqual(["amber, said before the change was heard of"]);
  });

  test("R18: of a circle for exercises refuse what is not marked as a drill", async () => {
    const { acme, circle } = await scene({ exercise: true });
    expect(await refusalOf(async () => says(acme, circle, "real"))).toBe("POST_REFUSED");
    expect(await post(acme.rooms, circle, [{ body: words("drill"), exercise: true }])).toHaveLength(1);
  });

  test("are set by stewards, and by nobody who has not heard of those in force", async () => {
    const { borealis, circle } = await scene();
    expect(await refusalOf(async () => setPolicy(borealis.rooms, circle, { vouches: 2 }))).toBe("STEWARD_NEEDED");
  });
});

describe("an admission that takes two words", () => {
  test("waits, and comes about with the last vouch, epoch included", async () => {
    const { acme, borealis, cygnus, circle } = await scene();
    await setPolicy(acme.rooms, circle, { vouches: 3 });
    const dorado = party("dorado");
    const org = orgId(dorado.rooms.me.certificate.orgKey);
    await admits(acme, dorado, circle);
    expect(liveOf(acme, circle).state.roster?.pending.has(org)).toBe(true);
    await meet({ circle }, acme, borealis, cygnus);
    await vouch(borealis.rooms, circle, org);
    expect(await refusalOf(async () => vouch(borealis.rooms, circle, org))).toBe("POST_REFUSED");
    await meet({ circle }, acme, borealis, cygnus);
    expect(liveOf(acme, circle).state.roster?.members.size).toBe(3);
    expect(recipientsOf(acme, circle)).toBe(3);
    await vouch(cygnus.rooms, circle, org);
    expect(recipientsOf(cygnus, circle)).toBe(4);
    await acceptRules(cygnus.rooms, circle);
    await says(cygnus, circle, "welcome");
    await sync(cygnus, dorado, circle);
    expect(await hears(dorado, circle)).toEqual(["welcome"]);
    // It came in under the rules in force.
    expect(hasAccepted(dorado.rooms, liveOf(dorado, circle))).toBe(true);
  });
});

describe("a removed steward", () => {
  test("is served membership for a week, and nothing that was said after it", async () => {
    const { clock, acme, borealis, cygnus, circle } = await scene();
    await promote(acme.rooms, circle, borealis.rooms.me.id);
    await meet({ circle }, acme, borealis, cygnus);
    await remove(acme.rooms, circle, borealis.rooms.me.id);
    await says(acme, circle, "after the removal");
    const offer = async (to: Party): Promise<readonly string[]> =>
      (await offered(acme, to, circle)).map((bytes) => decodeEnvelope(bytes).header.kind);
    expect(await offer(borealis)).toEqual(["roster"]);
    expect(await offer(cygnus)).toContain("post");
    expect(contacts(acme.rooms).map(({ member, contested }) => [member, contested])).toEqual(
      expect.arrayContaining([
        [borealis.rooms.me.id, [circle]],
        [cygnus.rooms.me.id, []],
      ]),
    );
    clock.advance(limits.contestMs);
    expect(await offer(borealis)).toEqual([]);
    expect(contacts(acme.rooms).map(({ member }) => member)).toEqual([cygnus.rooms.me.id]);
  });

  test("that was none is not heard any more", async () => {
    const { acme, borealis, cygnus, circle } = await scene();
    await remove(acme.rooms, circle, borealis.rooms.me.id);
    expect(await offered(acme, borealis, circle)).toEqual([]);
    expect(contacts(acme.rooms).map(({ member }) => member)).toEqual([cygnus.rooms.me.id]);
  });
});

describe("ranks", () => {
  test("a steward steps down while another is left, and the last one does not", async () => {
    const { acme, borealis, circle } = await scene();
    expect(await refusalOf(async () => demote(acme.rooms, circle, acme.rooms.me.id))).toBe("POST_REFUSED");
    await promote(acme.rooms, circle, borealis.rooms.me.id);
    await demote(acme.rooms, circle, acme.rooms.me.id);
    const { roster } = liveOf(acme, circle).state;
    expect(roster && [isSteward(roster, acme.rooms.me.id), isSteward(roster, borealis.rooms.me.id)]).toEqual([
      ...[false, true],
    ]);
  });

  test("members vote for a steward only where none was about for a week", async () => {
    const { clock, acme, borealis, cygnus, circle } = await scene({ refound: 2 });
    await says(acme, circle, "still here");
    await meet({ circle }, acme, borealis, cygnus);
    expect(await refusalOf(async () => checkStewardsGone(borealis.rooms, circle))).toBe("POST_REFUSED");
    clock.advance(limits.stewardGoneMs);
    expect(await refusalOf(async () => checkStewardsGone(borealis.rooms, circle))).toBeUndefined();
    await promote(borealis.rooms, circle, borealis.rooms.me.id);
    await sync(borealis, cygnus, circle);
    await promote(cygnus.rooms, circle, borealis.rooms.me.id);
    const { roster } = liveOf(cygnus, circle).state;
    expect(roster && isSteward(roster, borealis.rooms.me.id)).toBe(true);
  });

  test("nobody leaves unheard, and the last steward does not leave the others alone", async () => {
    const { acme, borealis, circle } = await scene();
    expect(await refusalOf(async () => leave(borealis.rooms, circle))).toBe("PEER_UNREACHABLE");
    expect(await refusalOf(async () => leave(acme.rooms, circle))).toBe("POST_REFUSED");
    expect(liveOf(borealis, circle).row.state).toBe("current");
  });
});

function alarm(): Parameters<typeof post>[2][number]["body"] {
  return {
    ...{ kind: "alert", tlp: "green", seat: "kim", text: "alarm", indicators: [], techniques: [] },
    ...{ severity: "severe", urgency: "immediate", certainty: "likely" },
  };
}

// Every way of cheating of test/help/attacks.ts by every way in: pushed, synced, gossiped, carried by hand, found in the store at
// start, brought as an enrolment, and shown to a joiner. Nothing of it has an effect, only its sender is ever at fault, and the others go on.

import { describe, expect, test, vi } from "vitest";
import { loadCircles } from "../../src/node/load.ts";
import { invite, shownEpoch } from "../../src/node/membership.ts";
import { freezeOf } from "../../src/circle/roster.ts";
import { preview } from "../../src/node/joining.ts";
import { readBundle } from "../../src/node/bundle.ts";
import { ingest } from "../../src/node/ingest.ts";
import { answerOrg } from "../../src/node/enrol-answer.ts";
import { decodeJoinAnswer, encodeJoinAnswer } from "../../src/node/join-wire.ts";
import { circleNamed } from "../../src/node/rooms.ts";
import { frontierOf } from "../../src/node/frontier.ts";
import { toHex } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/digest.ts";
import { systemClock } from "../../src/base/clock.ts";
import { idBytes, orgId, recordId } from "../../src/record/ids.ts";
import type { Store } from "../../src/store/store.ts";
import { type Attack, ATTACKS, type Scene, sceneOf } from "../help/attacks.ts";
import { callTo } from "../help/join-call.ts";
import {
  hands,
  hears,
  liveOf,
  offered,
  type Party,
  party,
  picture,
  prekeysOf,
  says,
  sync,
} from "../help/memory-rooms.ts";
import { bundleOf, each } from "../help/bundles.ts";
import { refusalOf } from "../help/refusal.ts";
import { openPolicy, sees, sighting, worldOf } from "../help/world.ts";

/** Whatever a hostile record might change at a node, the record itself left out. */
async function effects(node: Party, { circle, acme, mallory }: Scene): Promise<Readonly<Record<string, unknown>>> {
  const { state } = liveOf(node, circle);
  const { roster } = state;
  const { members, removed, rekeys } = picture(node, circle);
  const orgs = [acme, mallory].map(({ rooms }) => orgId(rooms.me.certificate.orgKey));
  return {
    ...{ members, removed, rekeys, items: await hears(node, circle) },
    rules: roster?.policy,
    pending: [...(roster?.pending.keys() ?? [])],
    vouches: [...(roster?.vouches.keys() ?? [])],
    votes: [...(roster?.votes.keys() ?? [])],
    closed: [...(roster?.closed.keys() ?? [])],
    frozen: roster && orgs.map((org) => freezeOf(roster, org, node.clock.now() + 1)),
    prekeys: prekeysOf(node, circle).map(({ id }) => id),
    ...{ invites: [...state.invites.keys()], warnings: [...state.warnings] },
    ...{ opened: [...state.opened], addresses: [...state.addresses] },
    sendsUnder: shownEpoch(node.rooms, liveOf(node, circle))?.id,
    // Secrets of whatever mallory did not mint.
    keyring: [...node.rooms.keyring.value().epochs.keys()].filter(
      (id) => state.epochs.get(id)?.minter !== mallory.rooms.me.id,
    ),
  };
}

/** The outcome that an attack must have; `undefined` where it is kept. */
const expected = ({ answer }: Attack): Readonly<Record<string, unknown>> =>
  typeof answer === "object"
    ? { kind: "refused", verdict: answer.verdict, reason: answer.refused }
    : { kind: answer === "placed" ? "kept" : answer };

async function expectNoEffect(scene: Scene, attack: Attack, to: Party, step: () => Promise<unknown>): Promise<void> {
  const isHeld = attack.answer === "kept" || attack.answer === "placed";
  // A fork is evidence: whoever holds one side closes the lane by the other one, and nothing else changes.
  const isFork = typeof attack.answer === "object" && attack.answer.refused === "RECORD_FORKED";
  const look = async (): Promise<unknown> => {
    const seen = await effects(to, scene);
    if (isFork) return { ...seen, closed: [] };
    return isHeld ? seen : [seen, picture(to, scene.circle), await to.rooms.store.size()];
  };
  const before = await look();
  await step();
  expect(await look()).toEqual(before);
}

/** Acme and borealis talk, whatever happened. */
async function expectTalk({ circle, acme, borealis }: Scene): Promise<void> {
  for (const [from, to] of [[acme, borealis] as const, [borealis, acme] as const]) {
    await says(from, circle, `${from.name} is still here`);
    expect(
      (await sync(from, to, circle)).some((arrival) => arrival.kind === "refused" && arrival.verdict === "reject"),
    ).toBe(false);
    expect(await hears(to, circle)).toContain(`${from.name} is still here`);
  }
}

/** A node of the same keys upon a store whose rows hold `envelopes` besides. */
function reopened(node: Party, envelopes: readonly Uint8Array[]): Party {
  const { store } = node.rooms;
  const written: Store = {
    ...store,
    control: async function* (circle) {
      yield* store.control(circle);
      yield* envelopes;
    },
  };
  const again = party(node.name, { store: written });
  return { ...again, rooms: { ...again.rooms, keyring: node.rooms.keyring } };
}

/** Of each family one, over real sockets; they need nothing of the scene but a steward, a member and a forger. */
const OVER_SOCKETS: ReadonlySet<string> = new Set([
  "R1: signs in the name of another",
  "R6: names another record before its own",
  "R8: forgets membership that its lane had named",
  "R12: removes another member without being a steward",
  "sends a payload larger than any may be",
  "sends as roster an unknown change",
]);

describe("a member with valid keys, over real sockets,", () => {
  test.each(ATTACKS.filter(({ title }) => OVER_SOCKETS.has(title)))("$title", async (attack) => {
    await using world = await worldOf(["acme", "borealis", "mallory"], { ...openPolicy, suite: 1 });
    const { circle } = world;
    const [acme, borealis, mallory] = world.orgs;
    if (!acme || !borealis || !mallory) throw new Error("three orgs");
    const nodes = [acme, borealis, mallory];
    await sees(acme, await mallory.posts(circle, sighting("ip:192.0.2.1")));
    const reach = (): number =>
      new Set(
        nodes.map(({ rooms }) => {
          const lanes = [...frontierOf(circleNamed(rooms, circle).state)].map(([lane, length]) => `${lane} ${length}`);
          return lanes.sort((left, right) => (left < right ? -1 : 1)).join();
        }),
      ).size;
    await expect.poll(reach, { timeout: 15_000 }).toBe(1);
    const [a, b, m] = nodes.map((org): Party => ({
      ...{ name: org.name, rooms: org.rooms, neighbours: new Map(), events: org.events },
      clock: { ...systemClock, advance: () => undefined },
    }));
    if (!a || !b || !m) throw new Error("three parties");
    const scene = { circle, acme: a, borealis: b, mallory: m, eve: m, dorado: m };
    const before = await effects(a, scene);
    const [envelope] = await attack.makes(scene);
    if (!envelope) throw new Error("an envelope");
    mallory.rooms.net().push(circle, [{ id: recordId(sha256(envelope)), envelope }]);
    const lengths = (): number =>
      [...circleNamed(acme.rooms, circle).state.lanes.values()].reduce((sum, { length }) => sum + length, 0);
    const told = (event: string): readonly unknown[] =>
      acme.events.filter((one) => one.event === event).map(({ fields }) => fields["reason"]);
    const held = lengths();
    const { answer } = attack;
    if (typeof answer === "object") {
      await expect.poll(() => told("record-refused"), { timeout: 15_000 }).toContain(answer.refused);
      expect([...new Set(told("peer-at-fault"))]).toEqual(answer.verdict === "reject" ? [answer.refused] : []);
    } else {
      await expect.poll(lengths, { timeout: 15_000 }).toBe(held + 1);
      expect(told("peer-at-fault")).toEqual([]);
    }
    expect(await effects(a, scene)).toEqual(before);
    await sees(borealis, await acme.posts(circle, sighting("ip:192.0.2.2")));
    await sees(acme, await borealis.posts(circle, sighting("ip:192.0.2.3")));
    // Nobody blames the honest ones, whatever they passed on.
    expect(
      borealis.events.filter(
        ({ event, fields }) => event === "peer-at-fault" && fields["peer"] === acme.rooms.net().transport.slice(0, 8),
      ),
    ).toEqual([]);
  });
});

describe("a member with valid keys", () => {
  test.each(ATTACKS)("$title", async (attack) => {
    const scene = await sceneOf();
    const { circle, acme, borealis, mallory, dorado } = scene;
    const envelopes = await attack.makes(scene);
    expect(envelopes.length).toBeGreaterThan(0);
    const outcomes = envelopes.map(() => expected(attack));
    const from = mallory.rooms.me.id;

    // Shown to a joiner as the genesis of the circle that its ticket is for.
    const { line } = await invite(acme.rooms, circle, { for: "fritz", lifeMs: 86_400_000 });
    await sync(acme, borealis, circle);
    const signal = AbortSignal.timeout(60_000);
    for (const envelope of envelopes) {
      const refused = await refusalOf(async () =>
        preview(party("fritz").rooms, line, {
          signal,
          call: async (options) => {
            const { reply, handshake } = await callTo(acme)(options);
            const told = decodeJoinAnswer(reply);
            if (told.op !== "preview") throw new Error("a preview");
            return { reply: encodeJoinAnswer({ ...told, genesis: envelope }), handshake };
          },
        }),
      );
      expect(refused).toBeDefined();
    }

    // Found in the store at start: refused as a whole, or of no effect.
    for (const bytes of envelopes) {
      const again = reopened(acme, [bytes]);
      const refused = await refusalOf(async () => loadCircles(again.rooms));
      // The other side of a fork is as good as this one: which of them is held first decides.
      const isSide = typeof attack.answer === "object" && attack.answer.refused === "RECORD_FORKED";
      if (refused === undefined && isSide)
        expect(picture(again, circle)["members"]).toEqual(picture(acme, circle)["members"]);
      else if (refused === undefined) expect(await effects(again, scene)).toEqual(await effects(acme, scene));
      else expect(refused).toBe("STORE_CORRUPT");
    }

    // Brought by the holder of an org key as its enrolment: what is not kept is passed on to nobody.
    const push = vi.spyOn(borealis.rooms.net(), "push");
    const org = orgId(mallory.rooms.me.certificate.orgKey);
    await expectNoEffect(scene, attack, borealis, async () => {
      for (const record of envelopes)
        await refusalOf(async () => answerOrg(borealis.rooms, org, { op: "enrol", circle: idBytes(circle), record }));
    });
    const passedOn = push.mock.calls.flatMap(([, records]) => records.map(({ envelope }) => toHex(envelope)));
    if (typeof attack.answer === "object" || attack.answer === "gap")
      for (const envelope of envelopes) expect(passedOn).not.toContain(toHex(envelope));

    // Pushed, and gossiped; borealis may hold it from the org key's call.
    await expectNoEffect(scene, attack, acme, async () => {
      expect(await ingest(acme.rooms, { member: from, path: "push" }, { circle, envelopes })).toEqual(outcomes);
    });
    await expectNoEffect(scene, attack, borealis, async () => {
      const arrivals = await ingest(borealis.rooms, { member: from, path: "gossip" }, { circle, envelopes });
      const again = outcomes.map((outcome) => (outcome["kind"] === "kept" ? { kind: "duplicate" } : outcome));
      expect([outcomes, again]).toContainEqual(arrivals);
    });

    // Carried by hand. What mallory holds is told first, which is its good right.
    await readBundle(acme.rooms, each(await bundleOf(mallory, circle, { to: [acme], envelopes: [] })));
    await acme.rooms.delivery.flush();
    await expectNoEffect(scene, attack, acme, async () => {
      const frames = await bundleOf(mallory, circle, { to: [acme], envelopes });
      const { parts } = await readBundle(acme.rooms, each(frames));
      const refused = new Map<unknown, number>();
      for (const { reason } of outcomes.map((outcome): Readonly<Record<string, unknown>> => outcome))
        if (reason !== undefined) refused.set(reason, (refused.get(reason) ?? 0) + 1);
      const isBad = outcomes.some((outcome) => outcome["verdict"] === "reject");
      expect(parts).toMatchObject([{ state: isBad ? "refused" : "whole", kept: 0, refused }]);
    });

    // Synced by a newcomer, in one page with everything that an honest member serves.
    const page = await offered(acme, dorado, circle);
    const whole = await hands(dorado, mallory, { circle, envelopes: [...page, ...envelopes] });
    expect(whole.slice(0, page.length).every(({ kind }) => kind === "kept")).toBe(true);
    const late = outcomes.map((outcome) => (outcome["kind"] === "kept" ? { kind: "duplicate" } : outcome));
    expect([outcomes, late]).toContainEqual(whole.slice(page.length));
    expect((await effects(dorado, scene))["members"]).toEqual((await effects(acme, scene))["members"]);

    // Whoever relays what is kept is never at fault.
    for (const [giver, taker] of [
      [acme, borealis],
      [borealis, acme],
      [borealis, dorado],
    ] as const) {
      const arrivals = await sync(giver, taker, circle);
      expect(arrivals.some((arrival) => arrival.kind === "refused" && arrival.verdict === "reject")).toBe(false);
    }
    await expectTalk(scene);
  });
});

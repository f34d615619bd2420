// A member with valid keys that breaks the rules: whatever it sends, the others keep their state and go on talking.

import { describe, expect, test } from "vitest";
import { encodeCbor } from "../../src/base/cbor.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { RosterChange } from "../../src/circle/change.ts";
import { encodeChange } from "../../src/circle/change-codec.ts";
import { signPrekey } from "../../src/circle/prekey.ts";
import type { Arrival } from "../../src/net/net.ts";
import { secretOf } from "../../src/node/epochs.ts";
import { promote, remove, shownEpoch } from "../../src/node/membership.ts";
import { ownLane } from "../../src/node/rooms.ts";
import { type CircleId, laneFor, laneId } from "../../src/record/ids.ts";
import { encodePost } from "../../src/record/parse-body.ts";
import type { SignedRecord } from "../../src/record/record.ts";
import { decodeEnvelope, encodeEnvelope } from "../../src/record/wire.ts";
import { mintEpoch } from "../../src/seal/epoch.ts";
import { generateWrapKeys } from "../../src/seal/hpke.ts";
import { after, draftOf, forgeClear, forgePost, startOf } from "../help/forge.ts";
import {
  admits,
  circleOfParties,
  closePolicy,
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
  words,
} from "../help/memory-rooms.ts";

type Scene = {
  readonly circle: CircleId;
  readonly acme: Party;
  readonly borealis: Party;
  readonly mallory: Party;
};

/** Acme is the steward, borealis an honest member, mallory the other one. */
async function scene(suite: 1 | 2 = 1): Promise<Scene> {
  const [acme, borealis, mallory] = [party("acme"), party("borealis"), party("mallory")];
  const circle = await circleOfParties([acme, borealis, mallory], { ...closePolicy, suite });
  return { circle, acme, borealis, mallory };
}

async function sends(
  { circle, mallory }: Scene,
  to: Party,
  ...records: readonly SignedRecord[]
): Promise<readonly Arrival[]> {
  return hands(to, mallory, { circle, envelopes: records.map((record) => record.bytes) });
}

/** Sends records and expects that all of them are refused so, and that nothing changes. */
async function expectRefused(
  scene: Scene,
  to: Party,
  refusal: Omit<Arrival & { kind: "refused" }, "kind">,
  ...records: readonly SignedRecord[]
): Promise<void> {
  const before = [picture(to, scene.circle), await to.rooms.store.size()];
  expect(await sends(scene, to, ...records)).toEqual(records.map(() => ({ kind: "refused", ...refusal })));
  expect([picture(to, scene.circle), await to.rooms.store.size()]).toEqual(before);
}

/** Acme posts and borealis reads it: the circle works. */
async function expectTalk({ circle, acme, borealis }: Scene): Promise<void> {
  await says(acme, circle, "still here");
  await sync(acme, borealis, circle);
  expect(await hears(borealis, circle)).toContain("still here");
  await says(borealis, circle, "so am i");
  await sync(borealis, acme, circle);
  expect(await hears(acme, circle)).toContain("so am i");
}

describe("a member that plays steward", () => {
  test("R12: adds, removes and promotes without being one, and no roster changes", async () => {
    const play = await scene();
    const { circle, acme, borealis, mallory } = play;
    const eve = party("eve");
    const { publicKey } = await generateWrapKeys(1);
    const prekey = signPrekey(circle, eve.rooms.me.key, { suite: 1, publicKey });
    const changes: readonly RosterChange[] = [
      {
        op: "add",
        member: { certificate: eve.rooms.me.certificate, prekey },
        lane: laneFor(eve.rooms.me.id, systemRandom),
        ticket: undefined,
      },
      { op: "remove", member: borealis.rooms.me.id, cuts: [] },
      { op: "remove", member: acme.rooms.me.id, cuts: [] },
      { op: "promote", member: mallory.rooms.me.id },
    ];
    const { heads, members } = picture(acme, circle);
    let place = draftOf(mallory, circle, "roster");
    for (const change of changes) {
      const record = forgeClear(mallory, place, encodeChange(change));
      expect(await sends(play, acme, record)).toEqual([{ kind: "kept" }]);
      place = draftOf(mallory, circle, "roster", after(record));
    }
    // Nobody names such an operation, so what only some have received of it divides nobody.
    expect(picture(acme, circle)).toMatchObject({ heads, members });
    await says(acme, circle, "to everyone");
    const offer = await offered(acme, borealis, circle);
    const envelopes = offer.filter((bytes) => decodeEnvelope(bytes).header.author === acme.rooms.me.id);
    expect(await hands(borealis, acme, { circle, envelopes })).toEqual([{ kind: "kept" }]);
    await expectTalk(play);
  });

  test("R12: tells half of the circle one void operation and half another, and divides nobody", async () => {
    const play = await scene();
    const { circle, acme, borealis, mallory } = play;
    const draft = draftOf(mallory, circle, "roster");
    const [left, right] = [acme, borealis].map(({ rooms }) =>
      forgeClear(mallory, draft, encodeChange({ op: "remove", member: rooms.me.id, cuts: [] })),
    );
    if (!left || !right) throw new Error("two records");
    await sends(play, acme, left);
    await sends(play, borealis, right);
    await expectTalk(play);
  });

  test("R11: founds a circle under the name of another, at a node that holds nothing yet", async () => {
    const play = await scene();
    const { circle, acme, mallory } = play;
    const newcomer = party("dorado");
    await admits(acme, newcomer, circle);
    const prekey = signPrekey(circle, mallory.rooms.me.key, {
      suite: 1,
      publicKey: (await generateWrapKeys(1)).publicKey,
    });
    const founder = { certificate: mallory.rooms.me.certificate, prekey };
    const change: RosterChange = {
      op: "genesis",
      name: "retail-eu",
      nonce: systemRandom(32),
      policy: closePolicy,
      founder,
    };
    const lane = laneFor(mallory.rooms.me.id, systemRandom);
    const draft = draftOf(mallory, circle, "roster", { ...startOf(mallory, lane), rosterHeads: [] });
    await expectRefused(
      play,
      newcomer,
      { verdict: "reject", reason: "RECORD_CIRCLE_WRONG" },
      forgeClear(mallory, draft, encodeChange(change)),
    );
    await sync(acme, newcomer, circle);
    expect(picture(newcomer, circle)).toEqual(picture(acme, circle));
  });
});

describe("a member that cheats with places", () => {
  test("R4: replays what it said in another circle", async () => {
    const play = await scene();
    const other = await circleOfParties([play.acme, play.mallory]);
    await says(play.mallory, other, "elsewhere");
    const envelopes = await Array.fromAsync(play.mallory.rooms.store.control(other));
    const arrivals = await hands(play.acme, play.mallory, { circle: play.circle, envelopes });
    expect(arrivals).toEqual(
      envelopes.map(() => ({ kind: "refused", verdict: "reject", reason: "RECORD_CIRCLE_WRONG" })),
    );
  });

  test("R7: makes two records at one place", async () => {
    const play = await scene();
    const draft = draftOf(play.mallory, play.circle, "address");
    const [first, second] = ["/ip4/192.0.2.1/tcp/1", "/ip4/192.0.2.2/tcp/1"].map((address) =>
      forgeClear(play.mallory, draft, encodeCbor([address])),
    );
    if (!first || !second) throw new Error("two records");
    expect(await sends(play, play.acme, first)).toEqual([{ kind: "kept" }]);
    const refused = { kind: "refused", verdict: "ignore", reason: "RECORD_FORKED" };
    expect(await sends(play, play.acme, second)).toEqual([refused]);
    expect(await sends(play, play.acme, first)).toEqual([{ kind: "duplicate" }]);
    // The proof of it is told to all, and the lane takes no more.
    const { roster } = liveOf(play.acme, play.circle).state;
    expect([...(roster?.closed.values() ?? [])]).toMatchObject([{ author: play.mallory.rooms.me.id, seq: draft.seq }]);
    const next = forgeClear(play.mallory, { ...draft, ...after(first) }, encodeCbor([]));
    await expectRefused(play, play.acme, { verdict: "ignore", reason: "RECORD_FORKED" }, next);
    await expectTalk(play);
  });

  test("R6: names another record before its own", async () => {
    const play = await scene();
    const { circle, acme, mallory } = play;
    const prev = ownLane(acme.rooms, liveOf(acme, circle)).head;
    await says(mallory, circle, "one");
    await sync(mallory, acme, circle);
    const record = forgeClear(mallory, draftOf(mallory, circle, "address", { prev }), encodeCbor([]));
    await expectRefused(play, acme, { verdict: "ignore", reason: "RECORD_FORKED" }, record);
  });

  test("R5: goes on with the lane of another", async () => {
    const play = await scene();
    const { circle, acme, mallory } = play;
    const { id, length: seq, head: prev } = ownLane(acme.rooms, liveOf(acme, circle));
    const record = forgeClear(mallory, draftOf(mallory, circle, "address", { lane: id, seq, prev }), encodeCbor([]));
    await expectRefused(play, acme, { verdict: "reject", reason: "RECORD_MALFORMED" }, record);
  });

  test("R5: takes a lane that another has just begun, before all have heard of it", async () => {
    const play = await scene();
    const { circle, acme, borealis, mallory } = play;
    const { lane } = liveOf(borealis, circle).row;
    const squat = forgeClear(mallory, draftOf(mallory, circle, "address", startOf(mallory, lane)), encodeCbor([]));
    await expectRefused(play, acme, { verdict: "reject", reason: "RECORD_MALFORMED" }, squat);
    const nobodys = forgeClear(
      mallory,
      draftOf(mallory, circle, "address", startOf(mallory, laneId(systemRandom(16)))),
      encodeCbor([]),
    );
    await expectRefused(play, acme, { verdict: "reject", reason: "RECORD_MALFORMED" }, nobodys);
    await expectTalk(play);
  });

  test("R8: forgets membership that it had seen", async () => {
    const play = await scene();
    const { circle, acme, mallory } = play;
    await says(mallory, circle, "i know you all");
    await sync(mallory, acme, circle);
    const [genesis] = liveOf(acme, circle).state.graph.ops.keys();
    if (!genesis) throw new Error("a genesis");
    const record = forgeClear(mallory, draftOf(mallory, circle, "address", { rosterHeads: [genesis] }), encodeCbor([]));
    await expectRefused(play, acme, { verdict: "reject", reason: "RECORD_MALFORMED" }, record);
  });

  test("R8: forgets, as a steward, an operation of its own", async () => {
    const play = await scene();
    const { circle, acme, borealis, mallory } = play;
    await promote(acme.rooms, circle, mallory.rooms.me.id);
    await sync(acme, mallory, circle);
    const { heads } = liveOf(mallory, circle).state.graph;
    await promote(mallory.rooms, circle, borealis.rooms.me.id);
    await sync(mallory, acme, circle);
    // Seventeen operations side by side would be more heads than a header can name.
    const record = forgeClear(
      mallory,
      draftOf(mallory, circle, "roster", { rosterHeads: heads }),
      encodeChange({ op: "remove", member: borealis.rooms.me.id, cuts: [] }),
    );
    await expectRefused(play, acme, { verdict: "reject", reason: "RECORD_MALFORMED" }, record);
  });
});

describe("a member that cheats with content", () => {
  test("sends a body of a megabyte", async () => {
    const play = await scene();
    const draft = draftOf(play.mallory, play.circle, "address");
    const huge = forgeClear(play.mallory, draft, new Uint8Array(1024 * 1024));
    const large = forgeClear(play.mallory, draft, new Uint8Array(65 * 1024));
    await expectRefused(play, play.acme, { verdict: "reject", reason: "LIMIT_EXCEEDED" }, huge, large);
  });

  test("R1, R2: signs for another, or changes what was signed", async () => {
    const play = await scene();
    const { circle, acme, borealis, mallory } = play;
    const asBorealis = { ...draftOf(borealis, circle, "address") };
    const forged = forgeClear(mallory, asBorealis, encodeCbor([]));
    const honest = forgeClear(borealis, asBorealis, encodeCbor([]));
    const swapped = { ...honest, bytes: encodeEnvelope({ ...honest, payload: forged.payload }) };
    await expectRefused(play, acme, { verdict: "reject", reason: "RECORD_SIGNATURE_INVALID" }, forged, swapped);
  });

  test("posts what does not open, opens to something else, or is no body; the readers see nothing of it", async () => {
    const play = await scene();
    const { circle, acme, borealis, mallory } = play;
    await says(mallory, circle, "honest");
    await sync(mallory, acme, circle);
    const epoch = shownEpoch(mallory.rooms, liveOf(mallory, circle))?.id;
    const secret = epoch && secretOf(mallory.rooms, epoch);
    if (!secret) throw new Error("an epoch");
    const first = forgePost(
      mallory,
      draftOf(mallory, circle, "post", { epoch }),
      encodePost(words("x")),
      new Uint8Array(32),
    );
    const second = forgePost(
      mallory,
      { ...draftOf(mallory, circle, "post", { epoch }), ...after(first) },
      encodeCbor({ kind: "ransom" }),
      secret,
    );
    const third = forgePost(
      mallory,
      { ...draftOf(mallory, circle, "post", { epoch: second.id }), ...after(second) },
      encodePost(words("y")),
      secret,
    );
    expect(await sends(play, acme, first, second, third)).toEqual([
      { kind: "kept" },
      { kind: "kept" },
      { kind: "kept" },
    ]);
    expect(await hears(acme, circle)).toEqual(["honest"]);
    const reasons = acme.events.filter(({ event }) => event === "body-refused").map(({ fields }) => fields["reason"]);
    expect(reasons).toEqual(["RECORD_COMMITMENT_INVALID", "RECORD_BODY_INVALID"]);
    expect(await acme.rooms.store.sealedCount(circle)).toBe(1);
    // They keep their places, so that what the author says next can be read.
    const next = { ...draftOf(mallory, circle, "post", { epoch }), ...after(third) };
    await sends(play, acme, forgePost(mallory, next, encodePost(words("sorry")), secret));
    expect(await hears(acme, circle)).toEqual(["honest", "sorry"]);
    await sync(acme, borealis, circle);
    expect(await hears(borealis, circle)).toEqual(["honest", "sorry"]);
  });
});

describe("a member that marks what it posts stricter than the circle takes", () => {
  test("R18: the readers do not show it", async () => {
    const play = await scene();
    const { circle, acme, mallory } = play;
    await says(mallory, circle, "amber");
    const epoch = shownEpoch(mallory.rooms, liveOf(mallory, circle))?.id;
    const secret = epoch && secretOf(mallory.rooms, epoch);
    if (!secret) throw new Error("an epoch");
    await sync(mallory, acme, circle);
    const red = encodePost({ ...words("red"), tlp: "red" });
    expect(
      await sends(play, acme, forgePost(mallory, draftOf(mallory, circle, "post", { epoch }), red, secret)),
    ).toEqual([{ kind: "kept" }]);
    expect(await hears(acme, circle)).toEqual(["amber"]);
    expect(acme.events.at(-1)?.fields["reason"]).toBe("TLP_REFUSED");
  });
});

describe("a member that cheats with keys", () => {
  test("R24: mints epochs for an outsider or without a member, and nobody sends under them", async () => {
    const play = await scene();
    const { circle, acme, borealis, mallory } = play;
    const eve = party("eve");
    const prekey = signPrekey(circle, eve.rooms.me.key, { suite: 1, publicKey: (await generateWrapKeys(1)).publicKey });
    const all = prekeysOf(mallory, circle);
    const circles = [[...all, prekey], all.filter(({ member }) => member !== borealis.rooms.me.id)];
    let draft = draftOf(mallory, circle, "epoch");
    for (const prekeys of circles) {
      const minted = await mintEpoch({
        circle,
        minter: mallory.rooms.me.id,
        suite: 1,
        depth: 99,
        prekeys,
        fresh: systemRandom(32),
        parentSecrets: [],
      });
      const record = forgeClear(mallory, draft, minted.body, minted.wraps);
      draft = draftOf(mallory, circle, "epoch", after(record));
      expect(await sends(play, acme, record)).toEqual([{ kind: "kept" }]);
      expect(shownEpoch(acme.rooms, liveOf(acme, circle))?.id).not.toBe(record.id);
    }
    await sync(acme, borealis, circle);
    await expectTalk(play);
  });

  test("R20: wraps another secret than the promised one, and nobody sends under it", async () => {
    const play = await scene();
    const { circle, acme, mallory } = play;
    const prekeys = prekeysOf(mallory, circle);
    const mint = { circle, minter: mallory.rooms.me.id, suite: 1, depth: 99, prekeys, parentSecrets: [] } as const;
    const [promised, given] = [
      await mintEpoch({ ...mint, fresh: systemRandom(32) }),
      await mintEpoch({ ...mint, fresh: systemRandom(32) }),
    ];
    const record = forgeClear(mallory, draftOf(mallory, circle, "epoch"), promised.body, given.wraps);
    expect(await sends(play, acme, record)).toEqual([{ kind: "kept" }]);
    expect(shownEpoch(acme.rooms, liveOf(acme, circle))?.id).not.toBe(record.id);
    await expectTalk(play);
  });

  test.each([1, 2] as const)(
    "mints an epoch of another suite than that of the circle (%i), and the others read on",
    async (suite) => {
      const play = await scene(suite);
      const { circle, acme, borealis, mallory } = play;
      const other = suite === 1 ? 2 : 1;
      // Wrapped to keys of its own, under the ids of the others' prekeys.
      const prekeys = await Promise.all(
        prekeysOf(mallory, circle).map(
          async (prekey) =>
            ({ ...prekey, suite: other, publicKey: (await generateWrapKeys(other)).publicKey }) as const,
        ),
      );
      const minted = await mintEpoch({
        circle,
        minter: mallory.rooms.me.id,
        suite: other,
        depth: 99,
        prekeys,
        fresh: systemRandom(32),
        parentSecrets: [],
      });
      const record = forgeClear(mallory, draftOf(mallory, circle, "epoch"), minted.body, minted.wraps);
      for (const node of [acme, borealis]) expect(await sends(play, node, record)).toEqual([{ kind: "kept" }]);
      await expectTalk(play);
    },
  );

  test.each([1, 2] as const)(
    "publishes a prekey that nothing can be wrapped to (suite %i), and shuts out only itself",
    async (suite) => {
      const play = await scene(suite);
      const { circle, acme, borealis, mallory } = play;
      const useless = suite === 1 ? new Uint8Array(32) : new Uint8Array(1_216).fill(0xff);
      const prekey = signPrekey(circle, mallory.rooms.me.key, { suite, publicKey: useless });
      const record = forgeClear(mallory, draftOf(mallory, circle, "prekey"), prekey.bytes);
      for (const node of [acme, borealis]) {
        expect(await sends(play, node, record)).toEqual([{ kind: "kept" }]);
        node.clock.advance(25 * 3_600_000);
      }
      await expectTalk(play);
      await sync(acme, mallory, circle);
      expect(await hears(mallory, circle)).toEqual([]);
    },
  );

  test("R9: publishes a prekey for another member, which nobody uses", async () => {
    const play = await scene();
    const { circle, acme, borealis, mallory } = play;
    const theirs = prekeysOf(acme, circle).find(({ member }) => member === borealis.rooms.me.id);
    if (!theirs) throw new Error("a prekey");
    const draft = draftOf(mallory, circle, "prekey");
    const first = forgeClear(mallory, draft, theirs.bytes);
    const otherSuite = signPrekey(circle, mallory.rooms.me.key, {
      suite: 2,
      publicKey: (await generateWrapKeys(2)).publicKey,
    });
    const second = forgeClear(mallory, { ...draft, ...after(first) }, otherSuite.bytes);
    const before = prekeysOf(acme, circle);
    await sends(play, acme, first, second);
    expect(prekeysOf(acme, circle)).toEqual(before);
  });
});

describe("a member that was removed", () => {
  test("R10: says nothing more once it has seen its removal", async () => {
    const play = await scene();
    const { circle, acme, mallory } = play;
    await remove(acme.rooms, circle, mallory.rooms.me.id);
    const record = forgeClear(
      mallory,
      draftOf(mallory, circle, "address", { rosterHeads: liveOf(acme, circle).state.graph.heads }),
      encodeCbor([]),
    );
    await expectRefused(play, acme, { verdict: "ignore", reason: "RECORD_AUTHOR_UNKNOWN" }, record);
    expect(await offered(acme, mallory, circle)).toEqual([]);
  });

  test("R19: what it sends around its removal is kept in its place and never shown", async () => {
    const play = await scene();
    const { circle, acme, borealis, mallory } = play;
    await remove(acme.rooms, circle, mallory.rooms.me.id);
    await says(mallory, circle, "before i knew");
    expect(await sync(mallory, acme, circle)).toContainEqual({ kind: "kept" });
    await sync(acme, borealis, circle);
    for (const node of [acme, borealis]) expect(await hears(node, circle)).toEqual([]);
    expect(picture(borealis, circle)).toEqual(picture(acme, circle));
    await expectTalk(play);
  });

  test("R13, R19: as a steward it acts while it is being removed; those who heard of it first and those who did not go on together", async () => {
    const play = await scene();
    const { circle, acme, borealis, mallory } = play;
    await promote(acme.rooms, circle, mallory.rooms.me.id);
    for (const node of [borealis, mallory]) await sync(acme, node, circle);
    // Borealis hears the steward and leans on what it did, while acme removes it.
    await says(mallory, circle, "a word before");
    await promote(mallory.rooms, circle, borealis.rooms.me.id);
    await sync(mallory, borealis, circle);
    await says(borealis, circle, "from the other side");
    await remove(acme.rooms, circle, mallory.rooms.me.id);
    await sync(borealis, acme, circle);
    await sync(acme, borealis, circle);
    expect(picture(borealis, circle)).toEqual(picture(acme, circle));
    expect(picture(acme, circle)["members"]).toEqual([`${acme.rooms.me.id} 0`, `${borealis.rooms.me.id} undefined`]);
    expect(await hears(acme, circle)).toEqual(["from the other side"]);
    await expectTalk(play);
  });
});

// A member that makes two records at one place: each side finds it out, proves it, and both come to one circle again.

import { describe, expect, test } from "vitest";
import { encodeCbor } from "../../../src/base/cbor.ts";
import { encodeChange, wrapsOf } from "../../../src/circle/change-codec.ts";
import { proofOf } from "../../../src/circle/fork.ts";
import { isClosed } from "../../../src/node/forks.ts";
import { tendLane } from "../../../src/node/lane-keeper.ts";
import { loadCircles } from "../../../src/node/load.ts";
import { currentEpoch, mint, secretOf } from "../../../src/node/epochs.ts";
import { openCircle, remove } from "../../../src/node/membership.ts";
import { ownLane } from "../../../src/node/rooms.ts";
import { nextPlace } from "../../../src/feed/lane.ts";
import { type CircleId, laneFor } from "../../../src/record/ids.ts";
import { encodePost } from "../../../src/record/parse-body.ts";
import type { SignedRecord } from "../../../src/record/record.ts";
import { adding, agreed, give, proofsAt, settle, signed, stage, type Stage } from "../../help/fork-stage.ts";
import { after, draftOf, forgeClear, forgePost, startOf, type Twist } from "../../help/forge.ts";
import { memoryStore } from "../../help/memory-store.ts";
import { admits, hears, liveOf, type Party, party, says, sync, words } from "../../help/memory-rooms.ts";

function alike(nodes: readonly Party[], circle: CircleId): void {
  const [first, ...rest] = nodes.map((node) => agreed(node, circle));
  for (const other of rest) expect(other).toEqual(first);
}

/** A post by mallory at its next place, or where the twist says. */
function posted({ circle, mallory }: Stage, text: string, twist: Twist = {}): SignedRecord {
  const live = liveOf(mallory, circle);
  const epoch = currentEpoch(mallory.rooms, live, live.state)?.id;
  const secret = epoch && secretOf(mallory.rooms, epoch);
  if (!epoch || !secret) throw new Error("an epoch that mallory may send under");
  return forgePost(mallory, draftOf(mallory, circle, "post", { epoch, ...twist }), encodePost(words(text)), secret);
}

const closedAt = (node: Party, circle: CircleId): readonly string[] =>
  [...(liveOf(node, circle).state.roster?.closed.values() ?? [])].map(({ author, seq }) => `${author} ${seq}`);

describe("R7: two membership changes at one place", () => {
  test("are found, proven by both sides and count for nobody, and every honest lane goes on", async () => {
    const scene = await stage("borealis", "cygnus", "dorado");
    const { circle, honest } = scene;
    const [acme, borealis, cygnus, dorado] = honest as [Party, Party, Party, Party];
    const one = signed(scene, await adding(scene, "eve"));
    const two = signed(scene, await adding(scene, "fay"));
    for (const node of [acme, cygnus]) await give(node, scene, one);
    for (const node of [borealis, dorado]) await give(node, scene, two);
    // Both sides go on, leaning on what they believe.
    await says(acme, circle, "from acme");
    await sync(acme, cygnus, circle);
    await says(cygnus, circle, "from cygnus");
    await remove(acme.rooms, circle, dorado.rooms.me.id);
    await says(borealis, circle, "from borealis");
    await sync(borealis, dorado, circle);
    await says(dorado, circle, "from dorado");
    expect(await settle(honest.slice(0, 3), circle)).toBeLessThan(8);
    alike(honest.slice(0, 3), circle);
    const orgs = [...(liveOf(acme, circle).state.roster?.members.values() ?? [])].map((m) => m.certificate.org).sort();
    expect(orgs).toEqual(["acme", "borealis", "cygnus", "mallory"]);
    expect(proofsAt(acme, circle)).toBeLessThanOrEqual(4);
    await says(borealis, circle, "afterwards");
    await settle(honest.slice(0, 3), circle);
    for (const node of honest.slice(0, 3)) expect(await hears(node, circle)).toContain("afterwards");
  });
});

describe("R55, R56: two posts at one place", () => {
  test("are found though counts are equal, proven once and flagged for everybody; the relay is not blamed", async () => {
    const scene = await stage("borealis", "cygnus");
    const { circle, mallory, honest } = scene;
    const [acme, borealis, cygnus] = honest as [Party, Party, Party];
    const [one, two] = [posted(scene, "pay"), posted(scene, "do not pay")];
    expect(await give(acme, scene, one)).toEqual(["kept"]);
    expect(await give(borealis, scene, two)).toEqual(["kept"]);
    // They hold equally many: only the head that a frontier tells shows that these are not the same.
    const arrivals = await sync(acme, borealis, circle);
    expect(arrivals).toEqual([{ kind: "refused", verdict: "ignore", reason: "RECORD_FORKED" }]);
    await settle(honest, circle);
    alike(honest, circle);
    for (const node of honest) {
      expect(closedAt(node, circle)).toEqual([`${mallory.rooms.me.id} ${one.header.seq}`]);
      expect(proofsAt(node, circle)).toBe(1);
    }
    // Cygnus never saw two sides itself.
    expect(liveOf(cygnus, circle).forks.lanes.size).toBe(0);
    const [item] = await Array.fromAsync(acme.rooms.store.feed({ circle, limit: 10 }));
    expect(item && isClosed(liveOf(acme, circle).state, item)).toBe(true);
    expect(acme.events.concat(borealis.events).map(({ event }) => event)).toContain("fork-proven");
  });

  test("further back are walked back to, however long the sides are", async () => {
    const scene = await stage("borealis");
    const { circle, honest } = scene;
    const [acme, borealis] = honest as [Party, Party];
    await give(acme, scene, posted(scene, "common"));
    await sync(acme, borealis, circle);
    await sync(acme, scene.mallory, circle);
    for (const [node, count] of [
      [acme, 90],
      [borealis, 70],
    ] as const) {
      let last: SignedRecord | undefined;
      for (let number = 0; number < count; number++) {
        last = posted(scene, `${node.name} ${number}`, last ? after(last) : {});
        await give(node, scene, last);
      }
    }
    await settle(honest, circle);
    alike(honest, circle);
    for (const node of honest) expect(closedAt(node, circle)).toEqual([`${scene.mallory.rooms.me.id} 1`]);
    expect(proofsAt(acme, circle)).toBeLessThan(20);
  });

  test("twenty lanes forked by two members are settled with a bounded number of proofs", async () => {
    const scene = await stage("borealis", "cygnus");
    const { circle, mallory, honest } = scene;
    const [acme, borealis, cygnus] = honest as [Party, Party, Party];
    for (const forker of [mallory, cygnus])
      for (let lane = 0; lane < 10; lane++) {
        const id = { ...startOf(forker, laneOf(forker, lane)) };
        const [one, two] = ["a", "b"].map((word) =>
          forgeClear(
            forker,
            draftOf(forker, circle, "address", id),
            encodeCbor([`/ip4/192.0.2.${lane}/tcp/${word === "a" ? 1 : 2}`]),
          ),
        );
        if (!one || !two) throw new Error("two records");
        await give(acme, scene, one);
        await give(borealis, scene, two);
      }
    await settle([acme, borealis], circle);
    alike([acme, borealis], circle);
    expect(closedAt(acme, circle)).toHaveLength(20);
    expect(proofsAt(acme, circle)).toBeLessThanOrEqual(40);
    await says(acme, circle, "afterwards");
    await settle([acme, borealis], circle);
    expect(await hears(borealis, circle)).toContain("afterwards");
  });
});

const laneOf = (node: Party, number: number): ReturnType<typeof laneFor> =>
  laneFor(node.rooms.me.id, () => new Uint8Array(8).fill(number));

describe("R55: a proof", () => {
  test.each([
    ["of one record told twice", (one: SignedRecord) => [one, one]],
    ["of two records at two places", (one: SignedRecord, next: SignedRecord) => [one, next]],
  ])("%s proves nothing", async (_, pick) => {
    const scene = await stage("borealis");
    const { circle, mallory, honest } = scene;
    const [acme] = honest as [Party];
    const [one, two] = [posted(scene, "one"), posted(scene, "two")];
    const next = posted(scene, "next", after(one));
    const proof = proofOf(one, two);
    const headers = pick(one, next).map(({ headerBytes: header, signature }) => ({ header, signature }));
    expect(proof).toBeDefined();
    const body = encodeCbor({ op: "fork", proof: headers, records: [] });
    expect(await give(acme, scene, forgeClear(mallory, draftOf(mallory, circle, "roster"), body))).toEqual(["kept"]);
    expect(closedAt(acme, circle)).toEqual([]);
  });

  test("with a signature of somebody else, or against the lane of somebody else, proves nothing", async () => {
    const scene = await stage("borealis");
    const { circle, mallory, honest } = scene;
    const [acme, borealis] = honest as [Party, Party];
    const theirs = ownLane(borealis.rooms, liveOf(borealis, circle));
    // Two headers that mallory signed, on the lane of borealis.
    const stolen = ["a", "b"].map((text) => posted(scene, text, { ...nextPlace(theirs), author: mallory.rooms.me.id }));
    // Two headers that name borealis, and that mallory signed.
    const forged = ["a", "b"].map((text) => posted(scene, text, nextPlace(theirs)));
    for (const [one, two] of [stolen, forged]) {
      const proof = one && two && proofOf(one, two);
      if (!proof) throw new Error("a proof by its form");
      const change = { op: "fork", proof, carried: [], records: [] } as const;
      const bytes = encodeChange(change);
      expect(wrapsOf(change)).toEqual([]);
      const record = forgeClear(mallory, draftOf(mallory, circle, "roster"), bytes);
      expect(await give(acme, scene, record)).toEqual(["kept"]);
      expect(closedAt(acme, circle)).toEqual([]);
      await sync(acme, mallory, circle);
    }
  });

  test("is told once by each side, whatever is shown to it afterwards; a record of a closed lane is not kept", async () => {
    const scene = await stage("borealis");
    const { circle, honest } = scene;
    const [acme] = honest as [Party];
    const [one, two] = [posted(scene, "one"), posted(scene, "two")];
    await give(acme, scene, one, two);
    for (let number = 0; number < 20; number++)
      expect(await give(acme, scene, posted(scene, `more ${number}`))).toEqual(["RECORD_FORKED"]);
    expect(await give(acme, scene, posted(scene, "next", after(one)))).toEqual(["RECORD_FORKED"]);
    expect(proofsAt(acme, circle)).toBe(1);
  });
});

describe("R56: an epoch on a forked lane", () => {
  test("is not sent under any more, and what was sealed under it stays sealed for whoever holds the other side", async () => {
    const scene = await stage("borealis");
    const { circle, mallory, honest } = scene;
    const [acme, borealis] = honest as [Party, Party];
    const live = liveOf(mallory, circle);
    const { record } = await mint(mallory.rooms, live, live.state);
    const [one, two] = [record, posted(scene, "instead of an epoch")];
    expect(await give(acme, scene, one)).toEqual(["kept"]);
    await give(borealis, scene, two);
    const state = (): ReturnType<typeof currentEpoch> =>
      currentEpoch(acme.rooms, liveOf(acme, circle), liveOf(acme, circle).state);
    expect(state()?.id).toBe(record.id);
    await says(acme, circle, "under it");
    await settle(honest, circle);
    expect(state()?.id).not.toBe(record.id);
    await says(acme, circle, "under another");
    await settle(honest, circle);
    alike(honest, circle);
    expect(await hears(borealis, circle)).toEqual(["instead of an epoch", "under another"]);
    expect(await borealis.rooms.store.sealedCount(circle)).toBe(1);
  });
});

describe("a node that made two records at one place itself", () => {
  test("opens a new lane and goes on there, once it meets what it said before", async () => {
    const { circle, honest } = await stage("borealis");
    const [acme, borealis] = honest as [Party, Party];
    const copy = party("borealis");
    await copy.rooms.keyring.update(() => borealis.rooms.keyring.value());
    const { row } = liveOf(borealis, circle);
    const nothing = openCircle(copy.rooms, { id: circle, name: row.name, joinedAt: row.joinedAt });
    copy.rooms.circles.set(circle, { ...nothing, row });
    await sync(acme, copy, circle);
    // What the original says then, and others hold; the copy says something else at the same place.
    const [item] = await says(borealis, circle, "before the loss");
    await sync(borealis, acme, circle);
    const wanted = item?.seq ?? 0;
    await says(copy, circle, "said in the dark");
    await settle([acme, copy], circle);
    await tendLane(copy.rooms, circle);
    const { lane } = liveOf(copy, circle).row;
    expect(lane).not.toBe(row.lane);
    expect(copy.events.map(({ event }) => event)).toContain("own-lane-forked");
    await says(copy, circle, "on the new lane");
    await settle([acme, copy], circle);
    alike([acme, copy], circle);
    expect(await hears(acme, circle)).toContain("on the new lane");
    expect(closedAt(acme, circle)).toEqual([`${copy.rooms.me.id} ${wanted}`]);
  });
});

describe("after a restart", () => {
  test("a node holds the proof, and its lane stays closed", async () => {
    const store = memoryStore();
    const scene = await stage("borealis");
    const { circle, honest } = scene;
    const [acme] = honest as [Party];
    const newcomer = party("newcomer", { store });
    await admits(acme, newcomer, circle);
    await newcomer.rooms.store.commit({ circle, records: [], row: liveOf(newcomer, circle).row });
    await sync(acme, newcomer, circle);
    await give(newcomer, scene, posted(scene, "one"), posted(scene, "two"));
    const before = agreed(newcomer, circle);
    const again = party("newcomer", { store });
    await again.rooms.keyring.update(() => newcomer.rooms.keyring.value());
    await loadCircles(again.rooms);
    expect(agreed(again, circle)).toEqual(before);
    expect(closedAt(again, circle)).toHaveLength(1);
  });
});

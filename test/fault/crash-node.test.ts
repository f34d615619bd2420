// A node that dies between two of its durable steps: each write of the store and of the keyring in turn is the last one, and
// what starts again from the disk tells the truth, goes on, and has lost nothing that it had acknowledged.

import { describe, expect, test } from "vitest";
import { limits } from "../../src/base/limits.ts";
import { newDisk } from "../../src/node/disk-quota.ts";
import { noForks } from "../../src/node/forks.ts";
import { loadCircles } from "../../src/node/load.ts";
import type { KeyringFile } from "../../src/node/keyring-file.ts";
import { found, invite, promote, refreshNotices, remove } from "../../src/node/membership.ts";
import type { CircleId } from "../../src/record/ids.ts";
import type { Store } from "../../src/store/store.ts";
import { emptyState } from "../../src/node/circle-state.ts";
import { postOrHold } from "../../src/node/drafts.ts";
import { acceptNewLane } from "../../src/node/lane-keeper.ts";
import { doubtLanes, freshWatch, standingOf } from "../../src/node/lanes.ts";
import { meet } from "../help/copied-home.ts";
import { joins } from "../help/join-call.ts";
import { seededRandom } from "../help/seeded-random.ts";
import { memoryStore } from "../help/memory-store.ts";
import {
  allOf,
  circleOfParties,
  closePolicy,
  hands,
  hears,
  liveOf,
  type Party,
  party,
  picture,
  says,
  sync,
  words,
} from "../help/memory-rooms.ts";

/** Thrown in the place of the process's end. */
class Death extends Error {}

/** A disk whose owner dies at the n-th durable write: just before it, or just after. */
function mortal(
  failAt: number,
  when: "before" | "after",
): {
  readonly own: (node: Party) => Party;
  readonly writes: () => number;
} {
  let writes = 0;
  let dead = false;
  const write = async <T>(work: () => Promise<T>): Promise<T> => {
    if (dead) throw new Death("dead already");
    writes += 1;
    dead = writes === failAt;
    if (dead && when === "before") throw new Death("before the write");
    const result = await work();
    if (dead) throw new Death("after the write");
    return result;
  };
  const own = (node: Party): Party => {
    const { store, keyring } = node.rooms;
    const mortalStore: Store = {
      ...store,
      commit: async (change) => write(async () => store.commit(change)),
      putSetting: async (name, value) => write(async () => store.putSetting(name, value)),
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    };
    const mortalKeyring: KeyringFile = {
      value: keyring.value,
      // A step that changes nothing writes nothing.
      update: async (step) =>
        step(keyring.value()) === keyring.value() ? undefined : write(async () => keyring.update(step)),
    };
    return { ...node, rooms: { ...node.rooms, store: mortalStore, keyring: mortalKeyring } };
  };
  return { own, writes: () => writes };
}

/** What starts again from the disk of `dead`. */
async function again(dead: Party, store: Store): Promise<Party> {
  const node = party(dead.name, { store });
  await node.rooms.keyring.update(() => dead.rooms.keyring.value());
  await loadCircles(node.rooms);
  return node;
}

/** Runs `story` on a node that dies at each of its writes in turn, and `check` on what starts again. */
async function atEveryWrite(
  story: (node: Party) => Promise<void>,
  scene: (store: Store) => Promise<Party>,
  check: (node: Party, died: boolean) => Promise<void>,
): Promise<number> {
  let deaths = 0;
  for (const when of ["before", "after"] as const) {
    for (let failAt = 1, died = true; died; failAt++) {
      const store = memoryStore();
      const node = await scene(store);
      died = false;
      try {
        await story(mortal(failAt, when).own(node));
      } catch (cause) {
        if (!isDeath(cause)) throw cause;
        died = true;
        deaths += 1;
      }
      await check(await again(node, store), died);
    }
  }
  return deaths;
}

function isDeath(cause: unknown): boolean {
  return cause instanceof Death || (cause instanceof Error && cause.cause !== undefined && isDeath(cause.cause));
}

/** Says something and is heard: the circle works from both sides. */
async function expectTalk(left: Party, right: Party, circle: CircleId): Promise<void> {
  await sync(right, left, circle);
  await sync(left, right, circle);
  await says(left, circle, "from the left");
  await sync(left, right, circle);
  expect(await hears(right, circle)).toContain("from the left");
  await says(right, circle, "from the right");
  await sync(right, left, circle);
  expect(await hears(left, circle)).toContain("from the right");
  expect(picture(left, circle)).toEqual(picture(right, circle));
}

describe("a node that dies at any write", () => {
  test("while it founds a circle has a whole one or none", async () => {
    const deaths = await atEveryWrite(
      async ({ rooms }) => void (await found(rooms, "retail-eu", closePolicy)),
      async (store) => party("acme", { store }),
      async (node, died) => {
        for (const [circle, live] of node.rooms.circles) {
          expect(live.state.roster?.members.size).toBe(1);
          await says(node, circle, "it works");
        }
        if (!died) expect(node.rooms.circles.size).toBe(1);
      },
    );
    expect(deaths).toBe(6);
  });

  test("while it posts, renews its prekey, promotes and removes goes on where it was", async () => {
    let borealis = party("borealis");
    let circle: CircleId | undefined;
    const said: string[] = [];
    const deaths = await atEveryWrite(
      async (node) => {
        if (!circle) throw new Error("a circle");
        const say = async (text: string): Promise<void> => {
          if (!circle) throw new Error("a circle");
          await says(node, circle, text);
          said.push(text);
        };
        await say("one");
        node.clock.advance(limits.epochAgeMaxMs);
        await refreshNotices(node.rooms, circle);
        await say("two");
        await promote(node.rooms, circle, borealis.rooms.me.id);
        await remove(node.rooms, circle, party("cygnus").rooms.me.id);
        await say("three");
      },
      async (store) => {
        said.length = 0;
        const acme = party("acme", { store });
        borealis = party("borealis");
        circle = await circleOfParties([acme, borealis, party("cygnus")]);
        return acme;
      },
      async (node) => {
        if (!circle) throw new Error("a circle");
        expect(await hears(node, circle)).toEqual(expect.arrayContaining(said));
        await expectTalk(node, borealis, circle);
        expect(await hears(borealis, circle)).toEqual(expect.arrayContaining(said));
      },
    );
    expect(deaths).toBeGreaterThan(15);
  });

  test("while it fetches a circle and its own removal knows of it exactly where it holds it", async () => {
    let acme = party("acme");
    let circle: CircleId | undefined;
    const deaths = await atEveryWrite(
      async (node) => {
        if (!circle) throw new Error("a circle");
        await sync(acme, node, circle);
        await refreshNotices(node.rooms, circle);
        await sync(node, acme, circle);
        await says(acme, circle, "before");
        await sync(acme, node, circle);
        const view = liveOf(node, circle).state;
        await remove(acme.rooms, circle, node.rooms.me.id);
        expect(view.roster?.members.has(node.rooms.me.id)).toBe(true);
        await hands(node, acme, { circle, envelopes: await allOf(acme, circle) });
      },
      async (store) => {
        acme = party("acme");
        const borealis = party("borealis", { store });
        circle = await circleOfParties([acme]);
        await joins(borealis, (await invite(acme.rooms, circle, { for: "borealis", lifeMs: 1e6 })).line, acme, circle);
        return borealis;
      },
      async (node, died) => {
        if (!circle) throw new Error("a circle");
        const { row, state } = liveOf(node, circle);
        expect(row.state).toBe(state.roster?.members.has(node.rooms.me.id) ? "current" : "removed");
        if (!died) expect(row.state).toBe("removed");
        // What is left to forget is forgotten at the next start.
        await refreshNotices(node.rooms, circle);
        if (row.state === "removed") expect(node.rooms.keyring.value().prekeys.size).toBe(0);
      },
    );
    expect(deaths).toBe(6);
  });

  test("while it admits a joiner lets that one in by the same ticket, once", async () => {
    let dorado = party("dorado");
    let line = "";
    let circle: CircleId | undefined;
    const deaths = await atEveryWrite(
      async (node) => {
        if (!circle) throw new Error("a circle");
        await joins(dorado, line, node, circle);
      },
      async (store) => {
        const acme = party("acme", { store });
        dorado = party("dorado");
        circle = await circleOfParties([acme]);
        ({ line } = await invite(acme.rooms, circle, { for: "dorado", lifeMs: 86_400_000 }));
        return acme;
      },
      async (node, died) => {
        if (!circle) throw new Error("a circle");
        if (died) await joins(dorado, line, node, circle);
        expect(liveOf(node, circle).state.roster?.members.size).toBe(2);
        await expectTalk(node, dorado, circle);
      },
    );
    expect(deaths).toBe(4);
  });

  test("while it joins a circle joins it by the same ticket", async () => {
    let acme = party("acme");
    let line = "";
    let circle: CircleId | undefined;
    const deaths = await atEveryWrite(
      async (node) => {
        if (!circle) throw new Error("a circle");
        await joins(node, line, acme, circle);
      },
      async (store) => {
        acme = party("acme");
        circle = await circleOfParties([acme]);
        ({ line } = await invite(acme.rooms, circle, { for: "dorado", lifeMs: 86_400_000 }));
        return party("dorado", { store });
      },
      async (node) => {
        if (!circle) throw new Error("a circle");
        if (!node.rooms.circles.has(circle)) await joins(node, line, acme, circle);
        await expectTalk(node, acme, circle);
      },
    );
    expect(deaths).toBeGreaterThan(6);
  });

  test("while it confirms its lane and sends what it held posts each draft once", async () => {
    let others: readonly Party[] = [];
    let circle: CircleId | undefined;
    const deaths = await atEveryWrite(
      async (node) => {
        if (!circle) throw new Error("a circle");
        for (const text of ["one", "two"])
          await postOrHold(node.rooms, circle, [{ body: words(text), exercise: false, key: text }]);
        for (const other of others) await meet(node, other, circle);
      },
      async (store) => {
        const { node, ...rest } = await copyOfAcme(store);
        ({ circle, others } = rest);
        return node;
      },
      async (node) => {
        if (!circle) throw new Error("a circle");
        for (const text of ["one", "two"])
          await postOrHold(node.rooms, circle, [{ body: words(text), exercise: false, key: text }]);
        for (const other of [...others, ...others]) await meet(node, other, circle);
        const [borealis] = others;
        expect(borealis && (await hears(borealis, circle))).toEqual(["lost", "one", "two"]);
        expect(await node.rooms.store.drafts(circle)).toEqual([]);
      },
    );
    expect(deaths).toBeGreaterThan(9);
  });

  test("while it opens a new lane is on the old one or the new one, and held on the old one only", async () => {
    let others: readonly Party[] = [];
    let circle: CircleId | undefined;
    let left = "";
    const deaths = await atEveryWrite(
      async (node) => {
        if (!circle) throw new Error("a circle");
        await postOrHold(node.rooms, circle, [{ body: words("held"), exercise: false, key: "held" }]);
        await acceptNewLane(node.rooms, circle);
      },
      async (store) => {
        const { node, ...rest } = await copyOfAcme(store);
        ({ circle, others } = rest);
        left = liveOf(node, circle).row.lane;
        return node;
      },
      async (node) => {
        if (!circle) throw new Error("a circle");
        const isOld = liveOf(node, circle).row.lane === left;
        expect(standingOf(node.rooms, liveOf(node, circle)).kind).toBe(isOld ? "held" : "confirmed");
        await postOrHold(node.rooms, circle, [{ body: words("held"), exercise: false, key: "held" }]);
        await acceptNewLane(node.rooms, circle);
        for (const other of others) await meet(node, other, circle);
        const [borealis] = others;
        expect(borealis && (await hears(borealis, circle))).toEqual(["held", "lost"]);
        const lanes = [...liveOf(node, circle).state.lanes.values()].filter(
          ({ author }) => author === node.rooms.me.id,
        );
        expect(lanes).toHaveLength(2);
      },
    );
    expect(deaths).toBeGreaterThan(4);
  });
});

/** A node on `store` that is an old copy of acme, and the others, of whom each holds a record that it lost. */
async function copyOfAcme(store: Store): Promise<{ node: Party; others: readonly Party[]; circle: CircleId }> {
  const acme = party("acme", { store });
  const others = [party("borealis"), party("cygnus")];
  const circle = await circleOfParties([acme, ...others]);
  // The disk stays as it is here: what acme says next is on the disks of the others alone.
  const last = party("acme", { random: seededRandom("the run that is lost") });
  await last.rooms.keyring.update(() => acme.rooms.keyring.value());
  const { row } = liveOf(acme, circle);
  last.rooms.circles.set(circle, {
    ...{
      row,
      state: emptyState(circle),
      used: new Map(),
      waiting: [],
      watch: freshWatch(row.lane),
      drafts: 0,
      forks: noForks(),
      fetched: new Map(),
      disk: newDisk(),
    },
  });
  await sync(acme, last, circle);
  for (const other of others) await meet(last, other, circle);
  await says(last, circle, "lost");
  for (const other of others) await meet(last, other, circle);
  await doubtLanes(store);
  return { node: await again(acme, store), others, circle };
}

// Posts that are held: in order, once, bounded, and never ahead of what confirms the lane.

import { beforeEach, describe, expect, test } from "vitest";
import { limits } from "../../../src/base/limits.ts";
import { postOrHold, sendDrafts } from "../../../src/node/drafts.ts";
import { tendLane } from "../../../src/node/lane-keeper.ts";
import { heardFrom, standingOf, untilAsked } from "../../../src/node/lanes.ts";
import { invite, promote, refreshNotices, remove, revoke } from "../../../src/node/membership.ts";
import { missingKeys } from "../../../src/node/epochs.ts";
import { prekeyOf } from "../../../src/node/circle-state.ts";
import { frontierOf } from "../../../src/node/frontier.ts";
import { declare, post } from "../../../src/node/post.ts";
import type { CircleId, LaneId, TicketId } from "../../../src/record/ids.ts";
import type { Link } from "../../../src/net/net.ts";
import { backupOf, type CopiedStore, copiedStore, meet, startFrom } from "../../help/copied-home.ts";
import { circleOfParties, hears, liveOf, type Party, party, says, sync, words } from "../../help/memory-rooms.ts";
import { refusalOf } from "../../help/refusal.ts";
import { seededRandom } from "../../help/seeded-random.ts";

let [circle, node, others]: [CircleId | undefined, Party | undefined, readonly Party[]] = [undefined, undefined, []];
let disk: CopiedStore;

/** A copy of acme that nobody spoke to yet, in a circle of three. */
async function scene(): Promise<{ node: Party; circle: CircleId; others: readonly Party[] }> {
  if (!node || !circle) throw new Error("a scene");
  return { node, circle, others };
}

beforeEach(async () => {
  disk = copiedStore();
  const acme = party("acme", { store: disk });
  others = [party("borealis"), party("cygnus")];
  circle = await circleOfParties([acme, ...others]);
  for (const other of others) await meet(acme, other, circle);
  node = await startFrom(await backupOf(acme, disk), { random: seededRandom("the copy") });
});

async function say(to: Party, where: CircleId, ...texts: readonly string[]): ReturnType<typeof postOrHold> {
  const utterances = texts.map((text) => ({ body: words(text), exercise: false, key: text }));
  return postOrHold(to.rooms, where, utterances);
}

describe("what is posted by a copy", () => {
  test("is held in the order of saying, and sent in it, in as many batches as it takes", async () => {
    const { node, circle, others } = await scene();
    const texts = Array.from(
      { length: limits.importBatchRecords + 6 },
      (_, at) => `post ${String(at).padStart(3, "0")}`,
    );
    expect(await say(node, circle, ...texts)).toMatchObject({ why: { code: "LANE_UNCONFIRMED" }, keys: texts });
    expect(liveOf(node, circle).drafts).toBe(texts.length);
    expect(await hears(node, circle)).toEqual([]);
    for (const other of others) await meet(node, other, circle);
    const items = await node.rooms.store.after(0, 1_000);
    expect(items.map(({ body }) => ("text" in body ? body.text : ""))).toEqual(texts);
    expect(items.map(({ seq }) => seq)).toEqual(items.map(({ seq }) => seq).toSorted((left, right) => left - right));
    expect(liveOf(node, circle).drafts).toBe(0);
  });

  test("is held once for each key, and known by its key once it is sent", async () => {
    const { node, circle, others } = await scene();
    await say(node, circle, "one", "one");
    await say(node, circle, "one", "two");
    expect(liveOf(node, circle).drafts).toBe(2);
    for (const other of others) await meet(node, other, circle);
    expect(await say(node, circle, "one")).toMatchObject([{ duplicate: true }]);
    expect(await hears(node, circle)).toEqual(["one", "two"]);
  });

  test("is refused where too much is held, where the circle would refuse it, and where it fits no record", async () => {
    const { node, circle } = await scene();
    for (let at = 0; at < limits.draftsHeldMax; at += 500)
      await say(node, circle, ...Array.from({ length: 500 }, (_, one) => `post ${at + one}`));
    expect(await refusalOf(async () => say(node, circle, "one more"))).toBe("QUEUE_FULL");
    const strict = { body: { ...words("too strict"), tlp: "red" as const }, exercise: false };
    expect(await refusalOf(async () => postOrHold(node.rooms, circle, [strict]))).toBe("TLP_REFUSED");
    const long = { body: words("x".repeat(limits.recordBytesMax)), exercise: false };
    expect(await refusalOf(async () => postOrHold(node.rooms, circle, [long]))).toBe("LIMIT_EXCEEDED");
    expect(liveOf(node, circle).drafts).toBe(limits.draftsHeldMax);
  });

  test("and that the circle refuses when it is sent keeps its reason, and holds up nothing behind it", async () => {
    const { node, circle, others } = await scene();
    await say(node, circle, "one");
    // As if the circle's rules had become stricter meanwhile.
    const drafts = [
      { body: { ...words("too strict"), tlp: "red" as const }, exercise: false, key: "strict", accept: [] },
    ];
    await node.rooms.store.commit({ circle, records: [], drafts });
    liveOf(node, circle).drafts += 1;
    await say(node, circle, "two");
    for (const other of others) await meet(node, other, circle);
    expect(await hears(node, circle)).toEqual(["one", "two"]);
    expect(await node.rooms.store.drafts(circle)).toMatchObject([{ key: "strict", refused: "TLP_REFUSED" }]);
    expect(liveOf(node, circle).drafts).toBe(0);
  });

  test("and that an earlier run posted before it was lost is not posted again, and keeps its key", async () => {
    const { node, circle, others } = await scene();
    await say(node, circle, "held", "never sent");
    const backup = await backupOf(node, diskOf(node));
    // The run that is lost: it sends one of the two, another one is dropped by a person, say.
    const drafts = await node.rooms.store.drafts(circle);
    const dropped = drafts.filter(({ key }) => key === "never sent").map(({ number }) => ({ number }));
    await node.rooms.store.commit({ circle, records: [], settled: dropped });
    for (const other of others) await meet(node, other, circle);
    const [borealis] = others;
    if (!borealis) throw new Error("another");
    await meet(node, borealis, circle);
    expect(await hears(borealis, circle)).toEqual(["held"]);
    const again = await startFrom(backup, { random: seededRandom("again") });
    for (const other of [...others, ...others]) await meet(again, other, circle);
    for (const reader of [again, ...others]) expect(await hears(reader, circle)).toEqual(["held", "never sent"]);
    expect(await say(again, circle, "held")).toMatchObject([{ duplicate: true }]);
  });

  test("waits on, in order, while the key of a member is in doubt, and takes the risk that its writer took", async () => {
    const { node, circle, others } = await scene();
    const [borealis] = others;
    if (!borealis) throw new Error("another");
    const { certificate, id } = borealis.rooms.me;
    const vetting = {
      orgKey: certificate.orgKey,
      how: "words",
      at: 0,
      seat: "kim",
      org: "borealis",
      members: [id],
    } as const;
    const taken = { body: words("risk taken"), exercise: false, accept: ["key-change"] as const };
    await postOrHold(node.rooms, circle, [taken]);
    await say(node, circle, "one", "two");
    await node.rooms.trust.put({ ...vetting, state: "blocked" });
    expect(await refusalOf(async () => say(node, circle, "three"))).toBe("PEER_BLOCKED");
    for (const other of others) await meet(node, other, circle);
    expect(await hears(node, circle)).toEqual(["risk taken"]);
    expect(liveOf(node, circle).drafts).toBe(2);
    await node.rooms.trust.put({ ...vetting, state: "verified" });
    await tendLane(node.rooms, circle);
    expect(await hears(node, circle)).toEqual(["one", "risk taken", "two"]);
  });

  test("later is not heard before what is held", async () => {
    const { node, circle, others } = await scene();
    await say(node, circle, "first");
    const state = liveOf(node, circle);
    for (const other of others) await sync(other, node, circle);
    for (const other of others) heardFrom(node.rooms, other.rooms.me.id, circle, lengths(other, circle));
    expect(standingOf(node.rooms, state).kind).toBe("confirmed");
    expect(await say(node, circle, "second")).toMatchObject({ why: { details: { held: "queued" } } });
    await tendLane(node.rooms, circle);
    expect(await hears(node, circle)).toEqual(["first", "second"]);
  });
});

describe("R37: nothing but posts is held", () => {
  test("every other own record is refused until the lane is confirmed, and then goes out", async () => {
    const { node, circle, others } = await scene();
    const [borealis, cygnus] = others.map((other) => other.rooms.me.id);
    if (!borealis || !cygnus) throw new Error("two others");
    const verbs = {
      post: async () => post(node.rooms, circle, [{ body: words("x"), exercise: false }]),
      invite: async () => invite(node.rooms, circle, { for: "dorado", lifeMs: 1e6 }),
      promote: async () => promote(node.rooms, circle, borealis),
      remove: async () => remove(node.rooms, circle, cygnus),
      drafts: async () => {
        liveOf(node, circle).drafts = 1;
        await sendDrafts(node.rooms, liveOf(node, circle)).finally(() => (liveOf(node, circle).drafts = 0));
      },
    };
    for (const [verb, work] of Object.entries(verbs))
      expect([verb, await refusalOf(work)]).toEqual([verb, "LANE_UNCONFIRMED"]);
    expect(await refusalOf(async () => revoke(node.rooms, circle, "00" as TicketId))).toBe("NOT_FOUND");
    const before = lengths(node, circle);
    node.clock.advance(limits.prekeyRotateMs);
    await refreshNotices(node.rooms, circle);
    expect(lengths(node, circle)).toEqual(before);
    for (const other of others) await meet(node, other, circle);
    // Confirming it told what was due: the fresh prekey.
    expect(lengths(node, circle).get(liveOf(node, circle).row.lane)).toBe(
      (before.get(liveOf(node, circle).row.lane) ?? 0) + 1,
    );
    await promote(node.rooms, circle, borealis);
  });

  test("and is confirmed for good: a restart does not ask again", async () => {
    const { node, circle, others } = await scene();
    for (const other of others) await meet(node, other, circle);
    const again = await startFrom(await backupOf(node, diskOf(node)), { intact: true, random: seededRandom("again") });
    expect(await say(again, circle, "at once")).toMatchObject([{ duplicate: false }]);
  });
});

describe("R37: a post right after a start", () => {
  test("waits for the first member that is linked, and no longer than that", async () => {
    const { node, circle, others } = await scene();
    const [borealis] = others;
    if (!borealis) throw new Error("another");
    const intact = await startFrom(await backupOf(node, diskOf(node)), {
      intact: true,
      random: seededRandom("intact"),
    });
    const { me } = borealis.rooms;
    const link: Link = { transport: borealis.rooms.net().transport, member: me.id, state: "linked" };
    let asked = false;
    const rooms = {
      ...intact.rooms,
      net: () => ({ ...intact.rooms.net(), links: () => [link], [Symbol.asyncDispose]: async () => undefined }),
      // A moment that does not pass.
      clock: { ...intact.clock, wait: async (_: number, signal?: AbortSignal) => untilAborted(signal) },
    };
    // The store of the copy holds the doubt still; here it is a home that was not copied.
    liveOf(intact, circle).watch.doubted = false;
    const waiting = untilAsked(rooms, circle).then(() => (asked = true));
    await Promise.resolve();
    expect(asked).toBe(false);
    // Nothing gets around the wait.
    expect(await refusalOf(async () => declare(rooms, liveOf(intact, circle), []))).toBe("LANE_UNCONFIRMED");
    heardFrom(rooms, me.id, circle, lengths(borealis, circle));
    rooms.changes.ring();
    await waiting;
    expect(asked).toBe(true);
  });

  test("waits for nobody who cannot be reached, and for a silent one no longer than its moment", async () => {
    const { node, circle, others } = await scene();
    const [borealis] = others;
    if (!borealis) throw new Error("another");
    const backup = await backupOf(node, diskOf(node));
    for (const lastError of ["connection refused", undefined]) {
      const intact = await startFrom(backup, { intact: true, random: seededRandom("intact") });
      const { me } = borealis.rooms;
      const link: Link = {
        ...{ transport: borealis.rooms.net().transport, member: me.id, state: "dialling" as const },
        ...(lastError === undefined ? {} : { lastError }),
      };
      const waits: number[] = [];
      const rooms = {
        ...intact.rooms,
        net: () => ({ ...intact.rooms.net(), links: () => [link], [Symbol.asyncDispose]: async () => undefined }),
        clock: {
          ...intact.clock,
          wait: async (ms: number) => {
            waits.push(ms);
            intact.clock.advance(ms);
          },
        },
      };
      await untilAsked(rooms, circle);
      expect(waits).toEqual(lastError === undefined ? [limits.laneAskMs] : []);
    }
  });
});

describe("a home of which only a part was put back", () => {
  test("an old keyring with the store of today starts, says what it lacks, sends under nothing that it lacks, and renews its prekey", async () => {
    const { circle, others } = await scene();
    const store = copiedStore();
    const acme = party("dorado", { store });
    const [borealis] = others;
    if (!borealis) throw new Error("another");
    const own = await circleOfParties([acme, borealis]);
    const { keyring } = await backupOf(acme, store);
    acme.clock.advance(limits.prekeyRotateMs);
    await refreshNotices(acme.rooms, own);
    await says(acme, own, "under an epoch that the old keyring does not know");
    const lost = new Set(liveOf(acme, own).state.epochs.keys());
    for (const id of keyring.epochs.keys()) lost.delete(id);
    expect(lost.size).toBe(1);
    const mixed = await startFrom(
      { ...(await backupOf(acme, store)), keyring },
      { intact: true, random: seededRandom("mixed") },
    );
    expect(missingKeys(mixed.rooms, liveOf(mixed, own))).toBe(1);
    expect(mixed.events).toContainEqual({ event: "keyring-behind", fields: { circle: own.slice(0, 8), missing: 1 } });
    const [item] = await says(mixed, own, "goes on");
    expect(item && lost.has(item.epoch)).toBe(false);
    await refreshNotices(mixed.rooms, own);
    const member = liveOf(mixed, own).state.roster?.members.get(mixed.rooms.me.id);
    const prekey = member && prekeyOf(liveOf(mixed, own).state, member);
    expect(prekey && mixed.rooms.keyring.value().prekeys.has(prekey.id)).toBe(true);
    expect(circle).not.toBe(own);
  });

  test("the keyring of today with an old store takes its own records back and reads them", async () => {
    const { circle, node, others } = await scene();
    for (const other of others) await meet(node, other, circle);
    const old = await backupOf(node, diskOf(node));
    node.clock.advance(limits.epochAgeMaxMs);
    await says(node, circle, "by the run that is lost");
    for (const other of others) await meet(node, other, circle);
    const mixed = await startFrom({ ...old, keyring: node.rooms.keyring.value() }, { random: seededRandom("mixed") });
    await say(mixed, circle, "held");
    for (const other of others) await meet(mixed, other, circle);
    expect(await hears(mixed, circle)).toEqual(["by the run that is lost", "held"]);
    expect(missingKeys(mixed.rooms, liveOf(mixed, circle))).toBe(0);
    // What the lost run sealed wears its epoch out as well.
    expect([...liveOf(mixed, circle).used.values()]).toEqual([2]);
  });

  test("an old copy of everything takes its own records back although it cannot read them, and mints anew", async () => {
    const { circle, node, others } = await scene();
    for (const other of others) await meet(node, other, circle);
    const old = await backupOf(node, diskOf(node));
    node.clock.advance(limits.epochAgeMaxMs);
    // So that the epoch of the lost run is wrapped to a prekey of which the copy knows nothing.
    await refreshNotices(node.rooms, circle);
    await says(node, circle, "by the run that is lost");
    for (const other of others) await meet(node, other, circle);
    const copy = await startFrom(old, { random: seededRandom("the old copy") });
    await say(copy, circle, "held");
    for (const other of others) await meet(copy, other, circle);
    expect(await copy.rooms.store.sealedCount(circle)).toBe(1);
    expect(missingKeys(copy.rooms, liveOf(copy, circle))).toBe(1);
    for (const other of others)
      expect(await hears(other, circle)).toEqual(expect.arrayContaining(["by the run that is lost"]));
    const [borealis] = others;
    if (!borealis) throw new Error("another");
    await meet(copy, borealis, circle);
    expect(await hears(borealis, circle)).toEqual(["by the run that is lost", "held"]);
  });
});

async function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(new Error("aborted")));
  });
}

function diskOf(node: Party): CopiedStore {
  const { store } = node.rooms;
  if (!("copy" in store)) throw new Error("a store that can be copied");
  return store as CopiedStore;
}

function lengths(node: Party, circle: CircleId): ReadonlyMap<LaneId, number> {
  return frontierOf(liveOf(node, circle).state);
}

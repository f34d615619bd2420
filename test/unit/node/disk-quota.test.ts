// The disk quota of a circle: what is kept of posts at its end, that control records always come, and that all of it comes back.

import { describe, expect, test } from "vitest";
import { TocsinError } from "../../../src/base/errors.ts";
import { encodeCbor } from "../../../src/base/cbor.ts";
import type { ArrivalPath } from "../../../src/net/net.ts";
import { examineLanes } from "../../../src/node/examine.ts";
import { frontierOf, headsOf, knownOf } from "../../../src/node/frontier.ts";
import { hollowCount, isFull } from "../../../src/node/disk-quota.ts";
import { postOrHold, sendDrafts } from "../../../src/node/drafts.ts";
import { ingest } from "../../../src/node/ingest.ts";
import { loadCircles } from "../../../src/node/load.ts";
import { missing } from "../../../src/feed/frontier.ts";
import { askAround } from "../../../src/node/history.ts";
import { serve } from "../../../src/node/serve.ts";
import { verifyRecord } from "../../../src/record/verify.ts";
import { memoryStore } from "../../help/memory-store.ts";
import { promote, remove } from "../../../src/node/membership.ts";
import { readBundle } from "../../../src/node/bundle.ts";
import { receiptsFor, signReceipts } from "../../../src/node/receipts.ts";
import type { CircleId } from "../../../src/record/ids.ts";
import { parseReceipt } from "../../../src/record/receipt.ts";
import { decodeEnvelope } from "../../../src/record/wire.ts";
import { isSteward } from "../../../src/circle/roster.ts";
import { rosterOf } from "../../../src/node/circle-state.ts";
import { presentStatus } from "../../../src/api/status.ts";
import { bundleOf, each } from "../../help/bundles.ts";
import {
  allOf,
  circleOfParties,
  hands,
  hears,
  links,
  liveOf,
  offered,
  type Party,
  party,
  picture,
  says,
  sync,
  words,
} from "../../help/memory-rooms.ts";
import { refusalOf } from "../../help/refusal.ts";

const MANY = 1_000_000_000;
const daemon = { pid: 1, version: "0.0.0", uptimeMs: 0, locked: false };

/** The same node with another quota, as after a restart with other settings. */
async function restarted(node: Party, quotaBytes: number): Promise<Party> {
  const again = party(node.name, { store: node.rooms.store, quotaBytes });
  await again.rooms.keyring.update(() => node.rooms.keyring.value());
  for (const { row } of node.rooms.circles.values())
    await node.rooms.store.commit({ circle: row.id, records: [], row });
  await loadCircles(again.rooms);
  return again;
}

/** Three members that hold everything; the last of them with a quota that is reached. */
async function reached() {
  const [acme, borealis, before] = [party("acme"), party("borealis"), party("cygnus")];
  const circle = await circleOfParties([acme, borealis, before]);
  await sync(acme, borealis, circle);
  await says(acme, circle, "before");
  await sync(acme, before, circle);
  const cygnus = await restarted(before, await before.rooms.store.bytes(circle));
  return { acme, borealis, cygnus, circle };
}

const laneOf = (node: Party, circle: CircleId) => liveOf(node, circle).row.lane;

describe("a circle that has reached its disk quota", () => {
  test.each(["push", "sync", "gossip", "bundle"] as const)(
    "R60: keeps of posts that come by %s their header and signature alone, and every control record behind them",
    async (path: ArrivalPath) => {
      const { acme, borealis, cygnus, circle } = await reached();
      await says(acme, circle, "one", "two");
      await promote(acme.rooms, circle, borealis.rooms.me.id);
      await says(acme, circle, "three");
      const envelopes = await offered(acme, cygnus, circle);
      const arrivals = await ingest(cygnus.rooms, { member: borealis.rooms.me.id, path }, { circle, envelopes });
      const kinds = envelopes.map((bytes) => decodeEnvelope(bytes).header.kind);
      expect(kinds.filter((kind) => kind === "post")).toHaveLength(3);
      expect(arrivals).toEqual(kinds.map((kind) => ({ kind: "kept", ...(kind === "post" && { isHollow: true }) })));

      expect(await hears(cygnus, circle)).toEqual(["before"]);
      expect(picture(cygnus, circle)).toEqual(picture(acme, circle));
      for (const [index, bytes] of envelopes.entries()) {
        const kept = await cygnus.rooms.store.envelope(decodeEnvelope(bytes).id);
        if (kinds[index] === "post") expect(decodeEnvelope(kept ?? bytes).payload).toHaveLength(0);
        else expect(kept).toEqual(bytes);
      }
      // What is held already is no news and no fault of whoever sends it again.
      expect(await hands(cygnus, acme, { circle, envelopes })).toEqual(envelopes.map(() => ({ kind: "duplicate" })));
    },
  );

  test("tells and serves lanes as far as they are whole, to their author all, and proves no more by receipts", async () => {
    const { acme, borealis, cygnus, circle } = await reached();
    const lane = laneOf(acme, circle);
    const whole = frontierOf(liveOf(cygnus, circle).state).get(lane) ?? 0;
    const head = headsOf(liveOf(cygnus, circle).state).get(lane);
    await says(acme, circle, "one");
    await promote(acme.rooms, circle, borealis.rooms.me.id);
    await sync(acme, cygnus, circle);
    const { state } = liveOf(cygnus, circle);
    const length = liveOf(acme, circle).state.lanes.get(lane)?.length ?? 0;
    expect(length).toBeGreaterThan(whole + 1);
    expect([frontierOf(state).get(lane), headsOf(state).get(lane)]).toEqual([whole, head]);
    expect(knownOf(state).get(lane)).toBe(length);
    // R37: a copy of the author must learn where its lane ends.
    expect(frontierOf(state, acme.rooms.me.id).get(lane)).toBe(length);
    expect(headsOf(state, acme.rooms.me.id)).toEqual(headsOf(liveOf(acme, circle).state));
    const served = (await allOf(cygnus, circle)).map((bytes) => decodeEnvelope(bytes).header);
    expect(served.filter((header) => header.lane === lane)).toHaveLength(whole);

    await signReceipts(cygnus.rooms, circle);
    const receipts = receiptsFor(cygnus.rooms, circle, { to: acme.rooms.me.id, linked: new Set() }).map(
      (bytes) => parseReceipt(bytes).receipt,
    );
    expect(receipts).toEqual([
      expect.objectContaining({ lane, held: whole, head: expect.stringMatching(new RegExp(`^${head}`)) }),
    ]);
  });

  test("takes no posts of its own either and names the quota, but what governs the circle", async () => {
    const { acme, cygnus, circle } = await reached();
    const quota = cygnus.rooms.quotaBytes;
    const error = await says(cygnus, circle, "mine").catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(TocsinError);
    expect(error).toMatchObject({ code: "QUOTA_FULL", details: { quota }, hint: expect.stringContaining("node.json") });
    expect(await hears(cygnus, circle)).toEqual(["before"]);
    const steward = await restarted(acme, 1);
    await promote(steward.rooms, circle, cygnus.rooms.me.id);
    expect(isSteward(rosterOf(liveOf(steward, circle).state), cygnus.rooms.me.id)).toBe(true);
  });

  test("serves no hollow post to a removed steward either", async () => {
    const { acme, borealis, cygnus, circle } = await reached();
    await promote(acme.rooms, circle, borealis.rooms.me.id);
    await says(acme, circle, "one");
    await remove(acme.rooms, circle, borealis.rooms.me.id);
    await sync(acme, cygnus, circle);
    const { state } = liveOf(cygnus, circle);
    expect(picture(cygnus, circle)).toEqual(picture(acme, circle));
    const ranges = missing(new Map(), knownOf(state));
    const served = await Array.fromAsync(serve(cygnus.rooms, borealis.rooms.me.id, { circle, ranges }));
    expect(served.length).toBeGreaterThan(0);
    for (const bytes of served) verifyRecord(decodeEnvelope(bytes));
  });

  test("asks nobody to re-seal what is sealed there, until there is room", async () => {
    const { acme, cygnus: before, circle } = await reached();
    await says(acme, circle, "sealed");
    const store = memoryStore();
    const asks = async (quotaBytes: number): Promise<readonly string[]> => {
      const node = party("cygnus", { store, quotaBytes });
      await node.rooms.store.commit({ circle, records: [], row: liveOf(before, circle).row });
      await node.rooms.keyring.update(() => ({ ...before.rooms.keyring.value(), epochs: new Map() }));
      await loadCircles(node.rooms);
      await sync(acme, node, circle);
      links(node, acme);
      const signal = AbortSignal.timeout(5_000);
      await askAround(node.rooms, liveOf(node, circle), { desks: new Map(), signal });
      return hears(node, circle);
    };
    const blind = party("cygnus", { store });
    await blind.rooms.store.commit({ circle, records: [], row: liveOf(before, circle).row });
    await loadCircles(blind.rooms);
    await sync(acme, blind, circle);
    expect(await store.sealedCount(circle)).toBe(2);
    expect(await asks(1)).toEqual([]);
    expect(await asks(MANY)).toEqual(["before", "sealed"]);
  });

  test("takes back what it said itself and lost, whole", async () => {
    const { acme, cygnus: before, circle } = await reached();
    const cygnus = await restarted(before, MANY);
    await says(cygnus, circle, "mine");
    await sync(cygnus, acme, circle);
    await says(acme, circle, "theirs");
    const empty = party("cygnus", { quotaBytes: 1 });
    empty.rooms.circles.set(circle, liveOf(cygnus, circle));
    const again = await restarted(empty, 1);
    await again.rooms.keyring.update(() => cygnus.rooms.keyring.value());
    await sync(acme, again, circle);
    expect(await hears(again, circle)).toEqual(["mine"]);
    expect(hollowCount(liveOf(again, circle))).toBe(2);
  });

  test("has what is held for its own lane wait, and takes no more of it", async () => {
    const { cygnus, circle } = await reached();
    const live = liveOf(cygnus, circle);
    live.watch.doubted = true;
    const said = [{ body: words("held"), exercise: false }];
    expect(await refusalOf(async () => postOrHold(cygnus.rooms, circle, said))).toBe("QUOTA_FULL");
    await cygnus.rooms.store.commit({
      ...{ circle, records: [], drafts: [{ body: words("held"), exercise: false, key: "k", accept: [] }] },
    });
    Object.assign(live, { drafts: 1, watch: { ...live.watch, doubted: false } });
    expect(await refusalOf(async () => sendDrafts(cygnus.rooms, live))).toBe("QUOTA_FULL");
    const [draft] = await cygnus.rooms.store.drafts(circle);
    expect(draft).toMatchObject({ key: "k" });
    expect(draft?.refused).toBeUndefined();
  });

  test("gets everything that is missing once its quota is raised, and keeps what it knows over a restart", async () => {
    const { acme, borealis, cygnus: full, circle } = await reached();
    await says(acme, circle, "one", "two");
    await promote(acme.rooms, circle, borealis.rooms.me.id);
    await sync(acme, full, circle);
    const still = await restarted(full, full.rooms.quotaBytes);
    expect(liveOf(still, circle).state.hollow).toEqual(liveOf(full, circle).state.hollow);
    expect([hollowCount(liveOf(still, circle)), isFull(still.rooms, liveOf(still, circle))]).toEqual([2, true]);
    expect(await examineLanes(still.rooms.store, Infinity)).toMatchObject({ broken: [] });

    const cygnus = await restarted(still, MANY);
    await says(acme, circle, "three");
    const arrivals = await sync(acme, cygnus, circle);
    expect(arrivals.filter(({ kind }) => kind === "refused" || kind === "gap")).toEqual([]);
    expect(await hears(cygnus, circle)).toEqual(["before", "one", "three", "two"]);
    const [ours, theirs] = [liveOf(cygnus, circle), liveOf(acme, circle)];
    expect(frontierOf(ours.state)).toEqual(frontierOf(theirs.state));
    expect([hollowCount(ours), ours.state.hollow.size]).toEqual([0, 0]);
    expect(ours.disk.bytes).toBe(await acme.rooms.store.bytes(circle));
    await says(cygnus, circle, "mine");
    expect(await examineLanes(cygnus.rooms.store, Infinity)).toMatchObject({ broken: [] });
  });

  test("fills only as much as there is room for, and goes on from there", async () => {
    const { acme, cygnus: full, circle } = await reached();
    await says(acme, circle, "one", "two", "three");
    const envelopes = await offered(acme, full, circle);
    await hands(full, acme, { circle, envelopes });
    const cygnus = await restarted(full, (await full.rooms.store.bytes(circle)) + 1);
    await sync(acme, cygnus, circle);
    const lane = laneOf(acme, circle);
    const length = knownOf(liveOf(cygnus, circle).state).get(lane) ?? 0;
    expect(frontierOf(liveOf(cygnus, circle).state).get(lane)).toBe(length - 2);
    expect(await hears(cygnus, circle)).toEqual(["before", "one"]);
    const more = await restarted(cygnus, MANY);
    // In any order: the last one first.
    await hands(more, acme, { circle, envelopes: [...envelopes].reverse() });
    expect(await hears(more, circle)).toEqual(["before", "one", "three", "two"]);
    expect(frontierOf(liveOf(more, circle).state).get(lane)).toBe(length);
  });

  test("takes for the payload of a hollow post nothing but what its author signed", async () => {
    const { acme, cygnus: full, circle } = await reached();
    await says(acme, circle, "one");
    const envelopes = await offered(acme, full, circle);
    await hands(full, acme, { circle, envelopes });
    const cygnus = await restarted(full, MANY);
    const forged = envelopes.map((bytes) => {
      const { headerBytes, signature, payload } = decodeEnvelope(bytes);
      return encodeCbor([headerBytes, signature, payload.toReversed()]);
    });
    const refused = { kind: "refused", verdict: "reject", reason: "RECORD_SIGNATURE_INVALID" };
    expect(await hands(cygnus, acme, { circle, envelopes: forged })).toEqual([refused]);
    expect(hollowCount(liveOf(cygnus, circle))).toBe(1);
    expect(await hands(cygnus, acme, { circle, envelopes: [...envelopes, ...envelopes] })).toEqual([
      { kind: "kept" },
      { kind: "duplicate" },
    ]);
  });

  test("is told of before it is reached, and when it is, once each", async () => {
    const { acme, cygnus: full, circle } = await reached();
    const bytes = full.rooms.quotaBytes;
    const cygnus = await restarted(full, Math.floor(bytes / 0.8));
    expect(cygnus.events.filter(({ event }) => event.startsWith("quota"))).toEqual([
      { event: "quota-near", fields: { circle: circle.slice(0, 8), bytes } },
    ]);
    const shown = async () => (await presentStatus(cygnus.rooms, daemon)).circles[0]?.disk;
    expect(await shown()).toEqual({ bytes, quota: cygnus.rooms.quotaBytes, state: "near", hollow: 0 });
    const calm = await restarted(full, Math.ceil(bytes / 0.79));
    expect(calm.events.filter(({ event }) => event.startsWith("quota"))).toEqual([]);
    for (let more = 0; !isFull(cygnus.rooms, liveOf(cygnus, circle)); more++) {
      await says(acme, circle, `more ${more}`);
      await sync(acme, cygnus, circle);
    }
    await says(acme, circle, "too much", "and more");
    await sync(acme, cygnus, circle);
    const names = cygnus.events.map(({ event }) => event).filter((event) => event.startsWith("quota"));
    expect(names).toEqual(["quota-near", "quota-full"]);
    expect(await shown()).toMatchObject({ state: "full", hollow: 2 });
  });

  test("says of a bundle how many of its posts were not taken", async () => {
    const { acme, cygnus, circle } = await reached();
    await says(acme, circle, "one", "two");
    const { parts } = await readBundle(cygnus.rooms, each(await bundleOf(acme, circle)));
    expect(parts.map(({ kept, refused }) => [kept, [...refused]])).toEqual([[0, [["QUOTA_FULL", 2]]]]);
  });
});

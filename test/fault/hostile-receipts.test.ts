// A member that lies about what it holds, and whoever lies about others: a receipt that is refused changes nothing.

import { describe, expect, test } from "vitest";
import { deliveryOf } from "../../src/api/delivery.ts";
import { systemRandom } from "../../src/base/random.ts";
import { remove } from "../../src/node/membership.ts";
import { hearReceipts } from "../../src/node/receipt-intake.ts";
import { receiptOf, receiptsFor, receiptsOf, signReceipts } from "../../src/node/receipts.ts";
import { circleId, type CircleId, laneFor, recordId } from "../../src/record/ids.ts";
import { parseReceipt, type Receipt, signReceipt } from "../../src/record/receipt.ts";
import type { Item } from "../../src/store/store.ts";
import {
  admits,
  allOf,
  circleOfParties,
  hands,
  linkedOf,
  liveOf,
  type Party,
  party,
  says,
  sync,
} from "../help/memory-rooms.ts";

type Stage = {
  readonly circle: CircleId;
  readonly acme: Party;
  readonly borealis: Party;
  readonly mallory: Party;
  readonly items: readonly Item[];
  /** What mallory would honestly say of acme's lane. */
  readonly honest: Receipt;
};

async function stageOf(): Promise<Stage> {
  const [acme, borealis, mallory] = [party("acme"), party("borealis"), party("mallory")];
  const circle = await circleOfParties([acme, borealis, mallory]);
  const items = await says(acme, circle, "one", "two");
  for (const to of [borealis, mallory]) await sync(acme, to, circle);
  const [, last] = items as [Item, Item];
  const honest: Receipt = {
    ...{ circle, member: mallory.rooms.me.id, lane: last.lane, held: last.seq + 1, head: last.id },
    ...{ unopened: [], read: 0, at: mallory.clock.now() },
  };
  return { circle, acme, borealis, mallory, items, honest };
}

const stateAt = (author: Party, item: Item | undefined, org: string): string | undefined =>
  item && deliveryOf(author.rooms, item, []).find((row) => row.org === org)?.state;

async function hears(to: Party, from: Party, receipt: Receipt, by: Party = from): Promise<string | undefined> {
  const { bytes } = signReceipt(receipt, by.rooms.me.key);
  const before = to.events.length;
  const { id } = liveOf(to, [...to.rooms.circles.keys()][0] as CircleId).row;
  await hearReceipts(to.rooms, from.rooms.me.id, { circle: id, receipts: [bytes] });
  const event = to.events.slice(before).find((one) => one.event === "receipt-refused");
  return event && String(event.fields["reason"]);
}

describe("receipts of those who lie", () => {
  test("an honest one counts, and says no more than it says", async () => {
    const { acme, mallory, items, honest } = await stageOf();
    const [first, last] = items;
    expect([stateAt(acme, first, "mallory"), stateAt(acme, last, "mallory")]).toEqual(["queued", "queued"]);
    const at = last?.seq ?? 0;
    expect(await hears(acme, mallory, { ...honest, unopened: [[at, at + 1]], read: at })).toBeUndefined();
    expect([stateAt(acme, first, "mallory"), stateAt(acme, last, "mallory")]).toEqual(["read", "held"]);
    expect(stateAt(acme, last, "borealis")).toBe("queued");
  });

  const lies: readonly {
    readonly title: string;
    readonly reason: string;
    readonly lie: (stage: Stage) => Receipt;
    readonly by?: (stage: Stage) => Party;
  }[] = [
    {
      title: "R58: nobody's word but the member's: another one signed it",
      reason: "RECORD_SIGNATURE_INVALID",
      lie: ({ honest, borealis }) => ({ ...honest, member: borealis.rooms.me.id }),
    },
    {
      title: "R58: a receipt of another circle",
      reason: "RECORD_CIRCLE_WRONG",
      lie: ({ honest }) => ({ ...honest, circle: circleId(systemRandom(32)) }),
    },
    {
      title: "R58: a receipt of somebody who is no member",
      reason: "RECORD_AUTHOR_UNKNOWN",
      lie: ({ honest }) => ({ ...honest, member: party("zoe").rooms.me.id }),
      by: () => party("zoe"),
    },
    {
      title: "R58: a receipt of an author for its own lane",
      reason: "RECORD_MALFORMED",
      lie: ({ honest, mallory, circle }) => ({ ...honest, lane: liveOf(mallory, circle).row.lane }),
    },
    {
      title: "R59: more than there is",
      reason: "RECORD_FORKED",
      lie: ({ honest }) => ({ ...honest, held: honest.held + 1, head: recordId(systemRandom(32)) }),
    },
    {
      title: "R59: another side of the lane",
      reason: "RECORD_FORKED",
      lie: ({ honest }) => ({ ...honest, head: recordId(systemRandom(32)) }),
    },
  ];
  test.each(lies)("$title", async ({ reason, lie, by }) => {
    const stage = await stageOf();
    const { acme, mallory, circle, honest } = stage;
    if (reason === "RECORD_MALFORMED") {
      await says(mallory, circle, "mine");
      await sync(mallory, acme, circle);
    }
    expect(await hears(acme, mallory, lie(stage), by?.(stage) ?? mallory)).toBe(reason);
    expect(receiptsOf(acme.rooms, circle).given.size).toBe(0);
    expect(await Array.fromAsync(acme.rooms.store.receipts(circle))).toEqual([]);
    // And the truth still counts.
    expect(await hears(acme, mallory, honest)).toBeUndefined();
    expect(stateAt(acme, stage.items[1], "mallory")).toBe("decrypted");
  });

  test("R58: a member that was removed proves nothing from then on", async () => {
    const { acme, mallory, circle, honest, items } = await stageOf();
    await remove(acme.rooms, circle, mallory.rooms.me.id);
    expect(await hears(acme, mallory, honest)).toBe("RECORD_AUTHOR_UNKNOWN");
    expect(stateAt(acme, items[1], "mallory")).toBe("queued");
  });

  test("R59: an older receipt, played again, takes nothing back", async () => {
    const { acme, mallory, circle, honest, items } = await stageOf();
    const [first] = items as [Item, Item];
    const older: Receipt = { ...honest, held: first.seq + 1, head: first.id, at: honest.at + 1_000 };
    await hears(acme, mallory, { ...honest, at: honest.at + 5, read: honest.held });
    for (const receipt of [older, honest]) expect(await hears(acme, mallory, receipt)).toBeUndefined();
    expect(items.map((item) => stateAt(acme, item, "mallory"))).toEqual(["read", "read"]);
    expect(receiptOf(acme.rooms, circle, honest)?.at).toBe(honest.at + 5);
  });

  test("bytes that are no receipt are refused", async () => {
    const { acme, mallory, circle, honest } = await stageOf();
    const good = signReceipt(honest, mallory.rooms.me.key).bytes;
    const bad = [new Uint8Array(0), good.slice(0, -1), new Uint8Array(2_000), Uint8Array.of(...good, 0)];
    await hearReceipts(acme.rooms, mallory.rooms.me.id, { circle, receipts: bad });
    expect(acme.events.filter(({ event }) => event === "receipt-refused")).toHaveLength(bad.length);
    expect(receiptsOf(acme.rooms, circle).given.size).toBe(0);
    for (const twist of [{ held: 0 }, { read: honest.held + 1 }, { unopened: [[3, 3]] }, { unopened: [[5, 999]] }])
      expect(() =>
        parseReceipt(signReceipt({ ...honest, ...(twist as Partial<Receipt>) }, mallory.rooms.me.key).bytes),
      ).toThrow();
  });
});

describe("what a node owes the authors", () => {
  test("posts that are kept sealed are held and not decrypted, until they are opened", async () => {
    const { acme, borealis, circle, items } = await stageOf();
    const cygnus = party("cygnus");
    await admits(acme, cygnus, circle);
    const late = (await says(acme, circle, "after"))[0];
    await hands(cygnus, acme, { circle, envelopes: await allOf(acme, circle) });
    await signReceipts(cygnus.rooms, circle);
    const told = receiptsFor(cygnus.rooms, circle, { to: acme.rooms.me.id, linked: linkedOf(cygnus.rooms) });
    await hearReceipts(acme.rooms, cygnus.rooms.me.id, { circle, receipts: told });
    const receipt = receiptOf(acme.rooms, circle, {
      member: cygnus.rooms.me.id,
      lane: late?.lane ?? laneFor(borealis.rooms.me.id, systemRandom),
    });
    const sealed = items.map(({ seq }) => seq);
    expect(receipt?.unopened).toEqual([[sealed[0], (sealed[1] ?? 0) + 1]]);
    expect(stateAt(acme, late, "cygnus")).toBe("decrypted");
  });
});

// What a node signs for authors and whom it gives it to: one receipt for each lane that moved, and no claim before its time.

import { describe, expect, test } from "vitest";
import { markRead } from "../../../src/node/reading.ts";
import { hearReceipts } from "../../../src/node/receipt-intake.ts";
import { newReceipts, receiptOf, receiptsFor, signReceipts } from "../../../src/node/receipts.ts";
import { missingKeys } from "../../../src/node/epochs.ts";
import { takeOpenings } from "../../../src/node/opening.ts";
import type { CircleId, LaneId, MemberId } from "../../../src/record/ids.ts";
import { encodePost } from "../../../src/record/parse-body.ts";
import { parseReceipt, type Receipt } from "../../../src/record/receipt.ts";
import { decodeEnvelope } from "../../../src/record/wire.ts";
import {
  admits,
  allOf,
  circleOfParties,
  hands,
  linkedOf,
  links,
  liveOf,
  type Party,
  party,
  says,
  sync,
} from "../../help/memory-rooms.ts";

async function told(by: Party, to: MemberId, circle: CircleId): Promise<readonly Receipt[]> {
  await signReceipts(by.rooms, circle);
  return receiptsFor(by.rooms, circle, { to, linked: linkedOf(by.rooms) }).map((bytes) => parseReceipt(bytes).receipt);
}

const laneOf = (of: Party, circle: CircleId): LaneId => liveOf(of, circle).row.lane;

describe("receipts", () => {
  test("of a burst are one for the lane, and none where nothing moved", async () => {
    const [acme, borealis] = [party("acme"), party("borealis")];
    const circle = await circleOfParties([acme, borealis]);
    await says(acme, circle, ...Array.from({ length: 100 }, (_, index) => `burst ${index}`));
    await sync(acme, borealis, circle);
    const [first, ...others] = await told(borealis, acme.rooms.me.id, circle);
    expect(others).toEqual([]);
    expect(first).toMatchObject({ held: liveOf(acme, circle).state.lanes.get(laneOf(acme, circle))?.length, read: 0 });
    const before = receiptsFor(borealis.rooms, circle, { to: acme.rooms.me.id, linked: linkedOf(borealis.rooms) });
    borealis.clock.advance(1_000);
    await signReceipts(borealis.rooms, circle);
    expect(receiptsFor(borealis.rooms, circle, { to: acme.rooms.me.id, linked: linkedOf(borealis.rooms) })[0]).toBe(
      before[0],
    );
  });

  test("tell how far people have read, and nothing of it where they keep that to themselves", async () => {
    const [acme, borealis] = [party("acme"), party("borealis")];
    const circle = await circleOfParties([acme, borealis]);
    const [one, two] = await says(acme, circle, "one", "two");
    await sync(acme, borealis, circle);
    await markRead(borealis.rooms, circle, 1);
    const [receipt] = await told(borealis, acme.rooms.me.id, circle);
    expect([receipt?.read, receipt?.held]).toEqual([two?.seq, (two?.seq ?? 0) + 1]);
    expect(one?.seq).toBe((two?.seq ?? 0) - 1);
    const quiet = { ...borealis.rooms, receipts: newReceipts({ tellsRead: false }) };
    await signReceipts(quiet, circle);
    expect(
      receiptsFor(quiet, circle, { to: acme.rooms.me.id, linked: linkedOf(quiet) }).map(
        (bytes) => parseReceipt(bytes).receipt.read,
      ),
    ).toEqual([0]);
  });

  test("take a post that was opened late for unread until it is shown", async () => {
    const [acme, zoe] = [party("acme"), party("zoe")];
    const circle = await circleOfParties([acme, party("borealis")]);
    const [old] = await says(acme, circle, "before zoe came");
    await admits(acme, zoe, circle);
    const [late] = await says(acme, circle, "after");
    if (!old || !late) throw new Error("two posts");
    await hands(zoe, acme, { circle, envelopes: await allOf(acme, circle) });
    expect(missingKeys(zoe.rooms, liveOf(zoe, circle))).toBe(0);
    await markRead(zoe.rooms, circle, await zoe.rooms.store.lastCursor());
    const [sealed] = await told(zoe, acme.rooms.me.id, circle);
    expect(sealed).toMatchObject({ unopened: [[old.seq, old.seq + 1]], read: late.seq + 1 });
    const opening = await acme.rooms.store.opening(old.id);
    if (!opening) throw new Error("acme opened it");
    const record = decodeEnvelope(opening.envelope);
    const content = { salt: opening.salt, body: encodePost(opening.body) };
    await takeOpenings(zoe.rooms, circle, [{ record, receivedAt: zoe.clock.now(), content }]);
    expect(await told(zoe, acme.rooms.me.id, circle)).toMatchObject([{ unopened: [], read: old.seq }]);
    await markRead(zoe.rooms, circle, await zoe.rooms.store.lastCursor());
    expect(await told(zoe, acme.rooms.me.id, circle)).toMatchObject([{ unopened: [], read: late.seq + 1 }]);
  });

  test("go to the author where it is linked, to everybody where it is not, and on from there", async () => {
    const [acme, borealis, cygnus] = [party("acme"), party("borealis"), party("cygnus")];
    const circle = await circleOfParties([acme, borealis, cygnus]);
    await says(acme, circle, "one");
    for (const to of [borealis, cygnus]) await sync(acme, to, circle);
    const forAcme = (receipts: readonly Receipt[]): readonly MemberId[] =>
      receipts.filter(({ lane }) => lane === laneOf(acme, circle)).map(({ member }) => member);
    expect(forAcme(await told(cygnus, borealis.rooms.me.id, circle))).toEqual([cygnus.rooms.me.id]);
    const bytes = receiptsFor(cygnus.rooms, circle, { to: borealis.rooms.me.id, linked: linkedOf(cygnus.rooms) });
    links(cygnus, acme);
    expect(forAcme(await told(cygnus, borealis.rooms.me.id, circle))).toEqual([]);
    expect(forAcme(await told(cygnus, acme.rooms.me.id, circle))).toEqual([cygnus.rooms.me.id]);
    // Borealis never reaches acme here; it keeps what it was given and has it for acme when that comes.
    await hearReceipts(borealis.rooms, cygnus.rooms.me.id, { circle, receipts: bytes });
    const given = forAcme(await told(borealis, acme.rooms.me.id, circle));
    expect(new Set(given)).toEqual(new Set([borealis.rooms.me.id, cygnus.rooms.me.id]));
    await hearReceipts(acme.rooms, borealis.rooms.me.id, { circle, receipts: bytes });
    expect(
      receiptOf(acme.rooms, circle, { member: cygnus.rooms.me.id, lane: laneOf(acme, circle) })?.held,
    ).toBeGreaterThan(0);
  });
});

// The status of a node: how far a catch-up is, and from whom it comes.

import { describe, expect, test } from "vitest";
import { presentStatus } from "../../../src/api/status.ts";
import type { StatusDocument } from "../../../src/api/documents.ts";
import { noteFetched } from "../../../src/node/catch-up.ts";
import { frontierOf } from "../../../src/node/frontier.ts";
import { circleOfParties, heldClock, liveOf, party, says, sync } from "../../help/memory-rooms.ts";

const daemon = { pid: 1, version: "0.0.0", uptimeMs: 0, locked: false };

async function behindByFive() {
  const clock = heldClock();
  const [acme, borealis] = [party("acme", { clock }), party("borealis", { clock })];
  const circle = await circleOfParties([acme, borealis]);
  await sync(acme, borealis, circle);
  await says(acme, circle, "one", "two", "three", "four", "five");
  borealis.rooms.delivery.learn(circle, acme.rooms.me.id, frontierOf(liveOf(acme, circle).state));
  const live = liveOf(borealis, circle);
  const shown = async (): Promise<StatusDocument["circles"][number] | undefined> =>
    (await presentStatus(borealis.rooms, daemon)).circles[0];
  const fetch = (kept: number): void => noteFetched(live, acme.rooms.me.id, { kept, nowMs: clock.monotonic() });
  return { acme, borealis, circle, clock, live, shown, fetch };
}

describe("the catch-up of a circle", () => {
  test("is told with how much is held, how fast it grows, and who sends", async () => {
    const { live, clock, shown, fetch } = await behindByFive();
    const have = [...frontierOf(live.state).values()].reduce((sum, length) => sum + length, 0);
    fetch(64);
    expect((await shown())?.catchUp).toEqual({ have, of: have + 5, perSecond: 64, from: ["acme"] });
    clock.advance(2_000);
    fetch(936);
    expect(await shown()).toMatchObject({ behind: 5, catchUp: { perSecond: 500 } });
  });

  test("is none where nobody has sent anything for a while, and begins anew when somebody does", async () => {
    const { clock, shown, fetch } = await behindByFive();
    expect(await shown()).toMatchObject({ behind: 5, catchUp: null });
    fetch(1_000);
    clock.advance(5_001);
    expect(await shown()).toMatchObject({ behind: 5, catchUp: null });
    fetch(10);
    expect((await shown())?.catchUp?.perSecond).toBe(10);
  });

  test("is none where nothing is behind", async () => {
    const { acme, borealis, circle, shown, fetch } = await behindByFive();
    await sync(acme, borealis, circle);
    fetch(5);
    expect(await shown()).toMatchObject({ behind: 0, catchUp: null });
  });
});

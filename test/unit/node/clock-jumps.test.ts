// A clock that jumps by a year, either way and back: the node goes on, and what was held or is posted meanwhile is lost to nobody.

import { describe, expect, test } from "vitest";
import { refreshNotices } from "../../../src/node/membership.ts";
import { circleOfParties, heldClock, hears, party, says, sync } from "../../help/memory-rooms.ts";

const YEAR_MS = 365 * 24 * 3_600_000;

describe("a clock that jumps", () => {
  test.each([
    ["back", -YEAR_MS],
    ["forward", YEAR_MS],
  ])("a year %s and returns", async (_, ms) => {
    const clock = heldClock();
    const [acme, globex] = [party("acme", { clock }), party("globex")];
    const circle = await circleOfParties([acme, globex]);
    await says(acme, circle, "before");
    await sync(acme, globex, circle);
    await says(globex, circle, "answer");
    await sync(globex, acme, circle);

    clock.advance(ms);
    await refreshNotices(acme.rooms, circle);
    await says(acme, circle, "meanwhile");
    await says(globex, circle, "to the one who jumped");
    await sync(globex, acme, circle);
    await sync(acme, globex, circle);
    expect(await hears(acme, circle)).toEqual(["answer", "before", "meanwhile", "to the one who jumped"]);
    expect(await hears(globex, circle)).toEqual(["answer", "before", "meanwhile", "to the one who jumped"]);

    clock.advance(-ms);
    await refreshNotices(acme.rooms, circle);
    await says(acme, circle, "well again");
    await sync(acme, globex, circle);
    await says(globex, circle, "good");
    await sync(globex, acme, circle);
    expect(await hears(acme, circle)).toEqual(await hears(globex, circle));
    expect(await hears(acme, circle)).toHaveLength(6);
  });
});

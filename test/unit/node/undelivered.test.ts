// Posts that an org has not proved to hold: told of once they are old enough, and no longer than it is so.

import { describe, expect, test } from "vitest";
import { presentUndelivered } from "../../../src/api/routes-outbox.ts";
import { hearReceipts } from "../../../src/node/receipt-intake.ts";
import { receiptsFor, signReceipts } from "../../../src/node/receipts.ts";
import { backlogOf, lookForLate } from "../../../src/node/undelivered.ts";
import type { CircleId } from "../../../src/record/ids.ts";
import { admits, circleOfParties, linkedOf, liveOf, type Party, party, says, sync } from "../../help/memory-rooms.ts";

const HOUR = 3_600_000;

/** `member` proves to `author` what it holds. */
async function proves(member: Party, author: Party, circle: CircleId): Promise<void> {
  await sync(author, member, circle);
  await signReceipts(member.rooms, circle);
  const receipts = receiptsFor(member.rooms, circle, { to: author.rooms.me.id, linked: linkedOf(member.rooms) });
  await hearReceipts(author.rooms, member.rooms.me.id, { circle, receipts });
}

describe("a post that an org does not hold", () => {
  test("waits in the backlog of that org alone, and is told of after the time that people chose", async () => {
    const [acme, borealis, cygnus] = [party("acme"), party("borealis"), party("cygnus")];
    const circle = await circleOfParties([acme, borealis, cygnus]);
    const posted = acme.clock.now();
    await says(acme, circle, "one");
    acme.clock.advance(HOUR);
    await says(acme, circle, "two");
    await proves(borealis, acme, circle);
    const backlog = await backlogOf(acme.rooms, liveOf(acme, circle));
    expect(backlog.map(({ nodes, posts, oldest }) => [nodes, posts, oldest.at])).toEqual([
      [[cygnus.rooms.me.id], 2, posted],
    ]);
    await lookForLate(acme.rooms, 4 * HOUR);
    expect(presentUndelivered(acme.rooms)).toEqual([]);
    acme.clock.advance(3 * HOUR);
    await lookForLate(acme.rooms, 4 * HOUR);
    await lookForLate(acme.rooms, 4 * HOUR);
    expect(presentUndelivered(acme.rooms)).toEqual([
      { circle: "retail-eu", org: "cygnus", posts: 2, since: new Date(posted).toISOString() },
    ]);
    const logged = acme.events.filter(({ event }) => event === "undelivered");
    expect(logged.map(({ fields }) => [fields["posts"], fields["hours"]])).toEqual([[2, 4]]);
    // Gone as soon as it is not so any more, before the next look.
    await proves(cygnus, acme, circle);
    expect(presentUndelivered(acme.rooms)).toEqual([]);
    expect(await backlogOf(acme.rooms, liveOf(acme, circle))).toEqual([]);
  });

  test("is not waited for by whoever came later", async () => {
    const [acme, borealis, zoe] = [party("acme"), party("borealis"), party("zoe")];
    const circle = await circleOfParties([acme, borealis]);
    await says(acme, circle, "before zoe");
    await proves(borealis, acme, circle);
    await admits(acme, zoe, circle);
    expect(await backlogOf(acme.rooms, liveOf(acme, circle))).toEqual([]);
    await says(acme, circle, "after zoe");
    await proves(borealis, acme, circle);
    const [only, ...more] = await backlogOf(acme.rooms, liveOf(acme, circle));
    expect([only?.nodes, only?.posts, more]).toEqual([[zoe.rooms.me.id], 1, []]);
  });
});

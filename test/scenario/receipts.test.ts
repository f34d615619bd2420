// What a sender says of a post against what the stores of the others hold: never more at any moment, and the same after quiet.

import { describe, expect, test } from "vitest";
import { deliveryOf, reaches } from "../../src/api/delivery.ts";
import { markRead } from "../../src/node/reading.ts";
import { receiptsDue } from "../../src/node/receipts.ts";
import type { Item } from "../../src/store/store.ts";
import { circleOf, type Org, sees, sighting, type World } from "../help/world.ts";

const patient = { timeout: 20_000, interval: 50 };

function stateAt(author: Org, item: Item, of: Org): string {
  return deliveryOf(author.rooms, item, []).find(({ org }) => org === of.name)?.state ?? "not meant for it";
}

/** Fails where the author claims what the store of another one does not bear out. */
async function claimsAreTrue(author: Org, items: readonly Item[], others: readonly Org[]): Promise<void> {
  for (const item of items) {
    for (const row of deliveryOf(author.rooms, item, [])) {
      const org = others.find(({ name }) => name === row.org);
      if (!org || !reaches(row.state, "held")) continue;
      expect(await org.rooms.store.envelope(item.id), `${row.org} is said to hold it`).toBeDefined();
      if (reaches(row.state, "decrypted"))
        expect(await org.rooms.store.item(item.id), `${row.org} is said to have opened it`).toBeDefined();
    }
  }
}

const shows = async (world: World, org: Org, upTo: number): Promise<void> => {
  await markRead(org.rooms, world.circle, upTo);
  receiptsDue(org.rooms, world.circle);
};

describe("receipts between real nodes", () => {
  test("a post is decrypted where it arrived, read where it was shown, and queued where nobody is", async () => {
    await using world = await circleOf("acme", "borealis", "cygnus");
    const [acme, borealis, cygnus] = ["acme", "borealis", "cygnus"].map(world.org) as [Org, Org, Org];
    await cygnus.stop();
    const [first, second] = (await acme.posts(
      world.circle,
      sighting("ip:203.0.113.1"),
      sighting("ip:203.0.113.2"),
    )) as [Item, Item];
    await expect.poll(() => stateAt(acme, second, borealis), patient).toBe("decrypted");
    expect(stateAt(acme, second, cygnus)).toBe("queued");
    const there = await borealis.rooms.store.item(first.id);
    await shows(world, borealis, there?.cursor ?? 0);
    await expect.poll(() => stateAt(acme, first, borealis), patient).toBe("read");
    expect(stateAt(acme, second, borealis)).toBe("decrypted");
    await cygnus.start();
    await expect.poll(() => stateAt(acme, first, cygnus), patient).toBe("decrypted");
    // What was proven outlives the author's node.
    await acme.stop();
    await borealis.stop();
    await acme.start();
    expect([stateAt(acme, first, borealis), stateAt(acme, second, borealis)]).toEqual(["read", "decrypted"]);
  });

  test("while members go and come, the author claims nothing that is not so, and everything once it is quiet", async () => {
    await using world = await circleOf("acme", "borealis", "cygnus");
    const [acme, borealis, cygnus] = ["acme", "borealis", "cygnus"].map(world.org) as [Org, Org, Org];
    const others = [borealis, cygnus];
    const items: Item[] = [];
    for (let round = 0; round < 6; round++) {
      const away = others[round % 2] as Org;
      const up = others.filter((org) => org !== away);
      items.push(...(await acme.posts(world.circle, sighting(`ip:198.51.100.${round}`))));
      await away.stop();
      items.push(...(await acme.posts(world.circle, sighting(`ip:203.0.113.${round}`))));
      for (const org of up) await sees(org, items.slice(-1));
      await claimsAreTrue(acme, items, up);
      await away.start();
      items.push(...(await acme.posts(world.circle, sighting(`ip:192.0.2.${round}`))));
      await claimsAreTrue(acme, items, others);
    }
    for (const org of others) {
      await sees(org, items);
      await expect.poll(() => items.every((item) => stateAt(acme, item, org) === "decrypted"), patient).toBe(true);
    }
  });

  test("a member that the author never meets proves by a third one what it holds", async () => {
    await using world = await circleOf("acme", "borealis", "cygnus");
    const [acme, borealis, cygnus] = ["acme", "borealis", "cygnus"].map(world.org) as [Org, Org, Org];
    const [item] = (await acme.posts(world.circle, sighting("ip:203.0.113.1"))) as [Item];
    await sees(borealis, [item]);
    await cygnus.stop();
    const [late] = (await acme.posts(world.circle, sighting("ip:203.0.113.2"))) as [Item];
    await sees(borealis, [late]);
    await acme.stop();
    await cygnus.start();
    await sees(cygnus, [late]);
    const passedOn = (): number =>
      [...(borealis.rooms.receipts.circles.get(world.circle)?.given.get(cygnus.rooms.me.id)?.values() ?? [])].filter(
        ({ receipt }) => receipt.lane === late.lane && receipt.held > late.seq,
      ).length;
    await expect.poll(passedOn, patient).toBe(1);
    await cygnus.stop();
    await acme.start();
    await expect.poll(() => stateAt(acme, late, cygnus), patient).toBe("decrypted");
  });
});

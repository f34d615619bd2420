// The spine: organisations found a circle, join it, post, go away, come back, and are removed.

import { describe, expect, test } from "vitest";
import { responderHash } from "../../src/circle/ticket.ts";
import { joinCall } from "../../src/net/join.ts";
import { remove } from "../../src/node/membership.ts";
import { verifyRecord } from "../../src/record/verify.ts";
import { decodeEnvelope } from "../../src/record/wire.ts";
import { openEpoch, parseEpoch } from "../../src/seal/epoch.ts";
import { openPost } from "../../src/seal/seal.ts";
import { circleOf, openPolicy, type Org, sees, sighting, type World, worldOf } from "../help/world.ts";

describe("a circle of three", () => {
  test("what one posts the others read", async () => {
    await using world = await circleOf("acme", "borealis", "cygnus");
    const { acme, borealis, cygnus } = three(world);
    const items = await acme.posts(world.circle, sighting("ip:203.0.113.24"), sighting("domain:evil.example"));
    await sees(borealis, items);
    await sees(cygnus, items);
    const reply = await cygnus.posts(world.circle, sighting("ip:203.0.113.25"));
    await sees(acme, reply);
    await sees(borealis, reply);
  });

  test("a member that was away fetches everything by catch-up, each record once", async () => {
    await using world = await circleOf("acme", "borealis", "cygnus");
    const { acme, borealis, cygnus } = three(world);
    const many = (name: string, net: string): readonly ReturnType<typeof sighting>[] =>
      Array.from({ length: 500 }, (_, index) => sighting(`ip:${net}.${index % 250}`, `${name} ${index}`));
    await cygnus.stop();
    const mine = await acme.posts(world.circle, ...many("acme", "198.51.100"));
    const theirs = await borealis.posts(world.circle, ...many("borealis", "192.0.2"));
    await sees(borealis, mine);
    await sees(acme, theirs);
    await cygnus.start();
    await sees(cygnus, [...mine, ...theirs]);
    // The control records that came with them: at most a handful of epochs and addresses.
    const { syncReceived } = cygnus.rooms.net().counters();
    expect(syncReceived).toBeGreaterThanOrEqual(1_000);
    expect(syncReceived).toBeLessThanOrEqual(1_016);
  });

  test("a removed member reads nothing that is posted afterwards, and is told", async () => {
    await using world = await circleOf("acme", "borealis", "cygnus");
    const { acme, borealis, cygnus } = three(world);
    const before = await acme.posts(world.circle, sighting("ip:203.0.113.1"));
    await sees(cygnus, before);
    await remove(acme.rooms, world.circle, cygnus.rooms.me.id);
    const after = await acme.posts(world.circle, sighting("ip:203.0.113.2"));
    await sees(borealis, after);
    const linked = (org: Org): boolean =>
      org.rooms
        .net()
        .links()
        .some((link) => link.member === cygnus.rooms.me.id && link.state === "linked");
    await expect.poll(() => linked(acme) || linked(borealis)).toBe(false);
    expect(await cygnus.items(world.circle)).toHaveLength(before.length);
    expect(cygnus.rooms.circles.get(world.circle)?.row.state).toBe("removed");
    await expect(cygnus.posts(world.circle, sighting("ip:203.0.113.3"))).rejects.toMatchObject({
      code: "MEMBER_REMOVED",
    });
  });

  test("a removed member that is handed everything later still opens nothing of it", async () => {
    await using world = await circleOf("acme", "borealis", "cygnus");
    const { acme, borealis, cygnus } = three(world);
    await remove(acme.rooms, world.circle, cygnus.rooms.me.id);
    const after = await acme.posts(
      world.circle,
      sighting("ip:203.0.113.2", "after"),
      sighting("ip:203.0.113.3", "after that"),
    );
    await sees(borealis, after);
    // Everything that was ever written to the circle, epochs and their wraps included, in the hands of the one removed.
    const keyring = cygnus.rooms.keyring.value();
    const lanes = await acme.rooms.store.lanes(world.circle);
    let opened = 0;
    for (const { lane, length } of lanes) {
      for await (const bytes of acme.rooms.store.range(world.circle, { lane, from: 0, to: length })) {
        const record = verifyRecord(decodeEnvelope(bytes));
        if (record.header.kind === "epoch") {
          const epoch = parseEpoch(record);
          for (const { keys } of keyring.prekeys.values()) {
            for (const member of epoch.recipients.keys()) {
              if (
                (await openEpoch(epoch, member, { keys, wraps: record.wraps })) &&
                epoch.covers.some(
                  (op) => acme.rooms.circles.get(world.circle)?.state.graph.ops.get(op)?.change.op === "remove",
                )
              )
                opened += 1;
            }
          }
        }
        if (!after.some((item) => item.id === record.id)) continue;
        for (const { secret } of keyring.epochs.values()) {
          try {
            openPost(record, secret);
            opened += 1;
          } catch (cause) {
            expect(cause).toMatchObject({ code: "RECORD_COMMITMENT_INVALID" });
          }
        }
      }
    }
    expect(keyring.epochs.size).toBeGreaterThan(0);
    expect(opened).toBe(0);
  });

  test("a removed member that calls all the same is refused at the gate", async () => {
    await using world = await circleOf("acme", "borealis", "cygnus");
    const { acme, cygnus } = three(world);
    const call = {
      ticketSeed: cygnus.identity.transportSeed,
      addresses: acme.rooms.net().addresses(),
      responderHash: responderHash(acme.rooms.net().transport),
      respond: () => new Uint8Array(0),
    };
    await remove(acme.rooms, world.circle, cygnus.rooms.me.id);
    await cygnus.stop();
    const before = acme.rooms.net().counters().strangersRefused;
    await expect(joinCall({ ...call, signal: AbortSignal.timeout(5_000) })).rejects.toMatchObject({
      code: "JOIN_REFUSED",
    });
    expect(acme.rooms.net().counters().strangersRefused).toBe(before + 1);
  });

  test("a circle of suite 1, without gossip, works the same", async () => {
    await using world = await worldOf(["acme", "borealis", "cygnus"], { ...openPolicy, suite: 1, gossip: false });
    const { acme, borealis, cygnus } = three(world);
    const items = await borealis.posts(world.circle, sighting("ip:203.0.113.24"));
    await sees(acme, items);
    await sees(cygnus, items);
    const suites = [...(cygnus.rooms.circles.get(world.circle)?.state.epochs.values() ?? [])].map(
      (epoch) => epoch.suite,
    );
    expect(new Set(suites)).toEqual(new Set([1]));
    expect(borealis.rooms.net().counters().gossipPublished).toBe(0);
  });

  test("a node that restarts with the same identity is back in its circle at once", async () => {
    await using world = await circleOf("acme", "borealis");
    const [acme, borealis] = [world.org("acme"), world.org("borealis")];
    for (let turn = 0; turn < 3; turn++) {
      await borealis.stop();
      const items = await acme.posts(world.circle, sighting(`ip:203.0.113.${turn + 1}`));
      await borealis.start();
      await sees(borealis, items);
      const back = await borealis.posts(world.circle, sighting(`ip:198.51.100.${turn + 1}`));
      await sees(acme, back);
    }
  });
});

function three(world: World): { acme: Org; borealis: Org; cygnus: Org } {
  return { acme: world.org("acme"), borealis: world.org("borealis"), cygnus: world.org("cygnus") };
}

// Members that play with keys: they wrap rubbish, complain without end, wrap to keys that do not count, or have stolen the
// keyring of another. The others go on talking, and whoever was wronged is heard.

import { describe, expect, test } from "vitest";
import { limits } from "../../src/base/limits.ts";
import { encodeComplaint } from "../../src/circle/notice.ts";
import { signPrekey } from "../../src/circle/prekey.ts";
import { loadCircles } from "../../src/node/load.ts";
import { refreshNotices, shownEpoch } from "../../src/node/membership.ts";
import { rekey } from "../../src/node/prekeys.ts";
import { type CircleId, recordId, type RecordId } from "../../src/record/ids.ts";
import { decodeEnvelope } from "../../src/record/wire.ts";
import { mintEpoch, openEpoch } from "../../src/seal/epoch.ts";
import { generateWrapKeys } from "../../src/seal/hpke.ts";
import type { Keyring } from "../../src/seal/keyring.ts";
import { after, draftOf, forgeClear } from "../help/forge.ts";
import type { Store } from "../../src/store/store.ts";
import { memoryStore } from "../help/memory-store.ts";
import {
  circleOfParties,
  hands,
  hears,
  liveOf,
  type Party,
  party,
  prekeysOf,
  says,
  sync,
} from "../help/memory-rooms.ts";

type Scene = { readonly circle: CircleId; readonly acme: Party; readonly borealis: Party; readonly mallory: Party };

async function scene(): Promise<Scene> {
  const [acme, borealis, mallory] = [party("acme"), party("borealis"), party("mallory")];
  return { circle: await circleOfParties([acme, borealis, mallory]), acme, borealis, mallory };
}

/** All hold what all hold. */
async function meet(circle: CircleId, ...nodes: readonly Party[]): Promise<void> {
  for (const from of [...nodes, ...nodes]) for (const to of nodes) if (from !== to) await sync(from, to, circle);
}

/** An epoch of mallory's whose wrap for `victim` holds nothing, deeper than all others. */
async function badEpoch(
  { circle, mallory }: Scene,
  victim: Party,
): Promise<{ readonly record: ReturnType<typeof forgeClear>; readonly secret: Uint8Array }> {
  const prekeys = prekeysOf(mallory, circle);
  const depth = 1 + Math.max(...[...liveOf(mallory, circle).state.epochs.values()].map((epoch) => epoch.depth));
  const mint = { circle, minter: mallory.rooms.me.id, suite: 1, depth, parentSecrets: [] } as const;
  const minted = await mintEpoch({ ...mint, prekeys, fresh: mallory.rooms.random(32) });
  const order = prekeys.map(({ member }) => member).sort();
  const wraps = minted.wraps.map((wrap, index) =>
    order[index] === victim.rooms.me.id ? mallory.rooms.random(wrap.length) : wrap,
  );
  return { record: forgeClear(mallory, draftOf(mallory, circle, "epoch"), minted.body, wraps), secret: minted.secret };
}

function sendsUnder(node: Party, circle: CircleId): RecordId | undefined {
  return shownEpoch(node.rooms, liveOf(node, circle))?.id;
}

function complainersOf(node: Party, circle: CircleId, epoch: RecordId): readonly string[] {
  return [...(liveOf(node, circle).state.complaints.get(epoch) ?? [])];
}

describe("a member that wraps rubbish for another", () => {
  test("R34: is told of by its victim, and nobody who hears of it sends under that epoch", async () => {
    const play = await scene();
    const { circle, acme, borealis, mallory } = play;
    const { record } = await badEpoch(play, borealis);
    await hands(acme, mallory, { circle, envelopes: [record.bytes] });
    expect(sendsUnder(acme, circle)).toBe(record.id);
    await hands(borealis, mallory, { circle, envelopes: [record.bytes] });
    expect(complainersOf(borealis, circle, record.id)).toEqual([borealis.rooms.me.id]);
    await sync(borealis, acme, circle);
    expect(sendsUnder(acme, circle)).not.toBe(record.id);
    expect(acme.events).toContainEqual({
      event: "epoch-complained",
      fields: {
        epoch: record.id.slice(0, 8),
        by: borealis.rooms.me.id.slice(0, 8),
        minter: mallory.rooms.me.id.slice(0, 8),
      },
    });
    await says(acme, circle, "to everyone");
    await sync(acme, borealis, circle);
    expect(await hears(borealis, circle)).toEqual(["to everyone"]);
  });

  test("R34: is told of once for each such epoch, however often it comes", async () => {
    const play = await scene();
    const { circle, borealis, mallory } = play;
    const { record } = await badEpoch(play, borealis);
    for (let time = 0; time < 3; time++) {
      await hands(borealis, mallory, { circle, envelopes: [record.bytes] });
      await refreshNotices(borealis.rooms, circle);
    }
    const lane = await Array.fromAsync(borealis.rooms.store.control(circle));
    const complaints = lane.filter((bytes) => decodeEnvelope(bytes).header.kind === "complaint");
    expect(complaints).toHaveLength(1);
  });

  test("and talks under it before anybody knows: the victim keeps that sealed and reads what comes after", async () => {
    const play = await scene();
    const { circle, acme, borealis, mallory } = play;
    const { record } = await badEpoch(play, borealis);
    await hands(acme, mallory, { circle, envelopes: [record.bytes] });
    await says(acme, circle, "past borealis");
    await meet(circle, acme, borealis);
    expect(await hears(borealis, circle)).toEqual([]);
    expect(await borealis.rooms.store.sealedCount(circle)).toBe(1);
    await meet(circle, acme, borealis);
    await says(acme, circle, "to everyone");
    await meet(circle, acme, borealis);
    expect(await hears(borealis, circle)).toEqual(["to everyone"]);
  });

  test("R34: is told of after a restart where a crash came between the epoch and the complaint", async () => {
    const play = await scene();
    const store = memoryStore();
    const dorado = party("dorado", { store });
    const circle = await circleOfParties([dorado, play.acme, play.mallory]);
    const { record } = await badEpoch({ ...play, circle }, dorado);
    const commit: Store["commit"] = async (change) => {
      if (change.records.some(({ record: { header } }) => header.kind === "complaint")) throw new Error("crash");
      return store.commit(change);
    };
    const faulty: Store = { ...store, commit, [Symbol.asyncDispose]: async () => store[Symbol.asyncDispose]() };
    const dying = { ...dorado, rooms: { ...dorado.rooms, store: faulty } };
    await expect(hands(dying, play.mallory, { circle, envelopes: [record.bytes] })).rejects.toThrow("crash");
    const before = party("dorado", { store });
    await before.rooms.keyring.update(() => dorado.rooms.keyring.value());
    await loadCircles(before.rooms);
    expect(liveOf(before, circle).state.epochs.has(record.id)).toBe(true);
    expect(complainersOf(before, circle, record.id)).toEqual([]);
    await refreshNotices(before.rooms, circle);
    expect(complainersOf(before, circle, record.id)).toEqual([dorado.rooms.me.id]);
  });

  test("R26: wraps to a prekey that its victim never told, or told long ago, and nobody sends under it", async () => {
    const play = await scene();
    const { circle, acme, borealis, mallory } = play;
    const old = prekeysOf(acme, circle);
    for (let turn = 0; turn < limits.prekeysToldMax; turn++)
      await rekey(borealis.rooms, circle, { compromised: false });
    const { publicKey } = await generateWrapKeys(1);
    const made = signPrekey(circle, borealis.rooms.me.key, { suite: 1, publicKey });
    await meet(circle, acme, borealis, mallory);
    const now = prekeysOf(mallory, circle);
    for (const theirs of [old.find(({ member }) => member === borealis.rooms.me.id), made]) {
      const prekeys = now.map((prekey) => (prekey.member === theirs?.member ? theirs : prekey));
      const mint = { circle, minter: mallory.rooms.me.id, suite: 1, depth: 99, parentSecrets: [] } as const;
      const minted = await mintEpoch({ ...mint, prekeys, fresh: mallory.rooms.random(32) });
      const record = forgeClear(mallory, draftOf(mallory, circle, "epoch"), minted.body, minted.wraps);
      await hands(acme, mallory, { circle, envelopes: [record.bytes] });
      await meet(circle, acme, mallory);
      expect(liveOf(acme, circle).state.epochs.has(record.id)).toBe(true);
      expect(sendsUnder(acme, circle)).not.toBe(record.id);
    }
  });
});

describe("a member whose prekey is forgotten", () => {
  test("R34: complains of nothing: the wrap is as its minter promised", async () => {
    const { circle, acme, borealis } = await scene();
    await borealis.rooms.keyring.update((keyring): Keyring => ({ ...keyring, prekeys: new Map() }));
    const epoch = await rekey(acme.rooms, circle, { compromised: false });
    await sync(acme, borealis, circle);
    expect(liveOf(borealis, circle).state.epochs.has(epoch)).toBe(true);
    expect(borealis.rooms.keyring.value().epochs.has(epoch)).toBe(false);
    await refreshNotices(borealis.rooms, circle);
    expect(liveOf(borealis, circle).state.complaints.size).toBe(0);
    // It has told a fresh one instead, and reads again.
    await meet(circle, acme, borealis);
    await rekey(acme.rooms, circle, { compromised: false });
    await says(acme, circle, "welcome back");
    await sync(acme, borealis, circle);
    expect(await hears(borealis, circle)).toEqual(["welcome back"]);
  });
});

describe("a member that complains of everything", () => {
  test("R34: costs each author one epoch and stops nobody", async () => {
    const { circle, acme, borealis, mallory } = await scene();
    const complains = async (): Promise<void> => {
      await meet(circle, acme, borealis, mallory);
      for (const epoch of liveOf(mallory, circle).state.epochs.keys()) {
        if (complainersOf(mallory, circle, epoch).includes(mallory.rooms.me.id)) continue;
        const record = forgeClear(mallory, draftOf(mallory, circle, "complaint"), encodeComplaint(epoch));
        await hands(mallory, acme, { circle, envelopes: [record.bytes] });
      }
      await meet(circle, acme, borealis, mallory);
    };
    await complains();
    const before = liveOf(acme, circle).state.epochs.size;
    for (let turn = 0; turn < 5; turn++) {
      await says(acme, circle, `acme ${turn}`);
      await complains();
      await says(borealis, circle, `borealis ${turn}`);
      await complains();
    }
    expect(await hears(acme, circle)).toHaveLength(10);
    expect(await hears(borealis, circle)).toHaveLength(10);
    // Acme sends on under the one that it founded the circle with, or minted since; borealis under one of its own.
    expect(liveOf(acme, circle).state.epochs.size - before).toBeLessThanOrEqual(2);
  });

  test("of epochs that nobody holds fills no memory, and a real one of another counts all the same", async () => {
    const play = await scene();
    const { circle, acme, mallory } = play;
    let draft = draftOf(mallory, circle, "complaint");
    const envelopes: Uint8Array[] = [];
    for (let number = 0; number < limits.complaintsAheadMax + 20; number++) {
      const id = new Uint8Array(32);
      new DataView(id.buffer).setUint32(0, number + 1);
      const record = forgeClear(mallory, draft, encodeComplaint(recordId(id)));
      envelopes.push(record.bytes);
      draft = draftOf(mallory, circle, "complaint", after(record));
    }
    await hands(acme, mallory, { circle, envelopes });
    expect(liveOf(acme, circle).state.complaints.size).toBe(limits.complaintsAheadMax);
  });

  test("ahead of the epoch counts once the epoch is there", async () => {
    const play = await scene();
    const { circle, acme, borealis, mallory } = play;
    const { record } = await badEpoch(play, borealis);
    await hands(borealis, mallory, { circle, envelopes: [record.bytes] });
    await sync(borealis, acme, circle);
    await hands(acme, mallory, { circle, envelopes: [record.bytes] });
    expect(complainersOf(acme, circle, record.id)).toEqual([borealis.rooms.me.id]);
    expect(sendsUnder(acme, circle)).not.toBe(record.id);
  });
});

describe("whoever stole a keyring", () => {
  /** What a keyring opens of all epochs that a node holds. */
  async function opens(thief: Keyring, node: Party, victim: Party, circle: CircleId): Promise<readonly RecordId[]> {
    const opened: RecordId[] = [];
    for (const epoch of liveOf(node, circle).state.epochs.values()) {
      const prekey = epoch.recipients.get(victim.rooms.me.id);
      const keys = prekey && thief.prekeys.get(prekey)?.keys;
      const envelope = await node.rooms.store.envelope(epoch.id);
      const { wraps } = envelope ? decodeEnvelope(envelope) : { wraps: [] };
      if (thief.epochs.has(epoch.id) || (keys && (await openEpoch(epoch, victim.rooms.me.id, { keys, wraps }))))
        opened.push(epoch.id);
    }
    return opened;
  }

  test("R36: reads nothing that is sent by whoever heard that it is stolen, in whatever order that was heard", async () => {
    const { circle, acme, borealis, mallory } = await scene();
    await says(acme, circle, "before");
    await meet(circle, acme, borealis, mallory);
    const stolen = borealis.rooms.keyring.value();
    const fresh = await rekey(borealis.rooms, circle, { compromised: true });
    // Mallory has not heard of it, and mints for the stolen prekey; acme hears of both.
    const late = await rekey(mallory.rooms, circle, { compromised: false });
    await sync(mallory, acme, circle);
    await sync(borealis, acme, circle);
    expect(sendsUnder(acme, circle)).toBe(fresh);
    expect(await opens(stolen, acme, borealis, circle)).toContain(late);
    expect(await opens(stolen, acme, borealis, circle)).not.toContain(fresh);
    const [post] = await says(acme, circle, "after");
    expect(post?.epoch).toBe(fresh);
    await sync(acme, borealis, circle);
    expect(await hears(borealis, circle)).toEqual(["after", "before"]);
  });

  test("R36: and replays what its victim had told before brings no stolen prekey back", async () => {
    const { circle, acme, borealis } = await scene();
    const old = prekeysOf(borealis, circle).find(({ member }) => member === borealis.rooms.me.id);
    if (!old) throw new Error("a prekey");
    await rekey(borealis.rooms, circle, { compromised: true });
    const now = prekeysOf(borealis, circle).find(({ member }) => member === borealis.rooms.me.id);
    // Even on the victim's own lane, as an old copy of its home would tell it.
    const replay = forgeClear(borealis, draftOf(borealis, circle, "prekey"), old.bytes);
    await sync(borealis, acme, circle);
    expect(await hands(acme, borealis, { circle, envelopes: [replay.bytes] })).toEqual([{ kind: "kept" }]);
    const counts = prekeysOf(acme, circle).find(({ member }) => member === borealis.rooms.me.id);
    expect(counts?.id).toBe(now?.id);
  });

  test("unnoticed reads nothing that is sent after its victim's next prekey and the next epoch, a day later", async () => {
    const { circle, acme, borealis, mallory } = await scene();
    await meet(circle, acme, borealis, mallory);
    await refreshNotices(borealis.rooms, circle);
    const stolen = borealis.rooms.keyring.value();
    for (const { clock } of [acme, borealis, mallory]) clock.advance(limits.prekeyRotateMs);
    await refreshNotices(borealis.rooms, circle);
    await meet(circle, acme, borealis, mallory);
    const [post] = await says(acme, circle, "a day later");
    expect(await opens(stolen, acme, borealis, circle)).not.toContain(post?.epoch);
    await sync(acme, borealis, circle);
    expect(await hears(borealis, circle)).toEqual(["a day later"]);
  });
});

// Records carried by hand: what is good gets in, and nothing else, whoever wrote the file and however much of it is left.

import { truncate, writeFile, readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { readBundleFile, writeBundleFile } from "../../src/api/bundle-file.ts";
import { encodeCbor } from "../../src/base/cbor.ts";
import { concat } from "../../src/base/bytes.ts";
import { remove } from "../../src/node/membership.ts";
import { type BundleFrame, partFrames, readBundle, readersOf } from "../../src/node/bundle.ts";
import { prekeyOf } from "../../src/node/circle-state.ts";
import type { CircleId } from "../../src/record/ids.ts";
import { sealFrame, sealHead, sealOpening } from "../../src/seal/bundle.ts";
import { bundleOf, each } from "../help/bundles.ts";
import {
  admits,
  circleOfParties,
  hears,
  liveOf,
  type Party,
  party,
  picture,
  says,
  sync,
} from "../help/memory-rooms.ts";
import { refusalOf } from "../help/refusal.ts";
import { tempDir } from "../help/temp-dir.ts";

type Stage = { readonly circle: CircleId; readonly acme: Party; readonly borealis: Party; readonly dorado: Party };

/** Acme and borealis talk; dorado was admitted and has heard nothing yet. */
async function stage(): Promise<Stage> {
  const [acme, borealis, dorado] = [party("acme"), party("borealis"), party("dorado")];
  const circle = await circleOfParties([acme, borealis]);
  await admits(acme, dorado, circle);
  await sync(acme, borealis, circle);
  await says(borealis, circle, "from borealis");
  await sync(borealis, acme, circle);
  await says(acme, circle, "from acme", "from acme again");
  return { circle, acme, borealis, dorado };
}

const read = async (by: Party, frames: readonly BundleFrame[]): ReturnType<typeof readBundle> =>
  readBundle(by.rooms, each(frames));

describe("a bundle", () => {
  test("brings a member that was never linked all there is, in order, from an empty store", async () => {
    const { circle, acme, dorado } = await stage();
    const { parts, forOthers, isTorn } = await read(dorado, await bundleOf(acme, circle));
    const [part] = parts;
    expect({ forOthers, isTorn, parts: parts.length }).toEqual({ forOthers: 0, isTorn: false, parts: 1 });
    expect(part).toMatchObject({ state: "whole", writer: acme.rooms.me.id, duplicates: 0, gaps: 0 });
    expect(part?.refused.size).toBe(0);
    expect(picture(dorado, circle)).toEqual(picture(acme, circle));
    expect(await hears(dorado, circle)).toEqual(["from acme", "from acme again", "from borealis"]);
    // Once more brings nothing new, and no harm.
    const again = await read(dorado, await bundleOf(acme, circle));
    expect(again.parts[0]).toMatchObject({ state: "whole", kept: 0, duplicates: part?.kept });
  });

  test("goes on from the reader to one who never met the writer, and tells each of them who holds what", async () => {
    const { circle, acme, borealis, dorado } = await stage();
    await read(dorado, await bundleOf(acme, circle));
    const lane = liveOf(acme, circle).row.lane;
    const length = liveOf(acme, circle).state.lanes.get(lane)?.length ?? 0;
    expect(dorado.rooms.delivery.held(circle, acme.rooms.me.id, lane)).toBe(length);
    await says(dorado, circle, "from dorado");
    await read(borealis, await bundleOf(dorado, circle));
    expect(await hears(borealis, circle)).toEqual(["from acme", "from acme again", "from borealis", "from dorado"]);
    // The way back is the receipt: acme learns that both hold what it said.
    await read(acme, await bundleOf(borealis, circle));
    expect(await hears(acme, circle)).toEqual(await hears(borealis, circle));
    expect(acme.rooms.delivery.held(circle, borealis.rooms.me.id, lane)).toBe(length);
    // But no witness of where its lane ends: a bundle may be as old as a copy that reads it.
    expect([...liveOf(acme, circle).watch.told]).toEqual([]);
  });

  test("for one member leaves out what that one is known to hold", async () => {
    const { circle, acme, borealis } = await stage();
    await sync(acme, borealis, circle);
    await says(acme, circle, "news");
    const { parts } = await read(borealis, await bundleOf(acme, circle, { to: [borealis], lacking: true }));
    expect(parts[0]).toMatchObject({ state: "whole", kept: 1, duplicates: 0 });
    expect(await hears(borealis, circle)).toContain("news");
  });

  test("for others is opened by nobody else, and a removed member is not among its readers", async () => {
    const { circle, acme, borealis, dorado } = await stage();
    await read(dorado, await bundleOf(acme, circle));
    const frames = await bundleOf(acme, circle, { to: [borealis] });
    expect(await read(dorado, frames)).toEqual({ parts: [], forOthers: 1, isTorn: false });
    await remove(acme.rooms, circle, dorado.rooms.me.id);
    await says(acme, circle, "without dorado");
    expect(await read(dorado, await bundleOf(acme, circle))).toMatchObject({ parts: [], forOthers: 1 });
    expect(readersOf(acme.rooms, liveOf(acme, circle)).map(({ id }) => id)).toEqual([borealis.rooms.me.id]);
  });

  test("holds neither the circle's id, nor a name, nor a header in clear", async () => {
    const { circle, acme } = await stage();
    const bytes = concat(
      ...(await bundleOf(acme, circle)).map((frame) => ("bytes" in frame ? frame.bytes : new Uint8Array())),
    );
    const text = Buffer.from(bytes).toString("latin1");
    for (const secret of [circle, acme.rooms.me.id, liveOf(acme, circle).row.lane])
      expect(text.includes(Buffer.from(secret, "hex").toString("latin1"))).toBe(false);
    for (const name of ["acme", "borealis", "retail-eu"]) expect(text.includes(name)).toBe(false);
  });
});

describe("a bundle that was harmed", () => {
  test("is a torn one wherever its file ends, and whole frames are all that is read of it", async () => {
    await using folder = await tempDir();
    const { circle, acme, dorado } = await stage();
    const path = folder.at("bundle");
    const size = await writeBundleFile(path, each(await bundleOf(acme, circle, { to: [dorado] })));
    expect(await refusalOf(async () => writeBundleFile(path, each([])))).toBe("INPUT_INVALID");
    expect((await readFile(path)).length).toBe(size);
    const ends: number[] = [];
    for (let length = size - 1, frames = Infinity; length >= 16; length--) {
      await truncate(path, length);
      const left = await Array.fromAsync(readBundleFile(path));
      expect(left.at(-1), `${length} of ${size}`).toEqual({ kind: "torn" });
      expect(left.slice(0, -1).every(({ kind }) => kind === "head" || kind === "sealed")).toBe(true);
      if (left.length < frames) ends.push(length);
      frames = left.length;
    }
    expect(ends.length).toBeGreaterThan(3);
    await truncate(path, 15);
    expect(await refusalOf(async () => readBundle(dorado.rooms, readBundleFile(path)))).toBe("INPUT_INVALID");
  });

  test("of which half is there gives that half", async () => {
    const { circle, acme, dorado } = await stage();
    const envelopes = Array.from({ length: 150 }, (_, index) => `text ${index}`);
    for (let at = 0; at < 150; at += 50) await says(acme, circle, ...envelopes.slice(at, at + 50));
    const frames = await bundleOf(acme, circle);
    const { parts, isTorn } = await read(dorado, [...frames.slice(0, 3), { kind: "torn" }]);
    expect(isTorn).toBe(true);
    expect(parts[0]).toMatchObject({ state: "torn", kept: 64 });
    const rest = await read(dorado, frames);
    expect(rest.parts[0]).toMatchObject({ state: "whole", duplicates: 64, gaps: 0 });
    expect(picture(dorado, circle)).toEqual(picture(acme, circle));
  });

  test.each<[string, (frames: readonly BundleFrame[]) => readonly BundleFrame[]]>([
    ["a frame is changed", (frames) => frames.map((frame, at) => (at === 2 ? flipped(frame) : frame))],
    ["the opening is changed", (frames) => frames.map((frame, at) => (at === 1 ? flipped(frame) : frame))],
    ["a frame is left out", (frames) => frames.toSpliced(2, 1)],
    ["two frames are swapped", (frames) => frames.with(2, frames[3] as BundleFrame).with(3, frames[2] as BundleFrame)],
    ["a frame comes twice", (frames) => frames.toSpliced(3, 0, frames[2] as BundleFrame)],
  ])("is not read on where %s", async (_, harm) => {
    const { circle, acme, dorado } = await stage();
    for (let at = 0; at < 3; at++) await says(acme, circle, ...Array.from({ length: 50 }, (__, n) => `${at} ${n}`));
    const { parts } = await read(dorado, harm(await bundleOf(acme, circle)));
    expect(parts[0]).toMatchObject({ state: "refused", why: "INPUT_INVALID" });
    expect(dorado.rooms.delivery.held(circle, acme.rooms.me.id, liveOf(acme, circle).row.lane)).toBe(0);
    // Whoever has the whole one gets everything.
    await read(dorado, await bundleOf(acme, circle));
    expect(picture(dorado, circle)).toEqual(picture(acme, circle));
  });

  test("a file that is none, or has a frame larger than any, is refused by its first bytes", async () => {
    await using folder = await tempDir();
    const { dorado } = await stage();
    const path = folder.at("bundle");
    await writeFile(path, "tocsin bundle 1\nS\xff\xff\xff\xff", "latin1");
    expect(await readBundle(dorado.rooms, readBundleFile(path))).toMatchObject({ parts: [], isTorn: true });
    await writeFile(path, "PK\x03\x04 something else");
    expect(await refusalOf(async () => readBundle(dorado.rooms, readBundleFile(path)))).toBe("INPUT_INVALID");
    for (const none of [folder.at("nothing"), folder.path])
      expect(await refusalOf(async () => readBundle(dorado.rooms, readBundleFile(none)))).toBe("INPUT_MISSING");
  });
});

describe("a hostile writer", () => {
  test("R65: says nothing in the name of another: an opening that its writer did not sign for this part is not believed", async () => {
    const { circle, acme, borealis, dorado } = await stage();
    await read(dorado, await bundleOf(acme, circle));
    const { state } = liveOf(borealis, circle);
    const member = [...(state.roster?.members.values() ?? [])].find(({ id }) => id === dorado.rooms.me.id);
    if (!member) throw new Error("dorado is in");
    const sealed = await sealHead(circle, [prekeyOf(state, member)], borealis.rooms.random);
    if (!sealed) throw new Error("a head");
    const { head, part } = sealed;
    const lane = liveOf(acme, circle).row.lane;
    const says_ = { circle, at: 0, frontier: new Map([[lane, 1_000]]) };
    const { random } = borealis.rooms;
    // Signed by borealis with acme's name in it.
    const key = { ...borealis.rooms.me.key, publicKey: acme.rooms.me.key.publicKey };
    const end = sealFrame(part, { kind: "end", envelopes: 0 }, { index: 1, random });
    const forged = [sealOpening(part, { ...says_, key }, random), end];
    // Signed by acme for another part, which borealis was given.
    const other = await sealHead(circle, [prekeyOf(state, member)], random);
    if (!other) throw new Error("a head");
    const moved = [
      sealOpening({ ...part, place: other.part.place }, { ...says_, key: acme.rooms.me.key }, random),
      end,
    ];
    for (const frames of [forged, moved]) {
      const { parts } = await read(dorado, [
        { kind: "head", bytes: head },
        ...frames.map((bytes) => ({ kind: "sealed", bytes }) as const),
        { kind: "last", parts: 1 },
      ]);
      expect(parts[0]).toMatchObject({ state: "refused", why: "INPUT_INVALID", writer: undefined });
    }
    expect(dorado.rooms.delivery.held(circle, acme.rooms.me.id, lane)).toBeLessThan(1_000);
    // Its own word is its own.
    const own = [sealOpening(part, { ...says_, key: borealis.rooms.me.key }, random), end];
    const { parts } = await read(dorado, [
      { kind: "head", bytes: head },
      ...own.map((bytes) => ({ kind: "sealed", bytes }) as const),
      { kind: "last", parts: 1 },
    ]);
    expect(parts[0]).toMatchObject({ state: "whole", writer: borealis.rooms.me.id });
    expect(dorado.rooms.delivery.held(circle, borealis.rooms.me.id, lane)).toBe(1_000);
  });

  test("that is no member brings records that verify, and is not heard about what it holds", async () => {
    const { circle, acme, dorado } = await stage();
    await read(dorado, await bundleOf(acme, circle));
    await says(acme, circle, "one more");
    // It got hold of the prekeys and of the records, and has a key of its own.
    const eve = party("eve");
    const posing: Party = { ...acme, rooms: { ...acme.rooms, me: { ...acme.rooms.me, key: eve.rooms.me.key } } };
    const { parts } = await read(dorado, await bundleOf(posing, circle));
    expect(parts[0]).toMatchObject({ state: "whole", kept: 1, writer: eve.rooms.me.id });
    expect(dorado.rooms.delivery.held(circle, eve.rooms.me.id, liveOf(acme, circle).row.lane)).toBe(0);
  });

  test("of another circle's records gets nothing in, and is listened to no longer", async () => {
    const { circle, acme, borealis, dorado } = await stage();
    await read(dorado, await bundleOf(acme, circle));
    const elsewhere = await circleOfParties([borealis, party("fritz")]);
    const live = liveOf(borealis, circle);
    const frames = await Array.fromAsync(
      partFrames(borealis.rooms, live, {
        readers: readersOf(borealis.rooms, live),
        envelopes: each(await Array.fromAsync(envelopesOf(borealis, elsewhere))),
        told: () => undefined,
      }),
    );
    const before = picture(dorado, circle);
    const { parts } = await read(dorado, [...frames, { kind: "last", parts: 1 }]);
    expect(parts[0]).toMatchObject({ state: "refused", why: "RECORD_CIRCLE_WRONG", kept: 0 });
    expect(picture(dorado, circle)).toEqual(before);
  });

  test("of rubbish in every place of a head or a frame changes nothing and stops nothing", async () => {
    const { circle, acme, dorado } = await stage();
    const rubbish = [new Uint8Array(), Uint8Array.of(0xff), encodeCbor([]), encodeCbor([1, 2]), encodeCbor("head")];
    for (const bytes of rubbish) {
      const { parts } = await read(dorado, [
        { kind: "sealed", bytes },
        { kind: "head", bytes },
        { kind: "sealed", bytes },
        ...(await bundleOf(acme, circle)).slice(0, -1),
        { kind: "last", parts: 2 },
      ]);
      expect(parts).toMatchObject([{ state: "whole" }]);
    }
  });
});

async function* envelopesOf(node: Party, circle: CircleId): AsyncGenerator<Uint8Array> {
  for (const { length, id } of liveOf(node, circle).state.lanes.values())
    yield* node.rooms.store.range(circle, { lane: id, from: 0, to: length });
}

function flipped(frame: BundleFrame): BundleFrame {
  if (!("bytes" in frame)) return frame;
  return { ...frame, bytes: frame.bytes.map((byte, at) => (at === 40 ? byte ^ 1 : byte)) };
}

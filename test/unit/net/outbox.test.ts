// What waits for one peer is bounded, in order, and never silently lost.

import { describe, expect, it } from "vitest";
import { limits } from "../../../src/base/limits.ts";
import { createOutbox } from "../../../src/net/outbox.ts";
import { toyCircle } from "../../help/fake-host.ts";

const circle = toyCircle("inner");
const other = toyCircle("other");
const envelope = (bytes: number): Uint8Array => new Uint8Array(bytes);
const soon = (): AbortSignal => AbortSignal.timeout(1_000);

describe("the outbox of a peer", () => {
  it("takes nothing before its stream is open: the first frontier tells of it", () => {
    const outbox = createOutbox();
    expect(outbox.offer(circle, [envelope(10)])).toBe(false);
    outbox.open();
    expect(outbox.offer(circle, [envelope(10)])).toBe(true);
  });

  it("packs neighbouring records of one circle, up to the size of a batch", async () => {
    const outbox = createOutbox();
    outbox.open();
    outbox.offer(circle, [envelope(40_000), envelope(20_000), envelope(20_000)]);
    outbox.offer(other, [envelope(1)]);
    outbox.offer(circle, [envelope(2)]);
    const sizes: number[][] = [];
    for (let count = 0; count < 4; count++) {
      const next = await outbox.next(soon());
      if (next.kind === "records") sizes.push(next.envelopes.map(({ length }) => length));
    }
    expect(sizes).toEqual([[40_000, 20_000], [20_000], [1], [2]]);
  });

  it("sends heartbeats first, records next, and frontiers last", async () => {
    const outbox = createOutbox();
    outbox.open();
    outbox.tell(circle);
    outbox.offer(circle, [envelope(10)]);
    outbox.ping(7);
    const kinds = [await outbox.next(soon()), await outbox.next(soon()), await outbox.next(soon())];
    expect(kinds.map(({ kind }) => kind)).toEqual(["ping", "records", "tell"]);
  });

  it("stops taking records of a reader that is behind, and tells it to fetch them once it is idle", async () => {
    const outbox = createOutbox();
    outbox.open();
    const half = limits.pushUnackedBytesMax / 2 - 1_000;
    expect(outbox.offer(circle, [envelope(half)])).toBe(true);
    expect(outbox.offer(circle, [envelope(half)])).toBe(true);
    expect(outbox.offer(circle, [envelope(10_000)])).toBe(false);
    // Even a small one, for it would only make a gap; another circle is not affected.
    expect(outbox.offer(circle, [envelope(1)])).toBe(false);
    expect(outbox.offer(other, [envelope(1)])).toBe(true);
    for (let count = 0; count < 3; count++) expect((await outbox.next(soon())).kind).toBe("records");
    outbox.acknowledged(2);
    await expect(outbox.next(AbortSignal.timeout(10))).rejects.toThrow();
    outbox.acknowledged(1);
    expect(await outbox.next(soon())).toEqual({ kind: "tell", circle });
    expect(outbox.offer(circle, [envelope(1)])).toBe(true);
  });

  it("tells of a batch that is too large to push at all", async () => {
    const outbox = createOutbox();
    outbox.open();
    const many = Array.from({ length: 5 }, () => envelope(limits.envelopeBytesMax));
    expect(outbox.offer(circle, many)).toBe(false);
    expect(await outbox.next(soon())).toEqual({ kind: "tell", circle });
  });

  it("wakes whoever waits", async () => {
    const outbox = createOutbox();
    outbox.open();
    const waiting = outbox.next(soon());
    outbox.offer(circle, [envelope(3)]);
    expect(await waiting).toMatchObject({ kind: "records", circle });
  });

  it("forgets everything when its stream is gone", async () => {
    const outbox = createOutbox();
    outbox.open();
    outbox.offer(circle, [envelope(3)]);
    outbox.tell(circle);
    outbox.shut();
    outbox.open();
    await expect(outbox.next(AbortSignal.timeout(10))).rejects.toThrow();
  });
});

// What a receipt says of each place, and how small it stays.

import { describe, expect, test } from "vitest";
import { signingKeyFromSeed } from "../../../keys/index.ts";
import { limits } from "../../../src/base/limits.ts";
import { circleId, laneId, memberId, recordId } from "../../../src/record/ids.ts";
import { fewRanges, parseReceipt, provenBy, type Receipt, signReceipt } from "../../../src/record/receipt.ts";

const key = signingKeyFromSeed(new Uint8Array(32).fill(3));
const receipt: Receipt = {
  ...{ circle: circleId(new Uint8Array(32)), member: memberId(key.publicKey), lane: laneId(new Uint8Array(16)) },
  ...{ held: 10, head: recordId(new Uint8Array(32)), unopened: [[2, 4]], read: 6, at: 5 },
};

describe("a receipt", () => {
  test("proves of each place no more than it says", () => {
    expect([0, 1, 2, 3, 4, 5, 6, 9, 10].map((seq) => provenBy(receipt, seq))).toEqual([
      ...["read", "read", "held", "held", "read", "read", "decrypted", "decrypted", undefined],
    ]);
    expect(provenBy(undefined, 0)).toBeUndefined();
  });

  test("claims less where there are too many ranges, and never more", () => {
    const many = Array.from({ length: limits.receiptRangesMax + 3 }, (_, index) => [index * 3, index * 3 + 1] as const);
    const few = fewRanges(many);
    expect(few).toHaveLength(limits.receiptRangesMax);
    for (const [from] of many) expect(few.some(([start, end]) => from >= start && from < end)).toBe(true);
    expect(few.at(-1)).toEqual(many.at(-1));
    expect(fewRanges(many.slice(0, limits.receiptRangesMax))).toHaveLength(limits.receiptRangesMax);
  });

  test("of the greatest size fits its bound", () => {
    const big = 2 ** 40;
    const unopened = Array.from({ length: limits.receiptRangesMax }, (_, index) => {
      return [big + index * 2, big + index * 2 + 1] as const;
    });
    const { bytes } = signReceipt({ ...receipt, held: big * 2, read: big, unopened, at: limits.momentMaxMs }, key);
    expect(bytes.length).toBeLessThanOrEqual(limits.receiptBytesMax);
    expect(parseReceipt(bytes).receipt.unopened).toEqual(unopened);
  });
});

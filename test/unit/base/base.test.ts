// The ground: errors, time, bytes and the bounds of decoding.

import { describe, expect, test } from "vitest";
import { assert, unreachable } from "../../../src/base/assert.ts";
import { compareBytes, fromBase32, fromHex, fromUtf8, plain, toBase64Url, utf8 } from "../../../src/base/bytes.ts";
import { decodeCbor, encodeCbor, type Cbor } from "../../../src/base/cbor.ts";
import { systemClock, toRfc3339 } from "../../../src/base/clock.ts";
import { sha256 } from "../../../src/base/digest.ts";
import { asTocsinError, errorRow, ERRORS, TocsinError, verdictOf } from "../../../src/base/errors.ts";
import { limits } from "../../../src/base/limits.ts";
import { systemRandom } from "../../../src/base/random.ts";
import { refusalOf } from "../../help/refusal.ts";

describe("errors", () => {
  test("carry the verdict, hint and exit code of their row", () => {
    const error = new TocsinError("TICKET_USED", "the ticket was used already", { details: { step: "dial" } });
    expect(error).toMatchObject({
      name: "TocsinError",
      code: "TICKET_USED",
      hint: ERRORS.TICKET_USED.hint,
      details: { step: "dial" },
    });
    expect(errorRow("TICKET_USED").exit).toBe(77);
    expect(new TocsinError("TICKET_USED", "x", { hint: "y" }).hint).toBe("y");
  });

  test("only blame a peer for what it provably did", () => {
    expect(verdictOf(new TocsinError("RECORD_SIGNATURE_INVALID", "x"))).toBe("reject");
    expect(verdictOf(new TocsinError("RECORD_AUTHOR_UNKNOWN", "x"))).toBe("ignore");
    expect(verdictOf(new Error("ours"))).toBe("ignore");
    expect(asTocsinError(new Error("ours")).code).toBe("INTERNAL");
    expect(asTocsinError("ours").message).toContain("ours");
    const same = new TocsinError("TIMEOUT", "x");
    expect(asTocsinError(same)).toBe(same);
  });

  test("of our own stop the program's step", () => {
    expect(() => assert(false, "never")).toThrow("assertion failed: never");
    expect(() => unreachable("x" as never)).toThrow("unexpected x");
  });
});

describe("bytes", () => {
  test("that are none are answered with nothing", () => {
    expect(fromHex("abc")).toBeUndefined();
    expect(fromHex("zz")).toBeUndefined();
    expect(fromBase32("U")).toBeUndefined();
    expect(fromUtf8(Uint8Array.of(0xff))).toBeUndefined();
  });

  test("are plain arrays, wherever they come from", () => {
    for (const bytes of [
      plain(Buffer.from("x")),
      fromHex("ab"),
      sha256(utf8("x")),
      systemRandom(4),
      encodeCbor([1]),
      decodeCbor(Buffer.from([0x41, 1]), 9),
    ]) {
      expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
    }
    expect(compareBytes(Uint8Array.of(1), Uint8Array.of(2))).toBeLessThan(0);
    expect(toBase64Url(Uint8Array.of(0xfb, 0xff))).toBe("-_8");
  });
});

describe("CBOR", () => {
  test.each<[string, string]>([
    ["a number longer than it need be", "1801"],
    ["a text of indefinite length", "7f6161ff"],
    ["undefined", "f7"],
    ["infinity", "f97c00"],
    ["a double that a half would do for", "fb3ff8000000000000"],
    ["a tag", "c000"],
    ["a key twice", "a2616101616102"],
    ["keys out of order", "a2616201616101"],
    ["a key that is a number", "a10102"],
    ["a byte behind the value", "0000"],
    ["nothing", ""],
    ["a number beyond 2^53", "1b0020000000000000"],
    ["broken UTF-8", "61ff"],
  ])("refuses %s", async (_, hex) => {
    expect(await refusalOf(() => decodeCbor(fromHex(hex) ?? new Uint8Array(0), 100))).toBe("CBOR_INVALID");
  });

  test("takes a key called __proto__ for a key like any other", () => {
    const value = decodeCbor(fromHex("a1695f5f70726f746f5f5fa0") ?? new Uint8Array(0), 100);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value ?? {})).toEqual(["__proto__"]);
  });

  test("has a bound for size and one for depth", async () => {
    const nested = (depth: number): Cbor => (depth === 0 ? 1 : [nested(depth - 1)]);
    expect(await refusalOf(() => decodeCbor(encodeCbor(nested(limits.cborDepthMax)), 100))).toBeUndefined();
    expect(await refusalOf(() => decodeCbor(encodeCbor(nested(limits.cborDepthMax + 1)), 100))).toBe("CBOR_INVALID");
    expect(await refusalOf(() => decodeCbor(new Uint8Array(11), 10))).toBe("LIMIT_EXCEEDED");
  });
});

describe("time", () => {
  test("is told in UTC, and waiting for it can be ended", async () => {
    expect(toRfc3339(0)).toBe("1970-01-01T00:00:00.000Z");
    const stop = new AbortController();
    const waiting = systemClock.wait(60_000, stop.signal);
    stop.abort();
    await expect(waiting).rejects.toThrow();
    await systemClock.wait(0);
    expect(systemClock.now()).toBeGreaterThan(1.7e12);
    expect(systemClock.monotonic()).toBeGreaterThan(0);
  });
});

// The codec of the network under anything: what we write is read back, and what others write is a message or a refusal.

import { toHex } from "../../src/base/bytes.ts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TocsinError } from "../../src/base/errors.ts";
import { circleId, laneId } from "../../src/record/ids.ts";
import { type Message, decodeMessage, encodeMessage } from "../../src/net/wire.ts";

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const circle = bytes(32).map(circleId);
const lane = bytes(16).map(laneId);
const length = fc.nat();
const token = fc.nat();
const frontier = fc.array(fc.tuple(lane, length), { maxLength: 20 }).map((entries) => new Map(entries));
const envelopes = fc.array(fc.uint8Array({ minLength: 1, maxLength: 100 }), { maxLength: 10 });
const tags = fc.array(bytes(32), { maxLength: 16 });
const ranges = fc.array(
  fc.tuple(lane, fc.nat(1_000), fc.integer({ min: 1, max: 1_000 })).map(([id, from, count]) => {
    return { lane: id, from, to: from + count };
  }),
  { maxLength: 10 },
);
const told = fc.tuple(circle, frontier, bytes(8)).map(([id, lengths, head]) => {
  return { circle: id, frontier: lengths, heads: new Map(Array.from(lengths.keys(), (key) => [key, toHex(head)])) };
});
const is = <K extends Message["kind"]>(kind: K): fc.Arbitrary<K> => fc.constant(kind);

const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ kind: is("hello"), versions: fc.array(fc.nat(100), { maxLength: 16 }), nonce: bytes(32) }),
  fc.record({ kind: is("answer"), version: fc.nat(100), nonce: bytes(32), tags }),
  fc.record({ kind: is("tags"), tags }),
  told.map((fields) => ({ kind: "have" as const, ...fields })),
  fc.tuple(told, fc.nat()).map(([fields, batches]) => ({ kind: "held" as const, ...fields, batches })),
  fc.record({ kind: is("records"), circle, envelopes }),
  fc.record({ kind: is("receipts"), circle, receipts: fc.array(fc.uint8Array({ maxLength: 90 }), { maxLength: 9 }) }),
  fc.record({ kind: is("ping"), token }),
  fc.record({ kind: is("pong"), token }),
  fc.record({ kind: is("want"), circle, ranges }),
  fc.record({ kind: is("page"), envelopes }),
  fc.record({ kind: is("ask"), circle, body: fc.uint8Array({ maxLength: 200 }) }),
  fc.record({ kind: is("challenge"), challenge: bytes(32) }),
  fc.record({ kind: is("message"), body: fc.uint8Array({ maxLength: 200 }) }),
  fc.record({ kind: is("refused"), code: fc.constantFrom("TICKET_USED", "INTERNAL") }),
  fc.constantFrom<Message>({ kind: "done" }, { kind: "more" }, { kind: "end" }),
);

describe("messages between nodes", () => {
  it("are read back as they were written", () => {
    fc.assert(
      fc.property(message, (written) => {
        expect(decodeMessage(encodeMessage(written))).toEqual(written);
      }),
    );
  });

  it("cut short anywhere are refused", () => {
    fc.assert(
      fc.property(message, fc.nat(), (written, cut) => {
        const frame = encodeMessage(written);
        expect(() => decodeMessage(frame.subarray(0, cut % frame.length))).toThrow(TocsinError);
      }),
    );
  });

  it("that name a lane twice are refused", () => {
    const written: Message = {
      kind: "have",
      circle: circleId(new Uint8Array(32)),
      frontier: new Map([[laneId(new Uint8Array(16)), 5]]),
      heads: new Map([[laneId(new Uint8Array(16)), "0123456789abcdef"]]),
    };
    const frame = encodeMessage(written);
    // The last part is the list of the one lane: 27 bytes after its head.
    const entry = frame.slice(-28);
    const twice = Uint8Array.from([...frame.slice(0, -29), 0x82, ...entry, ...entry]);
    expect(frame.at(-29)).toBe(0x81);
    expect(() => decodeMessage(twice)).toThrow(TocsinError);
  });

  it("with a field too many or too few are refused", () => {
    fc.assert(
      fc.property(message, (written) => {
        const frame = encodeMessage(written);
        const head = frame[0] ?? 0x80;
        const longer = Uint8Array.from([head + 1, ...frame.subarray(1), 0]);
        expect(() => decodeMessage(longer)).toThrow(TocsinError);
      }),
    );
  });
});

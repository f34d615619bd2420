// What is no record at all: shapes and bounds that are refused before anything is verified.

import { describe, expect, test } from "vitest";
import { type Cbor, decodeCbor, encodeCbor } from "../../../src/base/cbor.ts";
import { limits } from "../../../src/base/limits.ts";
import { signingKeyFromSeed } from "../../../keys/index.ts";
import { decodeKept, decodePost, encodePost } from "../../../src/record/parse-body.ts";
import { indicatorsOf, POST_KINDS } from "../../../src/record/body.ts";
import { laneFor, memberId, recordId } from "../../../src/record/ids.ts";
import { type Draft, signClear } from "../../../src/record/sign.ts";
import { clearBody, verifyRecord } from "../../../src/record/verify.ts";
import { packContent, unpackContent } from "../../../src/record/content.ts";
import { decodeEnvelope, encodeEnvelope, encodeHeader } from "../../../src/record/wire.ts";
import { BODIES } from "../../help/bodies.ts";
import { sightingOf } from "../../help/records.ts";
import { refusalOf } from "../../help/refusal.ts";
import { seededRandom } from "../../help/seeded-random.ts";

const random = seededRandom("wire");
const key = signingKeyFromSeed(random(32));
const author = memberId(key.publicKey);
const head = recordId(random(32));
const circle = `${"0".repeat(63)}1` as Draft["circle"];
const draft: Draft = {
  circle,
  kind: "address",
  author,
  lane: laneFor(author, random),
  seq: 0,
  prev: undefined,
  rosterHeads: [head],
  epoch: undefined,
  exercise: false,
  at: 1,
};
const sign = (change: Partial<Draft> = {}, wraps?: readonly Uint8Array[]): ReturnType<typeof signClear> =>
  signClear({ ...draft, ...change }, { bytes: encodeCbor(["/a"]), ...(wraps ? { wraps } : {}) }, { key, random });
const refused = async (bytes: Uint8Array): Promise<string | undefined> => refusalOf(() => decodeEnvelope(bytes));

/** The envelope of an honest record with one field of its header replaced. */
function withField(at: number, value: Cbor): Uint8Array {
  const record = sign();
  const fields = [...(decodeCbor(record.sealedContext, 2_000) as readonly Cbor[])];
  fields[at] = value;
  const headerBytes = encodeHeader(encodeCbor(fields), record.header.nonce, record.header.payloadHash);
  return encodeEnvelope({ ...record, headerBytes });
}

describe("an envelope", () => {
  test("of an honest record is read", () => {
    expect(decodeEnvelope(sign().bytes).header.author).toBe(author);
    expect(clearBody(verifyRecord(decodeEnvelope(sign().bytes)))).toEqual(encodeCbor(["/a"]));
  });

  test.each<[string, Cbor]>([
    ["a text", "record"],
    ["too few parts", [new Uint8Array(1), new Uint8Array(64)]],
    ["too many parts", [new Uint8Array(1), new Uint8Array(64), new Uint8Array(1), [], 1]],
    ["a short signature", [new Uint8Array(1), new Uint8Array(63), new Uint8Array(1)]],
    ["a header that is no list", [encodeCbor(1), new Uint8Array(64), new Uint8Array(1)]],
  ])("of %s is refused", async (_, value) => {
    expect(await refused(encodeCbor(value))).toBe("RECORD_MALFORMED");
  });

  test.each<[string, number, Cbor]>([
    ["a version of the future", 0, 2],
    ["a short circle", 1, new Uint8Array(31)],
    ["an unknown kind", 2, 99],
    ["a kind that is no number", 2, "post"],
    ["a long author", 3, new Uint8Array(33)],
    ["a short lane", 4, new Uint8Array(15)],
    ["a negative place", 5, -1],
    ["a broken place", 5, 0.5],
    ["a first record with one before it", 6, new Uint8Array(32)],
    ["a head that is none", 7, [new Uint8Array(31)]],
    ["heads out of order", 7, [new Uint8Array(32).fill(2), new Uint8Array(32).fill(1)]],
    ["a head twice", 7, [new Uint8Array(32), new Uint8Array(32)]],
    [
      "more heads than there may be stewards",
      7,
      Array.from({ length: limits.rosterHeadsMax + 1 }, (_, n) => new Uint8Array(32).fill(n)),
    ],
    ["a clear record that names an epoch", 8, new Uint8Array(32)],
    ["an unknown flag", 9, 2],
    ["a time before 1970", 10, -1],
    ["a short commitment", 11, new Uint8Array(31)],
  ])("with %s is refused", async (_, at, value) => {
    expect(await refused(withField(at, value))).toBe("RECORD_MALFORMED");
  });

  test("of a later record without the one before it is refused", async () => {
    expect(await refused(sign({ seq: 1 }).bytes)).toBe("RECORD_MALFORMED");
  });

  test("of a post that is not sealed is refused", async () => {
    expect(await refused(sign({ kind: "post" }).bytes)).toBe("RECORD_MALFORMED");
  });

  test("has wraps exactly where it is an epoch", async () => {
    const wrap = new Uint8Array(80);
    expect(await refused(sign({ kind: "epoch" }, [wrap]).bytes)).toBeUndefined();
    expect(await refused(sign({ kind: "epoch" }).bytes)).toBe("RECORD_MALFORMED");
    expect(await refused(sign({}, [wrap]).bytes)).toBe("RECORD_MALFORMED");
    expect(
      await refused(
        sign(
          { kind: "epoch" },
          Array.from({ length: limits.membersMax + 1 }, () => wrap),
        ).bytes,
      ),
    ).toBe("RECORD_MALFORMED");
    expect(await refused(sign({ kind: "epoch" }, [new Uint8Array(limits.wrapsBytesMax + 1)]).bytes)).toBe(
      "LIMIT_EXCEEDED",
    );
  });

  test("beyond the limits is refused unread", async () => {
    const large = signClear(draft, { bytes: new Uint8Array(limits.recordBytesMax) }, { key, random });
    expect(await refused(large.bytes)).toBe("LIMIT_EXCEEDED");
    expect(await refused(new Uint8Array(limits.envelopeBytesMax + 1))).toBe("LIMIT_EXCEEDED");
    // A hostile depth of nesting is invalid like any other bytes.
    expect(await refused(new Uint8Array(limits.envelopeBytesMax).fill(0x81))).toBe("CBOR_INVALID");
  });
});

describe("verification", () => {
  test("R1: another's signature, or a flipped one, is refused", async () => {
    const stranger = signingKeyFromSeed(random(32));
    const forged = signClear(draft, { bytes: new Uint8Array(1) }, { key: stranger, random });
    expect(await refusalOf(() => verifyRecord(forged))).toBe("RECORD_SIGNATURE_INVALID");
  });

  test("R2: another payload or another wrap than the signed one is refused", async () => {
    const record = sign();
    expect(await refusalOf(() => verifyRecord({ ...record, payload: sign().payload }))).toBe(
      "RECORD_SIGNATURE_INVALID",
    );
    const epoch = sign({ kind: "epoch" }, [new Uint8Array(80), new Uint8Array(80).fill(1)]);
    expect(await refusalOf(() => verifyRecord({ ...epoch, wraps: epoch.wraps.toReversed() }))).toBe(
      "RECORD_SIGNATURE_INVALID",
    );
    expect(await refusalOf(() => verifyRecord({ ...epoch, wraps: epoch.wraps.slice(1) }))).toBe(
      "RECORD_SIGNATURE_INVALID",
    );
  });

  test("R3: a clear body that its author did not commit to is refused", async () => {
    const { signRecord } = await import("../../../src/record/sign.ts");
    const payload = packContent({ salt: random(32), body: encodeCbor([]) }, 1);
    const record = signRecord({ ...draft, commitment: new Uint8Array(32) }, { nonce: new Uint8Array(0), payload }, key);
    expect(await refusalOf(() => verifyRecord(record))).toBe("RECORD_COMMITMENT_INVALID");
  });
});

describe("content", () => {
  test("that is short, lies about its length or is filled with anything is refused", async () => {
    const packed = packContent({ salt: new Uint8Array(32), body: new Uint8Array(4) }, 256);
    const dirty = packed.slice();
    dirty[255] = 1;
    const lying = packed.slice();
    lying[35] = 255;
    for (const bytes of [packed.slice(0, 35), dirty, lying])
      expect(await refusalOf(() => unpackContent(bytes))).toBe("RECORD_MALFORMED");
  });
});

describe("a body", () => {
  const post = sightingOf("203.0.113.1");
  test.each<[string, Cbor]>([
    ["an unknown kind", { kind: "rumour" }],
    ["an unknown field", { ...(decodeCbor(encodePost(post), 1e5) as object), colour: "red" }],
    ["an unknown marking", { ...(decodeCbor(encodePost(post), 1e5) as object), tlp: "pink" }],
    ["a technique that is none", { ...(decodeCbor(encodePost(post), 1e5) as object), techniques: ["T1"] }],
    ["confidence above 100", { ...(decodeCbor(encodePost(post), 1e5) as object), confidence: 101 }],
    ["a reference that is none", { ...(decodeCbor(encodePost(post), 1e5) as object), re: new Uint8Array(31) }],
    [
      "an indicator without value",
      { ...(decodeCbor(encodePost(post), 1e5) as object), indicators: [{ type: "ip", value: "" }] },
    ],
    ["no map", []],
  ])("with %s is none", async (_, value) => {
    expect(await refusalOf(() => decodePost(encodeCbor(value)))).toBe("RECORD_BODY_INVALID");
  });

  const re = new Uint8Array(32).fill(1);
  const marks = { tlp: "green", seat: "kim" };
  const told = { ...marks, indicators: [], techniques: [] };
  const words = { severity: "severe", urgency: "immediate", certainty: "likely" };
  const [one, two] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  test.each<[string, Cbor]>([
    ["answers yes and saw nothing", { ...marks, kind: "answer", re, answer: "yes", state: "not-seen" }],
    ["answers no and contained it", { ...marks, kind: "answer", re, answer: "no", state: "contained" }],
    ["answers nothing", { ...marks, kind: "answer", answer: "yes" }],
    ["names both orgs and a number of them", { ...told, ...words, kind: "alert", need: 1, who: [one] }],
    ["names orgs in no order", { ...told, ...words, kind: "alert", who: [two, one] }],
    ["names an org twice", { ...told, ...words, kind: "alert", who: [one, one] }],
    ["is a drill by its text", { ...told, ...words, kind: "alert", status: "exercise" }],
    ["opens an incident without a title", { ...told, kind: "incident", severity: "severe" }],
    ["links no record", { ...marks, kind: "update", re, links: [] }],
    ["decides not", { ...marks, kind: "update", re, decision: false }],
    ["notes a product of a note", { ...told, kind: "note", product: "PrintHub" }],
    ["amends under another marking", { ...marks, kind: "amend", re, now: { ...told, kind: "note", tlp: "clear" } }],
    [
      "amends an amendment",
      { ...marks, kind: "amend", re, now: { ...marks, kind: "amend", re, now: { ...told, kind: "note" } } },
    ],
    ["amends an acknowledgement", { ...marks, kind: "amend", re, now: { ...marks, kind: "ack", re } }],
    ["withdraws nothing", { ...marks, kind: "retract" }],
    ["names a tactic that is none", { ...told, kind: "note", techniques: ["TA1"] }],
    ["is of an unknown kind and not marked", { kind: "poll", seat: "kim" }],
    ["is of an unknown kind and marked by no level", { ...marks, kind: "poll", tlp: "white" }],
    ["is of a kind that is no word", { ...marks, kind: "a poll!" }],
  ])("that %s is none", async (_, value) => {
    expect(await refusalOf(() => decodePost(encodeCbor(value)))).toBe("RECORD_BODY_INVALID");
  });

  test("of an unknown kind is told as such, byte for byte, with its marking and what it refers to", () => {
    const bytes = encodeCbor({ ...marks, kind: "poll", re, choices: [1, 2] });
    const body = decodePost(bytes);
    expect(body).toEqual({ kind: "unknown", named: "poll", ...marks, re: recordId(re), bytes });
    expect(encodePost(body)).toEqual(bytes);
    expect(indicatorsOf(body)).toEqual([]);
  });

  test("that was kept as unknown stays so where a version knows its kind and not its form", async () => {
    const bytes = encodeCbor({ ...marks, kind: "incident", phase: 2 });
    expect(await refusalOf(() => decodePost(bytes))).toBe("RECORD_BODY_INVALID");
    expect(decodeKept(bytes)).toEqual({ kind: "unknown", named: "incident", ...marks, bytes });
  });

  test.each(Object.entries(BODIES))("of kind %s comes back, and is numbered where it always was", (kind, bodies) => {
    for (const body of bodies) expect(decodePost(encodePost(body))).toEqual(body);
    expect(POST_KINDS).toContain(kind);
    // The store keeps these numbers.
    expect(POST_KINDS.slice(0, 4)).toEqual(["sighting", "alert", "reply", "ack"]);
    expect(POST_KINDS.indexOf("retract")).toBe(13);
  });

  test("that does not fit a record is refused before it is sealed", async () => {
    const indicators = Array.from({ length: 40 }, () => ({ type: "other", value: "x".repeat(2_000) }) as const);
    expect(await refusalOf(() => encodePost({ ...post, indicators }))).toBe("LIMIT_EXCEEDED");
    const fits = encodePost({ ...post, indicators: indicators.slice(0, 32) });
    expect(
      packContent({ salt: new Uint8Array(32), body: fits }, limits.paddingStepBytes).length + 16,
    ).toBeLessThanOrEqual(limits.recordBytesMax);
  });
});

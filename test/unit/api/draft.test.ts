// From what people and scripts write to what is posted: normal forms, defaults, and what is refused.

import { describe, expect, test } from "vitest";
import { answerTlp, bodyOf } from "../../../src/api/draft.ts";
import { judged } from "../../../src/api/judge.ts";
import type { DraftParams } from "../../../src/api/methods.ts";
import type { Alert, Amendable, PostBody } from "../../../src/record/body.ts";
import { orgId, recordId } from "../../../src/record/ids.ts";
import { refusalOf } from "../../help/refusal.ts";

const context = { seat: "kim", defaultTlp: "amber" } as const;
const re = recordId(new Uint8Array(32).fill(7));

/** That many different techniques or hashes. */
function repeated(what: "T" | "md5", count: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    what === "T" ? `T${1_000 + index}` : index.toString(16).padStart(32, "0"),
  );
}

describe("a draft of a sighting", () => {
  test("gets its indicators in normal form, each once", () => {
    const body = bodyOf(
      { kind: "sighting", indicators: ["ip:203[.]0[.]113[.]24", "203.0.113.24", "EVIL.example"] },
      context,
    );
    expect(body).toMatchObject({
      indicators: [
        { type: "ip", value: "203.0.113.24" },
        { type: "domain", value: "evil.example" },
      ],
    });
  });

  test("is marked as its circle says where it says nothing, and its own caveat and recipients stand beside that", () => {
    const to = [orgId(new Uint8Array(32).fill(3))];
    expect(bodyOf({ kind: "sighting", text: "x" }, context)).toMatchObject({ tlp: "amber" });
    expect(bodyOf({ kind: "sighting", text: "x", caveat: "no calls" }, { ...context, to })).toMatchObject({
      caveat: "no calls",
      to,
    });
    expect(bodyOf({ kind: "sighting", text: "x", tlp: "clear" }, context).tlp).toBe("clear");
  });

  test("keeps times as moments and leaves out what is not given", () => {
    const seen = { first: "2026-11-22T10:00:00.000Z", last: "2026-11-22T12:00:00+01:00", count: 3 };
    const body = bodyOf({ kind: "sighting", text: "x", seen, confidence: 80 }, context);
    expect(body).toEqual({
      kind: "sighting",
      tlp: "amber",
      seat: "kim",
      text: "x",
      indicators: [],
      techniques: [],
      seen: { first: Date.UTC(2026, 10, 22, 10), last: Date.UTC(2026, 10, 22, 11), count: 3 },
      confidence: 80,
    });
  });

  test.each<readonly [string, DraftParams]>([
    ["says nothing at all", { kind: "sighting" }],
    [
      "was first seen after it was last seen",
      { kind: "sighting", text: "x", seen: { first: "2026-11-22T12:00:00Z", last: "2026-11-22T11:00:00Z" } },
    ],
  ])("that %s is refused", async (_, draft) => {
    expect(await refusalOf(() => bodyOf(draft, context))).toBe("INPUT_INVALID");
  });

  test.each<readonly [string, Partial<DraftParams>, Partial<DraftParams>]>([
    ["title: at most 200 characters", { title: "x".repeat(200) }, { title: "x".repeat(201) }],
    ["text: at most 16000 characters", { text: "x".repeat(16_000) }, { text: "x".repeat(16_001) }],
    ["source: at most 200 characters", { source: "x".repeat(200) }, { source: "x".repeat(201) }],
    ["indicators: at most 500 entries", { indicators: repeated("md5", 500) }, { indicators: repeated("md5", 501) }],
    ["techniques: at most 32 entries", { techniques: repeated("T", 32) }, { techniques: repeated("T", 33) }],
    ["seen.count: at most 999999999", { seen: { count: 999_999_999 } }, { seen: { count: 1_000_000_000 } }],
    ["confidence: at most 100", { confidence: 100 }, { confidence: 101 }],
    ["need: at most 200", { need: 200 }, { need: 201 }],
    ["need: at least 1", { need: 1 }, { need: 0 }],
  ])("is bounded: %s", (message, fits, exceeds) => {
    const draft: DraftParams = { kind: "alert", text: "x" };
    bodyOf({ ...draft, ...fits }, context);
    expect(() => bodyOf({ ...draft, ...exceeds }, context)).toThrow(message);
  });

  test("with a bad indicator or technique is refused as a whole", async () => {
    expect(await refusalOf(() => bodyOf({ kind: "sighting", indicators: ["203.0.113.24", "ip:1.2.3"] }, context))).toBe(
      "INDICATOR_INVALID",
    );
    expect(await refusalOf(() => bodyOf({ kind: "sighting", text: "x", techniques: ["T1"] }, context))).toBe(
      "INDICATOR_INVALID",
    );
  });
});

describe("a draft of an alert", () => {
  test("has words for how bad, how soon and how sure, or the usual ones", () => {
    expect(bodyOf({ kind: "alert", text: "x" }, context)).toMatchObject({
      severity: "severe",
      urgency: "immediate",
      certainty: "likely",
    });
    expect(bodyOf({ kind: "alert", text: "x", severity: "Minor" }, context)).toMatchObject({ severity: "minor" });
  });

  test("that says nothing, or uses another word, is refused", async () => {
    expect(await refusalOf(() => bodyOf({ kind: "alert" }, context))).toBe("INPUT_INVALID");
    expect(await refusalOf(() => bodyOf({ kind: "alert", text: "x", severity: "terrible" }, context))).toBe(
      "INPUT_INVALID",
    );
  });
});

describe("an answer", () => {
  test("names what it answers", async () => {
    expect(bodyOf({ kind: "ack", text: "blocked" }, { ...context, re })).toMatchObject({
      kind: "ack",
      re,
      note: "blocked",
    });
    expect(await refusalOf(() => bodyOf({ kind: "ack" }, context))).toBe("INPUT_INVALID");
    expect(await refusalOf(() => bodyOf({ kind: "reply" }, { ...context, re }))).toBe("INPUT_INVALID");
  });

  test("is never marked wider than what it answers", () => {
    expect(answerTlp("red", undefined)).toBe("red");
    expect(answerTlp("red", "green")).toBe("red");
    expect(answerTlp("green", "amber")).toBe("amber");
    expect(answerTlp(undefined, "green")).toBe("green");
    expect(answerTlp(undefined, undefined)).toBeUndefined();
  });
});

/** As it would be posted. */
const said = (...draft: Parameters<typeof bodyOf>): PostBody => judged(bodyOf(...draft));

describe("a draft of each kind", () => {
  const links = [recordId(new Uint8Array(32).fill(8))];
  const who = [orgId(new Uint8Array(32).fill(9))];
  test.each<readonly [DraftParams, object]>([
    [{ kind: "ask", text: "seen?", closes: "2026-11-22T18:00:00Z" }, { closes: Date.UTC(2026, 10, 22, 18) }],
    [
      { kind: "answer", answer: "No", state: "not-seen", searched: { scope: "proxy" } },
      { re, answer: "no", state: "not-seen", searched: { scope: "proxy" } },
    ],
    [
      { kind: "note", text: "x", techniques: ["ta0001"] },
      { re, techniques: ["TA0001"] },
    ],
    [
      { kind: "update", text: "x", decision: true, status: "closed" },
      { re, decision: true, status: "closed", links },
    ],
    [
      { kind: "vuln", product: "PrintHub" },
      { product: "PrintHub", exploited: "unknown", severity: "unknown" },
    ],
    [
      { kind: "incident", title: "phish" },
      { title: "phish", severity: "unknown" },
    ],
    [
      { kind: "msg", text: "x" },
      { text: "x", re },
    ],
    [
      { kind: "retract", text: "wrong" },
      { re, why: "wrong" },
    ],
  ])("%o", (draft, fields) => {
    const standsAlone = ["ask", "incident", "vuln"].includes(draft.kind);
    const given = draft.kind === "update" ? { links } : {};
    const body = said(draft, { ...context, ...given, ...(standsAlone ? {} : { re }) });
    expect(body).toMatchObject({ kind: draft.kind, ...fields });
  });

  test("says nothing that its kind does not say", async () => {
    for (const draft of [
      { kind: "reply", text: "x", title: "y" },
      { kind: "ask", text: "x", severity: "severe" },
      { kind: "alert", text: "x", product: "PrintHub" },
      { kind: "alert", text: "x", status: "closed" },
      { kind: "update", text: "x", status: "test" },
      { kind: "answer", answer: "yes", state: "not-seen" },
    ] satisfies readonly DraftParams[]) {
      const needs = draft.kind === "ask" || draft.kind === "alert" ? {} : { re };
      expect(await refusalOf(() => said(draft, { ...context, ...needs }))).toBe("INPUT_INVALID");
    }
    expect(await refusalOf(() => said({ kind: "alert", text: "x", need: 1 }, { ...context, who }))).toBe(
      "INPUT_INVALID",
    );
  });

  test.each<DraftParams>([
    { kind: "ask" },
    { kind: "note" },
    { kind: "incident" },
    { kind: "vuln" },
    { kind: "answer" },
    { kind: "msg" },
    { kind: "update", decision: true },
    { kind: "retract" },
    { kind: "amend" },
  ])("that lacks what it needs is refused: %o", async (draft) => {
    const given = draft.kind === "retract" ? {} : { re };
    expect(await refusalOf(() => said(draft, { ...context, ...given }))).toBe("INPUT_INVALID");
  });
});

describe("an amendment", () => {
  const amended = said(
    { kind: "alert", text: "patch", title: "VPN", indicators: ["203.0.113.24"], need: 2 },
    context,
  ) as Amendable;
  const amend = (draft: Omit<DraftParams, "kind" | "re">): PostBody =>
    said({ kind: "amend", ...draft, tlp: draft.tlp ?? amended.tlp }, { ...context, seat: "lee", re, amended });

  test("says again what it does not change", () => {
    const { title: _, ...kept } = amended as Alert;
    expect(amend({ title: "VPN gateway", why: "which one" })).toEqual({
      ...{ kind: "amend", tlp: "amber", seat: "lee", re, why: "which one" },
      now: { ...kept, title: "VPN gateway", seat: "lee" },
    });
    expect(amend({ indicators: ["203.0.113.25"] })).toMatchObject({
      now: { indicators: [{ type: "ip", value: "203.0.113.25" }] },
    });
  });

  test("of what excludes each other keeps the new one", () => {
    const who = [orgId(new Uint8Array(32).fill(9))];
    const body = said({ kind: "amend", who: ["globex"], tlp: "amber" }, { ...context, re, amended, who });
    expect(body).toMatchObject({ now: { who } });
    expect(body).not.toHaveProperty("now.need");
  });

  test("that changes nothing, or what its kind does not have, is refused", async () => {
    expect(await refusalOf(() => amend({}))).toBe("INPUT_INVALID");
    expect(await refusalOf(() => amend({ why: "just so" }))).toBe("INPUT_INVALID");
    expect(await refusalOf(() => amend({ product: "PrintHub" }))).toBe("INPUT_INVALID");
    expect(amend({ tlp: "red" })).toMatchObject({ tlp: "red", now: { tlp: "red" } });
  });
});

// What the kind of an item adds to its words, in the feed, in the detail and on the screen; and what an arrival changes of an
// item that is on the screen already.

import { describe, expect, test } from "vitest";
import { correctionLines, kindLines, leadOf } from "../../../cli/kind-words.ts";
import { headline, itemLine, itemLines } from "../../../cli/texts.ts";
import { answered } from "../../../cli/tui/answered.ts";
import { kindWord } from "../../../cli/tui/words.ts";
import { waitsForUs } from "../../../cli/tui/alerts.ts";
import type { ItemDocument } from "../../../src/api/documents.ts";
import { POST_KINDS } from "../../../src/record/body.ts";
import { item } from "../../help/fake-feed.ts";

const RE = `q-${"7".repeat(52)}`;
const answer = item({
  ...{ kind: "answer", re: RE, text: "at the edge" },
  answer: { answer: "yes", state: "contained", searched: { from: null, to: null, scope: "proxy\u202e" } },
});

describe("the words of a kind", () => {
  test.each(POST_KINDS)(
    "%s is told in five letters at most, and needs nothing that an older daemon leaves out",
    (kind) => {
      const bare = item({ kind, re: kind === "sighting" ? null : RE });
      expect(kindWord(bare).length).toBeLessThanOrEqual(5);
      expect(() => [leadOf(bare), kindLines(bare), itemLine(bare, false), itemLines(bare, false)]).not.toThrow();
    },
  );

  test("stand before those of the item", () => {
    expect(headline(answer)).toBe("YES, contained q-777777: at the edge");
    expect(headline(item({ kind: "retract", re: RE, text: "our red team", retract: { counts: true } }))).toBe(
      "withdraws q-777777: our red team",
    );
    expect(headline(item({ kind: "retract", re: RE, retract: { counts: false } }))).toContain("does not count");
    expect(headline(item({ kind: "unknown", unknown: { named: "poll" } }))).toContain("does not know: poll");
  });

  test("are made safe before they are printed", () => {
    const printed = itemLines(answer, false).join("\n");
    expect(printed).toContain("searched in proxy‹U+202E›");
    expect(printed).not.toContain("\u202e");
  });

  test("tell of what was withdrawn by whom, when and why", () => {
    const correction = { id: RE, org: "globex", seat: "li", at: "2026-11-22T10:00:00.000Z", why: "a drill" };
    expect(correctionLines(item({ state: "retracted", correction }))).toEqual([
      "WITHDRAWN by globex/li 2026-11-22 10:00Z (q-777777): a drill",
    ]);
  });
});

describe("an item on the screen", () => {
  const sighting = item({ title: "spray", text: "from a server", indicators: [{ type: "ip", value: "203.0.113.24" }] });
  const about = (given: Partial<ItemDocument>): ItemDocument => item({ re: sighting.id, ...given });

  test("loses its words once its author withdraws it, and has the new ones where it is amended", () => {
    const amended = about({ kind: "amend", title: "spray, again", amend: { why: "x", counts: true, changes: [] } });
    const gone = about({ kind: "retract", text: "a drill", retract: { counts: true } });
    expect(answered(sighting, [amended])).toMatchObject({ state: "amended", title: "spray, again", text: null });
    for (const arrived of [[gone], [amended, gone], [gone, amended]])
      expect(answered(sighting, arrived)).toMatchObject({
        ...{ state: "retracted", title: null, text: null, indicators: [] },
        correction: { why: "a drill" },
      });
  });

  test("stays as it is where the correction does not count", () => {
    const amended = about({ kind: "amend", title: "mine", amend: { why: null, counts: false, changes: [] } });
    const gone = about({ kind: "retract", retract: { counts: false } });
    expect(answered(sighting, [amended, gone])).toMatchObject({ state: "current", title: "spray" });
  });
});

describe("an alert that names who must acknowledge", () => {
  const section = { severity: "severe", urgency: "immediate", certainty: "likely", ackBy: null, need: 1 } as const;
  const alert = (who: readonly string[]): ItemDocument =>
    item({ kind: "alert", alert: { ...section, status: "actual", who, acks: [] } });
  const screen = { org: "acme" } as Parameters<typeof waitsForUs>[0];

  test("waits for those alone", () => {
    expect(waitsForUs(screen, alert([]))).toBe(true);
    expect(waitsForUs(screen, alert(["acme", "hooli"]))).toBe(true);
    expect(waitsForUs(screen, alert(["hooli"]))).toBe(false);
    expect(waitsForUs(screen, { ...alert([]), state: "amended" })).toBe(true);
    expect(waitsForUs(screen, { ...alert([]), state: "retracted" })).toBe(false);
  });

  test("counts the acknowledgements of those alone", () => {
    const acks = [{ org: "globex", seat: "li", at: "2026-11-22T10:00:00.000Z", note: null }];
    const one = item({ kind: "alert", alert: { ...section, status: "actual", who: ["hooli"], acks } });
    expect(itemLine(one, false)).toContain("acked 0/1");
    expect(kindLines(one)).toContain("not yet: hooli");
  });
});

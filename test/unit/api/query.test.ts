// The words of a search, and what they find.

import { describe, expect, test } from "vitest";
import { matches, parseQuery } from "../../../src/api/query.ts";
import type { PostBody } from "../../../src/record/body.ts";
import type { Item } from "../../../src/store/store.ts";
import { refusalOf } from "../../help/refusal.ts";
import { MORNING, someCircle, someLane, someMember, someRecordId } from "../../help/records.ts";

const HOUR_MS = 3_600_000;
const spray: PostBody = {
  kind: "sighting",
  tlp: "amber",
  seat: "kim",
  title: "VPN spray",
  text: "from a rented server",
  indicators: [{ type: "ip", value: "203.0.113.24" }],
  techniques: ["T1110.003"],
};

function item(body: PostBody, at = MORNING): Item {
  const place = {
    id: someRecordId(),
    circle: someCircle(),
    author: someMember(),
    lane: someLane(),
    epoch: someRecordId(),
  };
  return { ...place, cursor: 1, seq: 0, at, receivedAt: at, exercise: false, body };
}

const finds = (words: string, one: Item = item(spray), org = "acme"): boolean =>
  matches(parseQuery([words], MORNING), one, org);

describe("a search", () => {
  test.each([
    ["ip:203.0.113.24", true],
    ["ip:203[.]0[.]113[.]24", true],
    ["ip:203.0.113.25", false],
    ["kind:sight", true],
    ["kind:alert", false],
    ["from:acme", true],
    ["from:ACME", true],
    ["from:other", false],
    ["tlp:amber", true],
    ["tlp:red", false],
    ["vpn", true],
    ["SPRAY rented", true],
    ["spray missing", false],
    ["T1110.003", true],
    ["203.0.113", true],
    ["spray -rented", false],
    ["spray -leased", true],
    ["vpn from:acme kind:sighting tlp:amber ip:203.0.113.24", true],
    ["vpn from:acme kind:alert", false],
  ])("for %s: %s", (words, found) => {
    expect(finds(words)).toBe(found);
  });

  test("since a time takes ages and dates", () => {
    const old = item(spray, MORNING - 25 * HOUR_MS);
    expect(finds("since:24h", old)).toBe(false);
    expect(finds("since:2d", old)).toBe(true);
    expect(finds(`since:${new Date(MORNING - HOUR_MS).toISOString()}`)).toBe(true);
  });

  test("finds the note of an acknowledgement and the text of a reply", () => {
    const re = someRecordId();
    expect(finds("blocked", item({ kind: "ack", tlp: "amber", seat: "kim", re, note: "blocked at the edge" }))).toBe(
      true,
    );
    expect(finds("same", item({ kind: "reply", tlp: "amber", seat: "kim", re, text: "the same here" }))).toBe(true);
  });

  test.each(["kind:nonsense", "tlp:purple", "since:yesterday"])("for %s is refused", async (words) => {
    expect(await refusalOf(() => parseQuery([words], MORNING))).toBe("INPUT_INVALID");
  });

  test("for an indicator that is none is refused", async () => {
    expect(await refusalOf(() => parseQuery(["ip:300.1.1.1"], MORNING))).toBe("INDICATOR_INVALID");
  });
});

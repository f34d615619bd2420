// How items read for a person.

import { describe, expect, test } from "vitest";
import { headline, itemLine, itemLines, table, timeText } from "../../../cli/texts.ts";
import { fakeItem } from "../../help/fake-daemon.ts";

describe("an item", () => {
  test("on one line has its marking in full before what it says", () => {
    const line = itemLine(
      fakeItem(1, { tlp: "amber+strict", title: "VPN spray", sawToo: ["globex"], exercise: true }),
      false,
    );
    expect(line).toBe(
      "2025-11-22 14:31Z  s-000000  SIGHTING  TLP:AMBER+STRICT  retail-eu/northwind ✓  EXERCISE  VPN spray ×2",
    );
  });

  test("without title and text is told by its first indicator, defanged", () => {
    expect(headline(fakeItem(1, { text: null }))).toBe("ip 203[.]0[.]113[.]24");
    expect(headline(fakeItem(1, { text: null, indicators: [] }))).toBe("");
  });

  test("that is an alert shows who acknowledged", () => {
    const acks = [{ org: "globex", seat: "li", at: "2025-11-22T14:40:00.000Z", note: "blocked" }];
    const alert = {
      severity: "severe",
      urgency: "immediate",
      certainty: "likely",
      ackBy: null,
      need: "all",
      status: "actual",
      who: [],
      acks,
    } as const;
    const lines = itemLines(fakeItem(1, { kind: "alert", alert: { ...alert, acks: [...acks] } }), false);
    expect(lines.at(-2)).toBe("severe, immediate, likely; acknowledge by -: 1 of all");
    expect(lines.at(-1)).toBe("  ✓ globex/li 2025-11-22 14:40Z blocked");
  });

  test("in a table stands in aligned columns", () => {
    expect(
      table(
        ["A", "B"],
        [
          ["long", "x"],
          ["y", ""],
        ],
      ),
    ).toEqual(["A     B", "long  x", "y"]);
    expect(timeText(null)).toBe("-");
  });
});

// What scripts pipe in, a line at a time: read strictly, so that a slip is an error and never a leak.

import { describe, expect, it } from "vitest";
import { readNdjsonLine } from "../../../src/stix/read-ndjson.ts";

const line = (fields: object): string => JSON.stringify(fields);

describe("a script posts a line", () => {
  it("with indicators in any notation", () => {
    const fields = {
      indicators: ["hxxp://evil[.]example/x", { type: "ipv4", value: "203.0.113.9" }],
      ioc: "evil[.]example",
    };
    expect(readNdjsonLine(line(fields), 1)).toEqual({
      draft: {
        kind: "sighting",
        indicators: ["url:http://evil.example/x", "ip:203.0.113.9", "domain:evil.example"],
      },
    });
  });

  it("with every field of an alert", () => {
    const draft = {
      kind: "alert",
      tlp: "amber+strict",
      pap: "red",
      title: "Ransomware",
      text: "Isolate now.",
      techniques: ["T1486"],
      severity: "extreme",
      urgency: "immediate",
      certainty: "observed",
      ackBy: "2030-01-01T00:00:00Z",
      need: 3,
      exercise: true,
    };
    const written = { ...draft, tlp: "TLP:AMBER+STRICT", pap: "PAP:RED", techniques: ["t1486"] };
    expect(readNdjsonLine(line(written), 1)).toEqual({ draft });
  });

  it("with the key of its own system, which need not be a field of ours", () => {
    expect(readNdjsonLine(line({ text: "x", alert_id: 42 }), 1, { keyField: "alert_id" })).toEqual({
      draft: { kind: "sighting", text: "x" },
      key: "42",
    });
    expect(readNdjsonLine(line({ text: "x", source: "edr-7" }), 1, { keyField: "source" })).toEqual({
      draft: { kind: "sighting", text: "x", source: "edr-7" },
      key: "edr-7",
    });
  });
});

describe("a slip is refused with its line and field, and without the content", () => {
  it.each([
    ["{", "line 7 is not JSON"],
    ["[]", "line 7 is not a JSON object"],
    ["null", "line 7 is not a JSON object"],
    [line({ tpl: "red" }), 'line 7: field "tpl" is not known'],
    [line({ tlp: "purple" }), 'line 7: field "tlp" is no TLP label'],
    [line({ indicators: ["evil.example", "secret words"] }), 'line 7: field "indicators.1" is no indicator'],
    [line({ ioc: { type: "ip", value: "x" } }), 'line 7: field "ioc.0" is no indicator'],
    [line({ ioc: { type: "ip", valeu: "x" } }), 'line 7: field "ioc.0" is not allowed there'],
    [line({ techniques: ["x"] }), 'line 7: field "techniques.0" is no technique'],
    [line({ seen: { frist: "2024-01-01T00:00:00Z" } }), 'line 7: field "seen.frist" is not known'],
    [line({ expires: "tomorrow" }), 'line 7: field "expires" is not allowed there'],
    [line({ confidence: 101 }), 'line 7: field "confidence" is not allowed there'],
    ['{"__proto__":{"tlp":"red"}}', 'line 7: field "__proto__" is not known'],
    [line({ "evil\u001b[2J": 1 }), 'line 7: field "evil??2J" is not known'],
  ])("%s", (text, message) => {
    expect(() => readNdjsonLine(text, 7)).toThrow(expect.objectContaining({ code: "INPUT_INVALID", message }));
  });

  it("also where the key is missing or the line is endless", () => {
    expect(() => readNdjsonLine(line({ text: "x" }), 7, { keyField: "toString" })).toThrow(
      'field "toString" has no usable key',
    );
    expect(() => readNdjsonLine("x".repeat(2 ** 20 + 1), 7)).toThrow("line 7 is longer than 1048576 characters");
  });
});

// The seam that whatever posts asks first: what is sent, what waits for somebody, and what is kept as evidence of it.

import { beforeAll, describe, expect, it } from "vitest";
import type { PostBody } from "../../../src/record/body.ts";
import { parseIndicator } from "../../../src/record/indicator.ts";
import { applied } from "../../../src/scrub/apply.ts";
import { textFieldsOf } from "../../../src/scrub/fields.ts";
import { judge } from "../../../src/scrub/judge.ts";
import { openScrub, type Scrub } from "../../../src/scrub/scrub.ts";
import { limits } from "../../../src/base/limits.ts";
import { refusalOf } from "../../help/refusal.ts";
import { sightingOf } from "../../help/bodies.ts";

const RULES = { domains: ["acme.example"], networks: [], names: ["removed", "own"], seats: ["kim"], lists: [] };
const BY = { reviewer: "kim", at: 1_000 };
const MAIL = "victim@northwind.com";

let scrub: Scrub;
beforeAll(async () => {
  scrub = await openScrub(RULES);
});

/** The body that is sent once what was found is taken out. */
function appliedTo(body: PostBody): PostBody {
  const judged = judge(scrub, body, { ...BY, decision: { decision: "apply" } });
  if (judged.state !== "clean") throw new Error("it was not applied");
  return judged.body;
}

describe("a body", () => {
  it("in which nothing is found is sent as it is, and the evidence says so", () => {
    const body = sightingOf("VPN portal password spray");
    expect(judge(scrub, body, BY)).toEqual({
      state: "clean",
      body,
      evidence: { ...BY, rules: scrub.rules, result: "clean", findings: [] },
    });
  });

  it("with warnings alone is sent as it is, with the warnings", () => {
    const judged = judge(scrub, sightingOf("asks 8.8.8.8"), BY);
    expect(judged).toMatchObject({ state: "clean", evidence: { result: "clean", findings: [{ severity: "warn" }] } });
  });

  it("with findings waits for a decision", () => {
    expect(judge(scrub, sightingOf(MAIL), BY)).toMatchObject({
      state: "findings",
      findings: [{ field: "text", start: 0, end: MAIL.length, replacement: "[e-mail address removed]" }],
    });
  });

  it("is sent without what was found where that is decided", () => {
    expect(appliedTo(sightingOf(`to ${MAIL}, cc x`))).toEqual(sightingOf("to [e-mail address removed], cc x"));
  });

  it("is sent as it is for a reason, which is kept", () => {
    const body = sightingOf(MAIL);
    const decision = { decision: "keep", reason: "the sender is the attacker" } as const;
    expect(judge(scrub, body, { ...BY, decision })).toMatchObject({
      state: "clean",
      body,
      evidence: {
        reviewer: "kim",
        at: 1_000,
        result: "kept",
        reason: decision.reason,
        findings: [{ detector: "email" }],
      },
    });
  });

  it("of which nothing would be left is not sent", async () => {
    const body = { ...sightingOf("", [parseIndicator("ip:10.1.2.3")]) };
    expect(await refusalOf(() => appliedTo(body))).toBe("INPUT_INVALID");
  });
});

it("evidence holds nothing of what was found", () => {
  const judged = judge(scrub, sightingOf(`${MAIL} and 4111111111111111`), { ...BY, decision: { decision: "apply" } });
  const text = JSON.stringify(judged.state === "clean" ? judged.evidence : undefined);
  expect(text).toContain("e-mail address");
  for (const content of ["victim", "northwind", "4111"]) expect(text).not.toContain(content);
});

it("an indicator that is none any more is left out, one that is free text keeps the rest", () => {
  const body = sightingOf("seen", [
    parseIndicator("ip:10.1.2.3"),
    parseIndicator("ip:203.0.113.9"),
    parseIndicator("domain:vpn.acme.example"),
    parseIndicator("filename:C:\\Users\\jsmith\\x.exe"),
    parseIndicator("email:boss@bad.test"),
  ]);
  expect("indicators" in body && appliedTo(body)).toMatchObject({
    indicators: [
      { type: "ip", value: "203.0.113.9" },
      { type: "filename", value: "C:\\Users\\[user name removed]\\x.exe" },
      { type: "email", value: "boss@bad.test" },
    ],
  });
});

it("words of our own that stand for what was removed are found by nobody's list of names", () => {
  expect(appliedTo(sightingOf("own host removed, mail vpn.acme.example"))).toEqual(
    sightingOf("[own name removed] host [own name removed], mail [own domain removed]"),
  );
});

it("a field is never longer than it may be, whatever is replaced in it", () => {
  const many = "a@b.co ".repeat(60);
  const title = many.slice(0, limits.titleCharsMax);
  const body = { ...sightingOf("x"), title } as PostBody;
  for (const { name, text } of textFieldsOf(appliedTo(body)))
    if (name === "title") expect(text.length).toBeLessThanOrEqual(limits.titleCharsMax);
});

it("two halves that come together where something was taken out are found as well", () => {
  const findings = scrub.find(sightingOf(`kim@acme.example@northwind.com`));
  const once = applied(sightingOf(`kim@acme.example@northwind.com`), findings);
  expect(scrub.find(once).filter(({ severity }) => severity === "hold")).toEqual([]);
});

it("the digest of the rules changes with each of them", async () => {
  const others = [
    { ...RULES, domains: ["other.example"] },
    { ...RULES, networks: ["198.18.0.0/16"] },
    { ...RULES, names: [] },
    { ...RULES, seats: [] },
    { ...RULES, country: "DE" },
    {
      ...RULES,
      lists: [{ name: "one", version: 1, type: "string", kinds: ["domain"], list: ["bad.test"] }],
    } as const,
  ];
  const digests = [scrub.rules];
  for (const rules of others) digests.push((await openScrub(rules)).rules);
  expect(new Set(digests).size).toBe(digests.length);
});

it.each([
  ["domains", "no domain"],
  ["networks", "10.0.0.0/99"],
  ["names", "ab"],
] as const)("rules that cannot be meant are refused: %s %s", async (field, word) => {
  expect(await refusalOf(() => openScrub({ ...RULES, [field]: [word] }))).toBe("CONFIG_INVALID");
  expect(await refusalOf(() => openScrub({ ...RULES, country: "ZZ" }))).toBe("CONFIG_INVALID");
});

// The rules of a circle as people write and read them: flags of `circle create`, KEY=VALUE of `circle policy`.

import type { CirclePolicyDocument } from "../src/api/documents.ts";
import type { RulesParams } from "../src/api/methods.ts";
import { limits } from "../src/base/limits.ts";
import { usage } from "./args.ts";
import { readChoice, readDuration, readHistory, readNumber, readText, readTlp } from "./values.ts";

const DAY_MS = 86_400_000;
const yesNo = (text: string): boolean => readChoice("answer", ["yes", "no"])(text) === "yes";
const orgs = readNumber(0, limits.membersMax);

export const readInviters = readChoice("rule", ["stewards", "members"]);
export const readExporters = readChoice("rule", ["members", "stewards", "nobody"]);
export const readUnverified = readChoice("rule", ["withhold", "read"]);
export const readOrgs = orgs;

/** Whole days of a duration, at least one. */
export function daysOf(ms: number): number {
  return Math.max(1, Math.ceil(ms / DAY_MS));
}

const READERS: Readonly<Record<string, (text: string) => RulesParams>> = {
  "max-tlp": (text) => ({ maxTlp: readTlp(text) }),
  "default-tlp": (text) => ({ defaultTlp: readTlp(text) }),
  unverified: (text) => ({ unverified: readUnverified(text) }),
  keep: (text) => ({ keepDays: daysOf(readDuration(text)) }),
  history: (text) => ({ history: readHistory(text) }),
  purpose: (text) => ({ purpose: readText(text) }),
  gossip: (text) => ({ gossip: yesNo(text) }),
  invite: (text) => ({ invite: readInviters(text) }),
  vouches: (text) => ({ vouches: orgs(text) }),
  refound: (text) => ({ refound: orgs(text) }),
  export: (text) => ({ export: readExporters(text) }),
  exercise: (text) => ({ exercise: yesNo(text) }),
};

/** Rules given as `key=value`, each once. Throws USAGE. */
export function readRules(words: readonly string[]): RulesParams {
  const given = new Set<string>();
  const rules: RulesParams = {};
  for (const word of words) {
    const [, key = word, value = ""] = /^([^=]*)=(.*)$/s.exec(word) ?? [];
    const read = Object.hasOwn(READERS, key) ? READERS[key] : undefined;
    if (!read || !word.includes("=")) {
      throw usage(
        `${JSON.stringify(word.slice(0, 40))} is no rule; write KEY=VALUE with one of ${Object.keys(READERS).join(", ")}`,
      );
    }
    if (given.has(key)) throw usage(`rule ${key} is given twice`);
    given.add(key);
    Object.assign(rules, read(value));
  }
  return rules;
}

/** The rules as lines for a person, unsafe where a steward chose the words. */
export function ruleLines(policy: CirclePolicyDocument): readonly (readonly [string, string])[] {
  const answer = (on: boolean): string => (on ? "yes" : "no");
  return [
    ["max-tlp", policy.maxTlp],
    ["default-tlp", policy.defaultTlp ?? "amber+strict, or the above where that is wider"],
    [
      "unverified",
      policy.unverified === "read" ? "read what is amber+strict or red" : "withhold amber+strict and red from them",
    ],
    ["keep", policy.keep],
    ["history", policy.history],
    ["purpose", policy.purpose],
    ["gossip", answer(policy.gossip)],
    ["invite", policy.invite],
    ["vouches", policy.vouches < 2 ? `${policy.vouches} (the admitting org alone)` : String(policy.vouches)],
    ["refound", policy.refound === 0 ? "0 (never)" : String(policy.refound)],
    ["export", policy.export],
    ["exercise", answer(policy.exercise)],
    ["suite", String(policy.suite)],
  ];
}

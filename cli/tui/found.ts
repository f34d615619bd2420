// The indicators in a text that a person writes or pastes, offered to be sent as such. Addresses of people and of inside are offered
// and not taken by themselves: they are more often a victim than an attacker. Pure.

import { BlockList, isIP } from "node:net";
import { limits } from "../../src/base/limits.ts";
import { parseIndicator } from "../../src/record/indicator.ts";
import type { Indicator } from "../../src/record/body.ts";

/** `usual`: whether it is sent unless the person says otherwise. */
export type FoundIndicator = { readonly key: string; readonly indicator: Indicator; readonly usual: boolean };

const WORDS_MAX = 2_000;
/** A word without any of these is a word, whatever form it has. */
const TELLING = /[.:/@\d]/u;
/** What people put around an indicator. */
const AROUND = /^[\s"'`(<{,;]+|[\s"'`)>},;.!?]+$/gu;
const TYPED = /^[a-z][a-z\d_-]{0,31}:(?!\/\/)/iu;

/** Private, loopback, link-local and shared space: RFC 1918, 6598, 3927, 4193 and 4291. */
const INSIDE = new BlockList();
for (const [net, bits] of [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
] as const)
  INSIDE.addSubnet(net, bits, "ipv4");
for (const [net, bits] of [
  ["fc00::", 7],
  ["fe80::", 10],
  ["::1", 128],
] as const)
  INSIDE.addSubnet(net, bits, "ipv6");

/** Each once, in the order of the text, at most as many as a record may have. What is written as `type:value` is meant. */
export function indicatorsIn(text: string): readonly FoundIndicator[] {
  const found = new Map<string, FoundIndicator>();
  for (const word of text.split(/\s+/u).slice(0, WORDS_MAX)) {
    const bare = word.replaceAll(AROUND, "");
    const indicator = indicatorOf(bare);
    if (!indicator) continue;
    const key = `${indicator.type}:${indicator.value}`;
    if (!found.has(key)) found.set(key, { key, indicator, usual: isMeant(bare) || isUsual(indicator) });
    if (found.size >= limits.indicatorsPerRecordMax) break;
  }
  return [...found.values()];
}

function indicatorOf(word: string): Indicator | undefined {
  if (word.length < 4 || word.length > limits.indicatorCharsMax || !TELLING.test(word)) return undefined;
  try {
    return parseIndicator(word);
  } catch {
    // A word that is no indicator is a word.
    return undefined;
  }
}

/** Whether its type stands before it; an IPv6 address looks like that too. */
function isMeant(word: string): boolean {
  return TYPED.test(word) && isIP(word.split("/")[0] ?? "") === 0;
}

function isUsual({ type, value }: Indicator): boolean {
  if (type === "email" || type === "account") return false;
  if (type !== "ip" && type !== "cidr") return true;
  const address = value.split("/")[0] ?? "";
  const family = isIP(address);
  return family === 0 || !INSIDE.check(address, family === 6 ? "ipv6" : "ipv4");
}

// Flags by which a writer takes a decision that the daemon leaves to people: named dangers, and what the review found.

import { limits } from "../src/base/limits.ts";
import type { ScrubParams } from "../src/api/methods.ts";
import { many, one, usage, type OptionsOf } from "./args.ts";
import { readChoice, readText } from "./values.ts";

/** Named overrides: what is given up is said by name. */
export const acceptFlag = {
  accept: many(
    "RISK",
    "key-change: post although the key of somebody in the circle changed; unverified: although somebody is not verified; new-lane: in a lane of its own where the old one is held",
    readChoice("risk", ["key-change", "unverified", "new-lane"] as const),
  ),
};

const scrubFlags = {
  scrub: one(
    "apply|keep",
    "where the review finds personal data, own data or secrets: take them out, or send them for a --reason",
    readChoice("decision", ["apply", "keep"] as const),
  ),
  reason: one("TEXT", "why what was found is sent all the same", readText),
};

/** For everything that posts. */
export const overrideFlags = { ...acceptFlag, ...scrubFlags };

/** What is to be done with findings, where that is said. Throws USAGE where a reason is missing or has nothing to explain. */
export function scrubOf({ scrub, reason }: OptionsOf<typeof scrubFlags>): { scrub?: ScrubParams } {
  if (scrub === "keep") return { scrub: keeping(reason ?? "") };
  if (reason !== undefined) throw usage("--reason is for --scrub keep");
  return scrub === undefined ? {} : { scrub: { decision: "apply" } };
}

function keeping(text: string): ScrubParams {
  const reason = text.trim();
  if (reason === "") throw usage("--scrub keep needs a --reason");
  if (reason.length > limits.scrubReasonCharsMax)
    throw usage(`a reason has ${limits.scrubReasonCharsMax} characters at most`);
  return { decision: "keep", reason };
}

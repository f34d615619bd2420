// The one question that whatever sends a body asks first: is it clean, and if not, what was decided about it? The answer carries
// the evidence of the review. Whoever holds posts for release asks here as well.

import { TocsinError } from "../base/errors.ts";
import type { PostBody } from "../record/body.ts";
import { applied } from "./apply.ts";
import type { Finding } from "./finding.ts";
import type { Scrub } from "./scrub.ts";

/** What a person, or a script for one, decided about what was found: to take it out, or to send it for a reason. */
export type ScrubDecision = { readonly decision: "apply" } | { readonly decision: "keep"; readonly reason: string };

/** What can be shown of a review later: who decided what about which findings, and never what stood there. */
export type ScrubEvidence = {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The seat that decided, or that posted what was clean. */
  readonly reviewer: string;
  /** The rules that it was looked through by: `Scrub.rules`. */
  readonly rules: string;
  readonly result: "clean" | "applied" | "kept";
  /** Why it was kept. */
  readonly reason?: string;
  readonly findings: readonly Finding[];
};

export type Judgement =
  /** To be sent: this body, which is another one where findings were applied. */
  | { readonly state: "clean"; readonly body: PostBody; readonly evidence: ScrubEvidence }
  /** Not to be sent before somebody decides. */
  | { readonly state: "findings"; readonly findings: readonly Finding[] };

/** Taking something out can bring two halves of something else together; so often that is looked for. */
const ROUNDS_MAX = 8;

/** Throws INPUT_INVALID where findings are applied and nothing is left to say. */
export function judge(
  scrub: Scrub,
  body: PostBody,
  by: { readonly decision?: ScrubDecision; readonly reviewer: string; readonly at: number },
): Judgement {
  const findings = scrub.find(body);
  const { decision, reviewer, at } = by;
  const evidence = { at, reviewer, rules: scrub.rules, findings };
  if (!isHeld(findings)) return { state: "clean", body, evidence: { ...evidence, result: "clean" } };
  if (decision === undefined) return { state: "findings", findings };
  if (decision.decision === "keep")
    return { state: "clean", body, evidence: { ...evidence, result: "kept", reason: decision.reason } };
  const left = cleaned(scrub, body);
  if (saysNothing(left)) throw nothingLeft();
  return { state: "clean", body: left, evidence: { ...evidence, result: "applied" } };
}

/** Whether something is found that is not sent unseen. */
export function isHeld(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === "hold");
}

/** The body without anything that is to be held. */
export function cleaned(scrub: Scrub, body: PostBody): PostBody {
  let now = body;
  let left = scrub.find(now);
  for (let round = 0; isHeld(left); round++) {
    // Never seen, and no reason to send it.
    if (round === ROUNDS_MAX) throw nothingLeft();
    now = applied(now, left);
    left = scrub.find(now);
  }
  return now;
}

function saysNothing(body: PostBody): boolean {
  if (body.kind === "amend") return saysNothing(body.now);
  if (body.kind !== "sighting" && body.kind !== "ask" && body.kind !== "note") return false;
  if (body.kind !== "ask" && body.re !== undefined) return false;
  return body.indicators.length === 0 && !body.title && !body.text;
}

function nothingLeft(): TocsinError {
  return new TocsinError("INPUT_INVALID", "nothing would be left to say once everything found is taken out");
}

// What the daemon's review found in a post, shown to whoever wrote it, and the question what to do. Loaded only where there is
// something to show. All of it goes to standard error.

import type { Client } from "../src/api/client.ts";
import type { Methods, ScrubParams } from "../src/api/methods.ts";
import type { ReviewedDocument, ScrubDocument } from "../src/api/scrub-document.ts";
import { limits } from "../src/base/limits.ts";
import type { Invocation } from "./invocation.ts";
import { showsSecrets } from "./output.ts";
import { present } from "./present.ts";
import { ask } from "./prompt.ts";
import { safeLines, safeText } from "./safe-text.ts";

const LINES_MAX = 40;
const LINE_CHARS_MAX = 160;

type PostParams = Methods["post"]["params"];

/** Shows the findings of a post as a difference, and asks where a person is there. Undefined: nothing is to be sent. */
export async function decide(call: Invocation, client: Client, params: PostParams): Promise<ScrubParams | undefined> {
  const { circle, draft, dryRun, via } = params;
  // What a script writes to standard error is kept in a log or mailed; a rehearsal was asked for to be seen.
  if (call.out.mode !== "text" || (dryRun !== true && !showsSecrets())) return undefined;
  for (const line of reviewLines(await client.call("scrub", { draft, ...present({ circle, via }) }, call)))
    call.out.note(line);
  return call.mayAsk && dryRun !== true ? askDecision() : undefined;
}

async function askDecision(): Promise<ScrubParams | undefined> {
  const answer = (await ask("send it without what was found (a), as it is (k), or not at all? [a/k/N] ")).toLowerCase();
  if (/^a(pply)?$/.test(answer)) return { decision: "apply" };
  if (!/^k(eep)?$/.test(answer)) return undefined;
  const reason = (await ask("why is it to be sent as it is? ")).slice(0, limits.scrubReasonCharsMax);
  return reason === "" ? undefined : { decision: "keep", reason };
}

/** The review for a person: what was found, then each field that would change. */
export function reviewLines({ findings, changes, more }: ScrubDocument): readonly string[] {
  const lines = [
    ...findings.map(({ severity, field, detector, found }) => {
      const mark = severity === "hold" ? "!" : "?";
      return `${mark} ${fieldText(field)}: ${safeText(detector)} ${cut(JSON.stringify(found))}`;
    }),
    ...changes.flatMap(({ field, before, after }) => [
      `${fieldText(field)} would become:`,
      ...difference(before, after),
    ]),
  ];
  const cutOff = Math.max(0, lines.length - LINES_MAX) + more;
  return [...lines.slice(0, LINES_MAX), ...(cutOff > 0 ? [`… and ${cutOff} more`] : [])];
}

/** What only was shown, of a post that is sent. */
export function warningLines({ result, findings }: ReviewedDocument): readonly string[] {
  const warnings = findings.filter(({ severity }) => severity === "warn");
  const held = findings.length - warnings.length;
  return [
    ...warnings.slice(0, LINES_MAX).map(({ field, detector }) => `? ${fieldText(field)}: ${safeText(detector)}`),
    ...(result === "applied" ? [`sent without ${held} findings of the review`] : []),
    ...(result === "kept" ? [`sent with ${held} findings of the review, for the reason that you gave`] : []),
  ];
}

/** `indicators.0` is the first one to a person. */
function fieldText(field: string): string {
  const [, index] = /^indicators\.(\d+)$/.exec(field) ?? [];
  return index === undefined ? safeText(field) : `indicator ${Number(index) + 1}`;
}

/** The lines that differ; those around them are the same. */
function difference(before: string, after: string | null): readonly string[] {
  const old = safeLines(before);
  if (after === null) return [...old.map((line) => `- ${cut(line)}`), "+ (left out)"];
  const now = safeLines(after);
  let start = 0;
  while (start < Math.min(old.length, now.length) && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < Math.min(old.length, now.length) - start && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  return [
    ...old.slice(start, old.length - end).map((line) => `- ${cut(line)}`),
    ...now.slice(start, now.length - end).map((line) => `+ ${cut(line)}`),
  ];
}

function cut(line: string): string {
  const safe = safeText(line);
  return safe.length > LINE_CHARS_MAX ? `${safe.slice(0, LINE_CHARS_MAX - 1)}…` : safe;
}

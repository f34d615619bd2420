// `check`: have my circles seen these indicators? Asks this node only; nothing leaves the machine.

import type { CheckDocument } from "../../src/api/documents.ts";
import { TocsinError } from "../../src/base/errors.ts";
import { limits } from "../../src/base/limits.ts";
import { usage } from "../args.ts";
import type { Input } from "../command.ts";
import type { circleFlag } from "../flags.ts";
import { readInput } from "../input-text.ts";
import { withDaemon, type Invocation } from "../invocation.ts";
import { present } from "../present.ts";
import { safeText } from "../safe-text.ts";

/** Indicators of one request: 20 hits of each still fit one answer. */
const PART = 200;

const UNREAD = 65;

/**
 * Exit code 0 where there is a hit, 1 where there is none, 65 where there is none among those that could be read. `-`
 * reads one indicator a line; lines that start with # are comments.
 */
export async function check(call: Invocation, { options, operands }: Input<typeof circleFlag>): Promise<number> {
  const indicators = await indicatorsOf(operands);
  if (indicators.length === 0) throw usage("no indicator is given");
  const inCircle = present({ circle: options.circle });
  const whole: CheckDocument = { schema: "tocsin.check/1", hits: [], misses: [], rejected: [] };
  await withDaemon(call, async (client) => {
    for (let at = 0; at < indicators.length; at += PART) {
      const part = indicators.slice(at, at + PART);
      const { hits, misses, rejected } = await client.call("check", { indicators: part, ...inCircle }, call);
      whole.hits.push(...hits);
      whole.misses.push(...misses);
      whole.rejected.push(...rejected);
    }
  });
  const [bad] = whole.rejected;
  if (bad && whole.rejected.length === indicators.length) throw new TocsinError("INDICATOR_INVALID", bad.message);
  await tell(call, whole);
  return whole.hits.length > 0 ? 0 : bad ? UNREAD : 1;
}

async function indicatorsOf(operands: readonly string[]): Promise<string[]> {
  const lists = operands.map(async (operand) =>
    operand === "-" ? linesOf(await readInput("-", limits.importBytesMax)) : [operand],
  );
  return (await Promise.all(lists)).flat().flatMap((line) => line.trim() || []);
}

function linesOf(list: string): string[] {
  return list.split(/\r?\n/).filter((line) => !line.trimStart().startsWith("#"));
}

async function tell(call: Invocation, document: CheckDocument): Promise<void> {
  const { hits, misses, rejected } = document;
  for (const { message } of rejected) call.out.note(`left out: ${safeText(message)}`);
  const rows = [
    ...hits.map((hit) => ({ schema: document.schema, ...hit, hit: true })),
    ...misses.map((miss) => ({ schema: document.schema, ...miss, hit: false, items: [] })),
  ];
  if (call.out.mode !== "text") return call.out.list(document, rows, () => []);
  const { corroborationText, indicatorText, shortId, timeText, tlpText } = await import("../texts.ts");
  const lines: string[] = [];
  for (const hit of hits) {
    lines.push(`✓ ${indicatorText(hit)}`);
    for (const one of hit.corroboration) lines.push(`    ${safeText(one.circle)}: ${corroborationText(one)}`);
    for (const { id, circle, org, at, tlp } of hit.items) {
      const marking = tlpText(tlp, call.out.colour);
      lines.push(`    ${timeText(at)}  ${marking}  ${shortId(id)}  ${safeText(org)} in ${safeText(circle)}`);
    }
  }
  for (const miss of misses) lines.push(`  ${indicatorText(miss)}  not seen`);
  call.out.list(document, rows, () => lines);
}

// `check`: have my circles seen these indicators? Asks this node only; nothing leaves the machine.

import type { CheckDocument } from "../../src/api/documents.ts";
import { limits } from "../../src/base/limits.ts";
import { usage } from "../args.ts";
import type { Input } from "../command.ts";
import type { circleFlag } from "../flags.ts";
import { readInput } from "../input-text.ts";
import { withDaemon, type Invocation } from "../invocation.ts";
import { present } from "../present.ts";

/** Indicators of one request: 20 hits of each still fit one answer. */
const PART = 200;

/** Exit code 0 where there is a hit, 1 where there is none. `-` reads one indicator a line. */
export async function check(call: Invocation, { options, operands }: Input<typeof circleFlag>): Promise<number> {
  const indicators = await indicatorsOf(operands);
  if (indicators.length === 0) throw usage("no indicator is given");
  const inCircle = present({ circle: options.circle });
  const whole: CheckDocument = { schema: "tocsin.check/1", hits: [], misses: [] };
  await withDaemon(call, async (client) => {
    for (let at = 0; at < indicators.length; at += PART) {
      const part = indicators.slice(at, at + PART);
      const { hits, misses } = await client.call("check", { indicators: part, ...inCircle }, call);
      whole.hits.push(...hits);
      whole.misses.push(...misses);
    }
  });
  await tell(call, whole);
  return whole.hits.length > 0 ? 0 : 1;
}

async function indicatorsOf(operands: readonly string[]): Promise<string[]> {
  const lists = operands.map(async (operand) =>
    operand === "-" ? (await readInput("-", limits.importBytesMax)).split(/\r?\n/) : [operand],
  );
  return (await Promise.all(lists)).flat().flatMap((line) => line.trim() || []);
}

async function tell(call: Invocation, document: CheckDocument): Promise<void> {
  const { hits, misses } = document;
  const rows = [
    ...hits.map((hit) => ({ schema: document.schema, ...hit, hit: true })),
    ...misses.map((miss) => ({ schema: document.schema, ...miss, hit: false, items: [] })),
  ];
  if (call.out.mode !== "text") return call.out.list(document, rows, () => []);
  const { indicatorText, safeText, shortId, timeText, tlpText } = await import("../texts.ts");
  const lines: string[] = [];
  for (const hit of hits) {
    lines.push(`✓ ${indicatorText(hit)}`);
    for (const { id, circle, org, at, tlp } of hit.items) {
      const marking = tlpText(tlp, call.out.colour);
      lines.push(`    ${timeText(at)}  ${marking}  ${shortId(id)}  ${safeText(org)} in ${safeText(circle)}`);
    }
  }
  for (const miss of misses) lines.push(`  ${indicatorText(miss)}  not seen`);
  call.out.list(document, rows, () => lines);
}

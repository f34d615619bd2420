// `bundle`: records on a stick, to members that no link reaches.

import { resolve } from "node:path";
import type { BundleReadDocument } from "../../src/api/bundle-document.ts";
import { ERRORS } from "../../src/base/errors.ts";
import type { Input } from "../command.ts";
import type { bundleWriteFlags } from "../flags.ts";
import { withDaemon, type Invocation } from "../invocation.ts";
import { present } from "../present.ts";
import { safeText } from "../safe-text.ts";

export async function write(call: Invocation, { options, operands }: Input<typeof bundleWriteFlags>): Promise<void> {
  const { circle, for: peer } = options;
  const params = { file: resolve(operands[0] ?? ""), ...present({ circle, for: peer }) };
  const written = await withDaemon(call, (client) => client.call("bundle.write", params, call));
  call.out.document(written, () => [
    `✓ ${safeText(written.file)} written, ${(written.bytes / 1024).toFixed(0)} KiB`,
    ...written.circles.map(
      ({ name, records, for: orgs }) => `  ${safeText(name)}: ${records} records for ${orgs.map(safeText).join(", ")}`,
    ),
  ]);
}

/** Exit code 65 where something was refused or the file is torn, 75 where records before it are missing. What was good is kept in any case. */
export async function read(call: Invocation, { operands }: Input<Record<string, never>>): Promise<number> {
  const file = resolve(operands[0] ?? "");
  const found = await withDaemon(call, (client) => client.call("bundle.read", { file }, call));
  call.out.document(found, () => [
    ...found.circles.flatMap(partLines),
    ...(found.forOthers > 0 ? [`${found.forOthers} parts are for others`] : []),
    ...(found.torn ? ["! the file ends too early: ask for it again; what was good is kept"] : []),
  ]);
  const isBad = found.torn || found.circles.some(({ state, refused }) => state !== "whole" || refused.length > 0);
  if (isBad) return ERRORS.INPUT_INVALID.exit;
  return found.circles.some(({ gaps }) => gaps > 0) ? ERRORS.TIMEOUT.exit : 0;
}

function partLines(part: BundleReadDocument["circles"][number]): string[] {
  const { name, from, state, why, duplicates, gaps, refused, behind } = part;
  return [
    `${state === "whole" ? "✓" : "!"} ${safeText(name)}, from ${from === null ? "nobody known" : safeText(from)}: ${part.new} new, ${duplicates} held already${behind > 0 ? `, ${behind} still missing` : ""}`,
    ...(gaps > 0 ? [`  ${gaps} lean on records that are not here yet; read the bundle again when they are`] : []),
    ...refused.map(({ code, records }) => `  ${records} refused: ${code}`),
    ...(why === null ? [] : [`  the rest was not read: ${why}`]),
  ];
}

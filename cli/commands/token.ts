// `token`: by what clients show as which seat they speak.

import { writeFile } from "node:fs/promises";
import type { TokensDocument } from "../../src/api/seat-documents.ts";
import { TocsinError } from "../../src/base/errors.ts";
import type { Flags } from "../args.ts";
import type { Input } from "../command.ts";
import { withDaemon, type Invocation } from "../invocation.ts";
import { present } from "../present.ts";
import type { tokenAddFlags } from "../seat-flags.ts";

/** Shown once, or written to a new file that only its owner reads. */
export async function add(call: Invocation, { options, operands }: Input<typeof tokenAddFlags>): Promise<void> {
  const { seat, circle, kind, "max-tlp": maxTlp, rate, release, expires, out } = options;
  const [name = ""] = operands;
  const params = {
    ...{ name, ...present({ seat, maxTlp, rate, release, expires }) },
    ...(circle.length === 0 ? {} : { circles: [...circle] }),
    ...(kind.length === 0 ? {} : { kinds: [...new Set(kind)] }),
  };
  // The file first: a token that could not be written down would be a token that nobody has.
  if (out !== undefined) await newFile(out, "");
  const document = await withDaemon(call, (client) => client.call("token.add", params, call));
  if (out === undefined) {
    call.out.document(document, () => [document.token]);
    call.out.note("keep it in a file of mode 600 for --token-file; it cannot be shown again");
    return;
  }
  await writeFile(out, `${document.token}\n`);
  call.out.document({ ...document, token: "" }, () => [`✓ token ${document.name} is in ${out}`]);
}

async function newFile(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { mode: 0o600, flag: "wx" });
  } catch (cause) {
    throw new TocsinError("INPUT_INVALID", "the file cannot be made, or is there already", { cause });
  }
}

export async function list(call: Invocation): Promise<void> {
  await tell(call, await withDaemon(call, (client) => client.call("token.list", {}, call)));
}

export async function revoke(call: Invocation, { operands }: Input<Flags>): Promise<void> {
  const [name = ""] = operands;
  await tell(call, await withDaemon(call, (client) => client.call("token.revoke", { name }, call)));
}

async function tell(call: Invocation, document: TokensDocument): Promise<void> {
  if (call.out.mode !== "text") return call.out.document(document, () => []);
  const { safeText, table, timeText } = await import("../texts.ts");
  const rows = document.tokens.map(({ name, seat, circles, kinds, maxTlp, rate, release, expires, lastUsed }) => [
    ...[safeText(name), safeText(seat), release, circles === null ? "all" : circles.map(safeText).join(" ")],
    ...[kinds === null ? "all" : kinds.join(" "), maxTlp ?? "-", rate ? `${rate.count}/${rate.perMs / 1_000}s` : "-"],
    ...[expires === null ? "-" : timeText(expires), lastUsed === null ? "-" : timeText(lastUsed)],
  ]);
  const heads = ["TOKEN", "SEAT", "RELEASE", "CIRCLES", "KINDS", "MAX TLP", "RATE", "EXPIRES", "USED"];
  call.out.document(document, () => (rows.length === 0 ? ["there are no tokens"] : table(heads, rows)));
}

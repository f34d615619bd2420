// `audit bundle` and `verify-bundle`: the evidence of one item, made where it is held and checked by anybody.

import { resolve } from "node:path";
import type { EvidenceDocument } from "../../src/api/audit-document.ts";
import { TocsinError } from "../../src/base/errors.ts";
import { limits } from "../../src/base/limits.ts";
import type { Input } from "../command.ts";
import type { evidenceFlags } from "../audit-flags.ts";
import { openInput } from "../input-text.ts";
import { type Invocation, withDaemon } from "../invocation.ts";
import { safeText } from "../safe-text.ts";

export async function write(call: Invocation, { options, operands }: Input<typeof evidenceFlags>): Promise<void> {
  const [id = "", file = ""] = operands;
  const params = { id, file: resolve(file), body: !options["no-body"] };
  const document = await withDaemon(call, (client) => client.call("audit.bundle", params, call));
  await tell(call, document);
}

/** Throws EVIDENCE_INVALID for whatever does not hold. */
export async function verify(call: Invocation, { operands: [file = ""] }: Input<Record<string, never>>): Promise<void> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of await openInput(file)) {
    length += chunk.length;
    if (length > limits.evidenceBytesMax) throw new TocsinError("LIMIT_EXCEEDED", `${file} is too large`);
    chunks.push(chunk);
  }
  const { concat, plain } = await import("../../src/base/bytes.ts");
  const { verifyEvidence } = await import("../../src/audit/evidence.ts");
  const { presentEvidence } = await import("../../src/api/evidence.ts");
  await tell(call, presentEvidence(verifyEvidence(plain(concat(...chunks))), file));
}

async function tell(call: Invocation, document: EvidenceDocument): Promise<void> {
  if (call.out.mode !== "text") return call.out.document(document, () => []);
  const { table, timeText } = await import("../texts.ts");
  const { id, author, at, exercise, body, audience, acks, waiting, compiled, leftOut } = document;
  const states = audience.map(({ org, memberKey, state, at: when }) => [
    ...[safeText(org), memberKey.slice(0, 16), state, when === null ? "" : timeText(when)],
  ]);
  call.out.document(document, () => [
    `${exercise ? "EXERCISE  " : ""}${id}, signed by ${safeText(author.org)} (${author.fingerprint}), dated ${timeText(at)}`,
    ...(body ? bodyLines(body) : ["what it says is not in this file; the signature is over a commitment to it"]),
    "it could be opened by",
    ...table(["ORG", "MEMBER KEY", "PROVEN", "AT"], states),
    ...acks.map(
      (ack) =>
        `acknowledged by ${safeText(ack.org)} (${safeText(ack.seat)}), ${timeText(ack.at)}${ack.late ? ", late" : ""}`,
    ),
    ...(waiting.length === 0 ? [] : [`not acknowledged by ${waiting.map(safeText).join(", ")}`]),
    ...(leftOut === 0 ? [] : [`${leftOut} receipts or acknowledgements are left out`]),
    `compiled by ${safeText(compiled.org)}, ${timeText(compiled.at)}`,
  ]);
}

function bodyLines({ kind, tlp, seat, title, text, indicators }: NonNullable<EvidenceDocument["body"]>): string[] {
  return [
    `${kind}, TLP:${tlp.toUpperCase()}, by ${safeText(seat)}`,
    ...[title, text].flatMap((said) => (said === null ? [] : [`  ${safeText(said)}`])),
    ...indicators.map(({ type, value }) => `  ${type}:${safeText(value)}`),
  ];
}

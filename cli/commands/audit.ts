// `audit list|export|verify`: what left this organisation, and whether that record of it is whole.

import type { AuditExportDocument, AuditRowDocument, AuditVerifyDocument } from "../../src/api/audit-document.ts";
import { limits } from "../../src/base/limits.ts";
import type { Input } from "../command.ts";
import type { auditListFlags } from "../audit-flags.ts";
import { drillsOf } from "../drill-flags.ts";
import { boundedLines, openInput } from "../input-text.ts";
import { type Invocation, withDaemon } from "../invocation.ts";
import { present } from "../present.ts";
import { safeText } from "../safe-text.ts";

type Plain = Input<Record<string, never>>;

const LIST_ROWS = 50;
/** A row in hexadecimal with its fields. */
const LINE_CHARS = 4 * limits.trailEntryBytesMax;

export async function list(call: Invocation, { options, operands: [id] }: Input<typeof auditListFlags>): Promise<void> {
  const { circle, before, limit = LIST_ROWS } = options;
  const params = { ...present({ circle, before, id, exercise: drillsOf(options) }), all: options.all, limit };
  const document = await withDaemon(call, (client) => client.call("audit.list", params, call));
  if (call.out.mode !== "text") return call.out.list(document, document.rows, () => []);
  const { table, timeText } = await import("../texts.ts");
  const rows = document.rows.map((row) => [
    ...[String(row.number), row.at === undefined ? "" : timeText(row.at), row.op, row.id ?? idsOf(row)],
    ...[safeText(row.circle?.name ?? ""), row.tlp?.toUpperCase() ?? "", safeText(row.seat ?? ""), clearanceOf(row)],
    safeText([...new Set(row.audience?.map(({ org }) => org))].join(", ")),
  ]);
  call.out.list(document, document.rows, () =>
    rows.length === 0
      ? ["nothing was disclosed"]
      : table(["ROW", "AT", "WHAT", "ID", "CIRCLE", "TLP", "SEAT", "CLEARED", "READERS"], rows),
  );
}

function idsOf({ ids = [] }: AuditRowDocument): string {
  const [first = ""] = ids;
  return ids.length > 1 ? `${first} and ${ids.length - 1} more` : first;
}

function clearanceOf({ token, approvals = [], breakGlass, scrub }: AuditRowDocument): string {
  const words = [
    ...(token ? [`token ${token}`] : []),
    ...approvals.map(({ seat }) => `approved by ${seat}`),
    ...(breakGlass ? [`without approval by ${breakGlass.seat}: ${breakGlass.reason}`] : []),
    ...(scrub ? [`review ${scrub.result} by ${scrub.reviewer}`] : []),
  ];
  return safeText(words.join(", "));
}

/** Writes every row as it is hashed, with what it says for people, and at the end the member key's word of how far the trail goes. */
export async function exportTrail(call: Invocation, { operands: [file = ""] }: Plain): Promise<void> {
  const { writeNewFile } = await import("../../src/api/new-file.ts");
  const { utf8 } = await import("../../src/base/bytes.ts");
  const line = (value: object): Uint8Array => utf8(`${JSON.stringify(value)}\n`);
  let rows = 0;
  await withDaemon(call, async (client) => {
    async function* lines(): AsyncGenerator<Uint8Array> {
      for (let after: number | null = 0; after !== null;) {
        const page: AuditExportDocument = await client.call("audit.export", { after }, call);
        for (const row of page.rows) yield line({ schema: "tocsin.auditEntry/1", ...row });
        rows += page.rows.length;
        after = page.next;
      }
      yield line(await client.call("audit.head", {}, call));
    }
    await writeNewFile(file, lines());
  });
  call.out.document({ schema: "tocsin.auditExported/1", file, rows }, () => [`${rows} rows`]);
}

/** Exit code 1 where anything is wrong. */
export async function verify(call: Invocation, { operands: [file] }: Plain): Promise<number> {
  const document =
    file === undefined
      ? await withDaemon(call, (client) => client.call("audit.verify", {}, call))
      : await verifyFile(file);
  call.out.document(document, () => [
    `${document.rows} rows, ${document.disclosures} disclosures, signed up to row ${document.signed}`,
    `link of the last row: ${document.link}`,
    ...document.faults.map(({ number, what }) => (number === null ? what : `row ${number} ${what}`)),
    document.sound ? "nothing is wrong" : "the trail is not whole",
  ]);
  return document.sound ? 0 : 1;
}

async function verifyFile(file: string): Promise<AuditVerifyDocument> {
  const { judgeExport } = await import("../../src/api/audit-export.ts");
  return judgeExport(boundedLines(await openInput(file), LINE_CHARS));
}

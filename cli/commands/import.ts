// `import`: many sightings from a STIX bundle or from NDJSON, posted in order and in batches. One result a record; one
// batch is in work while the next is read, so memory stays bounded however long the input is.

import type { ImportLineDocument, ResultState } from "../../src/api/documents.ts";
import type { Client } from "../../src/api/client.ts";
import { rejectedLine } from "../../src/api/import-line.ts";
import type { Methods } from "../../src/api/methods.ts";
import { TocsinError } from "../../src/base/errors.ts";
import { limits } from "../../src/base/limits.ts";
import { usage } from "../args.ts";
import type { Input } from "../command.ts";
import type { importFlags, ImportOptions } from "../flags.ts";
import { boundedLines, openInput, readInput } from "../input-text.ts";
import { isLost, targetCircle, usualTlp, withDaemon, type Invocation } from "../invocation.ts";
import { scrubOf } from "../override-flags.ts";
import { acceptOf, onlyTrue, present } from "../present.ts";
import { safeText } from "../safe-text.ts";

const BATCH_CHARS_MAX = 512 * 1024;
const REJECTED = 65;

type ImportRecord = Methods["import"]["params"]["records"][number];
/** One record of the input: to be sent, or refused here already. */
type Entry = { readonly record: ImportRecord } | { readonly refused: ImportLineDocument };

/** Exit code 65 where any record was rejected; the others are posted. */
export async function importFile(call: Invocation, { options, operands }: Input<typeof importFlags>): Promise<number> {
  const [file = "-"] = operands;
  const format = options.format ?? formatOf(file);
  const entries = format === "stix" ? stixEntries(call, file, options) : ndjsonEntries(call, file, options);
  const counts: Record<ResultState, number> = {
    queued: 0,
    delivered: 0,
    duplicate: 0,
    rejected: 0,
    held: 0,
    spooled: 0,
  };
  const tell = (line: ImportLineDocument): void => {
    counts[line.state] += 1;
    if (call.out.mode !== "text") call.out.row(line, () => []);
    else if (line.error) call.out.note(`${placeOf(line)} rejected: ${safeText(line.error.message)}`);
  };
  await withDaemon(
    call,
    (client) => sendAll(client, entries, { call, tell, options }),
    options["dry-run"] ? undefined : (why) => sendAll(why, entries, { call, tell, options }),
  );
  const done = options["dry-run"] ? "would be posted" : "posted";
  const { queued, delivered, duplicate, rejected, held, spooled } = counts;
  if (held > 0) call.out.note(`${held} held, not sent yet: tocsin status says why`);
  if (spooled > 0) call.out.note(`${spooled} spooled, NOT SENT YET: the daemon posts them when it runs again`);
  call.out.note(`${queued + delivered} ${done}, ${duplicate} posted before, ${rejected} rejected`);
  return rejected > 0 ? REJECTED : 0;
}

/** To the daemon, or to the spool where that cannot be reached or is lost on the way: what it may have posted of a batch then is not posted again. */
async function sendAll(
  to: Client | TocsinError,
  entries: AsyncIterable<Entry>,
  { call, tell, options }: { call: Invocation; tell: (line: ImportLineDocument) => void; options: ImportOptions },
): Promise<void> {
  const common = {
    ...present({ circle: targetCircle(call, options.circle) }),
    ...onlyTrue({ dryRun: options["dry-run"] }),
    ...acceptOf(options),
    ...scrubOf(options),
  };
  let way = to;
  const answers = async (records: ImportRecord[]): Promise<readonly ImportLineDocument[]> => {
    const params = { ...common, records };
    if (!(way instanceof TocsinError)) {
      try {
        return (await way.call("import", params)).results;
      } catch (cause) {
        if (!isLost(cause) || common.dryRun) throw cause;
        way = cause;
      }
    }
    const { spoolImport } = await import("../spool.ts");
    return spoolImport(call, params, way);
  };
  const send = async (batch: readonly Entry[]): Promise<void> => {
    const records = batch.flatMap((entry) => ("record" in entry ? [entry.record] : []));
    const answered = records.length === 0 ? [] : await answers(records);
    if (answered.length !== records.length) throw new TocsinError("INTERNAL", "the daemon left out a result");
    const results = answered.values();
    // In the order of the input, whoever refused.
    for (const entry of batch) {
      const line = "refused" in entry ? entry.refused : results.next().value;
      if (line) tell(line);
    }
  };
  let inWork: Promise<void> = Promise.resolve();
  for await (const batch of batches(entries)) {
    await inWork;
    inWork = send(batch);
    // Looked at above or below; until then a failure must not count as unhandled.
    inWork.catch(() => undefined);
  }
  await inWork;
}

async function* batches(entries: AsyncIterable<Entry>): AsyncGenerator<Entry[]> {
  let batch: Entry[] = [];
  let chars = 0;
  for await (const entry of entries) {
    const length = "record" in entry ? JSON.stringify(entry.record).length : 0;
    if (batch.length >= limits.importBatchRecords || (chars + length > BATCH_CHARS_MAX && batch.length > 0)) {
      yield batch;
      batch = [];
      chars = 0;
    }
    batch.push(entry);
    chars += length;
  }
  if (batch.length > 0) yield batch;
}

async function* ndjsonEntries(call: Invocation, file: string, options: ImportOptions): AsyncGenerator<Entry> {
  const { readNdjsonLine } = await import("../../src/stix/read-ndjson.ts");
  const reading = present({ keyField: options["key-field"] });
  let number = 0;
  for await (const text of boundedLines(await openInput(file), limits.apiLineBytesMax)) {
    number += 1;
    if (text.trim() === "") continue;
    try {
      const read = readNdjsonLine(text, number, reading);
      const draft = { ...present({ tlp: options.tlp ?? usualTlp(call) }), ...read.draft };
      yield checked({ line: number, draft, ...present({ key: read.key }) });
    } catch (cause) {
      yield { refused: rejectedLine({ line: number }, cause) };
    }
  }
}

async function* stixEntries(call: Invocation, file: string, options: ImportOptions): AsyncGenerator<Entry> {
  if (options["key-field"] !== undefined) throw usage("--key-field is for NDJSON; a STIX object's id is its key");
  const { readStixBundle } = await import("../../src/stix/from-stix.ts");
  const text = await readInput(file, limits.importBytesMax);
  const { drafts, skipped, warnings } = readStixBundle(text, present({ defaultTlp: options.tlp ?? usualTlp(call) }));
  for (const warning of warnings) call.out.note(safeText(warning));
  for (const [type, count] of countByType(skipped)) call.out.note(`${count} objects skipped: ${safeText(type)}`);
  for (const { object, draft } of drafts) yield checked({ object, key: object, draft });
}

/** A record that no line of the local API could carry is refused alone. */
function checked(record: ImportRecord): Entry {
  if (JSON.stringify(record).length <= BATCH_CHARS_MAX) return { record };
  return { refused: rejectedLine(record, new TocsinError("LIMIT_EXCEEDED", "the record is too large")) };
}

function formatOf(file: string): "stix" | "ndjson" {
  if (/\.(ndjson|jsonl)$/.test(file)) return "ndjson";
  if (file.endsWith(".json")) return "stix";
  throw usage("--format is missing: stix or ndjson");
}

function placeOf({ line, object }: ImportLineDocument): string {
  return line === undefined ? safeText(object ?? "record") : `line ${line}`;
}

function countByType(skipped: readonly { readonly type: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { type } of skipped) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}

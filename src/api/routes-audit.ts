// Routes about the trail of disclosures and the evidence of single records.

import { isAbsolute } from "node:path";
import { decodeEntry, encodeEntry, signAnchor } from "../audit/entry.ts";
import { verifyEvidence } from "../audit/evidence.ts";
import { toHex } from "../base/bytes.ts";
import { asTocsinError, TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { TrailEntry } from "../audit/entry.ts";
import { compileEvidence } from "../node/evidence.ts";
import type { Rooms } from "../node/rooms.ts";
import { checkTrail } from "../node/trail-check.ts";
import type { AuditExportDocument, AuditRowDocument } from "./audit-document.ts";
import { noNames, presentRow, presentVerdict } from "./audit-rows.ts";
import type { Routes } from "./desk.ts";
import { presentEvidence } from "./evidence.ts";
import { findCircle, findItem } from "./lookup.ts";
import { writeNewFile } from "./new-file.ts";
import { parseRequest, requests } from "./requests.ts";

/** Of the rows in one answer, before they are written in hexadecimal. */
const PAGE_BYTES = limits.apiLineBytesMax / 4;
const PAGE_ROWS = 1_000;
/** What is told unasked: what left, and what of that others may read since. */
const SHOWN: ReadonlySet<AuditRowDocument["op"]> = new Set(["disclosed", "opened", "unreadable"]);

type AuditMethod = "audit.list" | "audit.export" | "audit.head" | "audit.verify" | "audit.bundle";

export function auditRoutes(rooms: Rooms): Pick<Routes, AuditMethod> {
  return {
    "audit.list": async (params) => {
      const request = parseRequest(requests.auditList, params);
      const circle = request.circle === undefined ? undefined : findCircle(rooms, request.circle).row.id;
      const item = request.id === undefined ? undefined : await findItem(rooms, request.id);
      const { length } = await rooms.store.trailEnd();
      const names = noNames();
      let rows: AuditRowDocument[] = [];
      let bytes = 0;
      const sizes: number[] = [];
      // From the first row: who can read stands before the first disclosure under an epoch.
      for await (const { number, entry } of rooms.store.trail(0)) {
        if (request.before !== undefined && number >= request.before) break;
        const said = readEntry(entry);
        const row = presentRow(names, number, said);
        if (!(request.all || SHOWN.has(row.op))) continue;
        // What does not say whether it was a drill is left out of neither.
        if (request.exercise !== undefined && row.exercise === !request.exercise) continue;
        if (circle !== undefined && row.circle?.id !== circle) continue;
        if (item && !(said && recordsOf(said).includes(item.id))) continue;
        rows.push(row);
        sizes.push(JSON.stringify(row).length);
        bytes += sizes.at(-1) ?? 0;
        for (; rows.length > request.limit || bytes > 2 * PAGE_BYTES; rows = rows.slice(1)) bytes -= sizes.shift() ?? 0;
      }
      const first = rows[0]?.number ?? 1;
      return { schema: "tocsin.audit/1", rows, length, next: first > 1 ? first : null };
    },
    "audit.export": async (params) => {
      const { after } = parseRequest(requests.auditExport, params);
      const rows: AuditExportDocument["rows"] = [];
      let bytes = 0;
      for await (const { number, entry, link } of rooms.store.trail(after)) {
        rows.push({ number, entry: entry ? toHex(entry) : null, link: link ? toHex(link) : null });
        bytes += entry?.length ?? 0;
        if (bytes > PAGE_BYTES || rows.length >= PAGE_ROWS)
          return { schema: "tocsin.auditExport/1", rows, next: number };
      }
      return { schema: "tocsin.auditExport/1", rows, next: null };
    },
    "audit.head": async (params) => {
      parseRequest(requests.none, params);
      const { me, clock, store } = rooms;
      const anchor = signAnchor(await store.trailEnd(), clock.now(), me.key);
      return {
        schema: "tocsin.auditHead/1",
        anchor: toHex(encodeEntry(anchor)),
        certificate: toHex(me.certificate.bytes),
      };
    },
    "audit.verify": async (params) => {
      parseRequest(requests.none, params);
      return presentVerdict(await checkTrail(rooms), rooms.me.org);
    },
    "audit.bundle": async (params) => {
      const { id, file, body } = parseRequest(requests.auditBundle, params);
      if (!isAbsolute(file))
        throw new TocsinError("INPUT_INVALID", "the file of evidence is named by its absolute path");
      const compiled = await compileEvidence(rooms, await findItem(rooms, id), { body });
      // What a reader would refuse is not written.
      const document = presentEvidence(verifyEvidence(compiled.file), file);
      await writeNewFile(file, [compiled.file]);
      return document;
    },
  };
}

/** The records that a row is about. */
function recordsOf(entry: TrailEntry): readonly string[] {
  const records = "records" in entry ? entry.records : "record" in entry ? [entry.record] : [];
  return records.map(toHex);
}

function readEntry(entry: Uint8Array | undefined): TrailEntry | undefined {
  try {
    return entry && decodeEntry(entry);
  } catch (cause) {
    // A row that says nothing is shown as one; what is wrong with it `audit verify` tells.
    if (asTocsinError(cause).code === "INTERNAL") throw cause;
    return undefined;
  }
}

// Judges an exported trail without the node that wrote it: lines of JSON, anybody's, with the rows as they were hashed.

import { judgeTrail, type Judge } from "../audit/check.ts";
import { decodeEntry } from "../audit/entry.ts";
import { parseCertificate } from "../../keys/index.ts";
import { equalBytes, fromHex } from "../base/bytes.ts";
import { asTocsinError, TocsinError } from "../base/errors.ts";
import type { AuditVerifyDocument } from "./audit-document.ts";
import { presentVerdict } from "./audit-rows.ts";
import { parseRequest, requests } from "./requests.ts";

/** Throws INPUT_INVALID for what is no export of a trail; what is wrong with its rows the document tells. */
export async function judgeExport(lines: AsyncIterable<string>): Promise<AuditVerifyDocument> {
  const judge = judgeTrail();
  let org: string | undefined;
  for await (const line of lines) {
    if (org !== undefined) throw new TocsinError("INPUT_INVALID", "there is more after the end of the trail");
    const said = parseRequest(requests.auditLine, parsed(line));
    if (said.schema === "tocsin.auditHead/1") org = judgeHead(judge, said);
    else judge.take({ number: said.number, entry: bytes(said.entry), link: bytes(said.link) });
  }
  const { end } = judge.judged();
  if (org === undefined)
    judge.fault({ number: end.length + 1, what: "and whatever follows is cut off: the end is not there" });
  return presentVerdict(judge, org ?? null);
}

/** The end of an export: the member key's word of how far the trail goes, and whose key that is. */
function judgeHead(judge: Judge, head: { readonly anchor: string; readonly certificate: string }): string {
  const { end } = judge.judged();
  const [encoded, certificate] = [bytes(head.anchor), bytes(head.certificate)];
  try {
    const anchor = decodeEntry(encoded ?? new Uint8Array(0));
    const { org, memberKey } = parseCertificate(certificate ?? new Uint8Array(0));
    const isWhole = anchor.op === "anchor" && anchor.length === end.length && equalBytes(anchor.member, memberKey);
    if (!isWhole) judge.fault({ number: end.length, what: "is not the last one that was signed" });
    else judge.sign(anchor);
    return org;
  } catch (cause) {
    const { code, message } = asTocsinError(cause);
    if (code === "INTERNAL") throw cause;
    throw new TocsinError("INPUT_INVALID", `the end of the trail is malformed: ${message}`, { cause });
  }
}

function bytes(hex: string | null): Uint8Array | undefined {
  return hex === null ? undefined : fromHex(hex);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (cause) {
    throw new TocsinError("INPUT_INVALID", "a line that is no JSON", { cause });
  }
}

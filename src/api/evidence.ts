// From what an evidence file proves to the document that people read. Needs no node: whoever has the file can read it.

import { fingerprint, type MemberCertificate } from "../../keys/index.ts";
import type { Evidence } from "../audit/evidence.ts";
import { toHex } from "../base/bytes.ts";
import { toRfc3339 } from "../base/clock.ts";
import { type PostBody, wordsOf } from "../record/body.ts";
import { printId } from "../record/ids.ts";
import type { EvidenceBody, EvidenceDocument, ReaderDocument } from "./audit-document.ts";

export function presentEvidence(evidence: Evidence, file: string | null): EvidenceDocument {
  const { id, header, author, body, readers, compiler } = evidence;
  const ackBy = body?.kind === "alert" ? body.ackBy : undefined;
  const acked = new Set(evidence.acks.map(({ certificate }) => toHex(certificate.orgKey)));
  const orgs = new Map(readers.map(({ certificate }) => [toHex(certificate.orgKey), certificate.org]));
  orgs.delete(toHex(author.orgKey));
  return {
    schema: "tocsin.evidence/1",
    file,
    id: printId(body?.kind ?? "unknown", id),
    circle: header.circle,
    author: { ...readerOf(author), fingerprint: fingerprint(author.orgKey).words.join(" ") },
    at: toRfc3339(header.at),
    exercise: header.exercise,
    body: body ? presentBody(body) : null,
    audience: readers.map(({ certificate, proven }) => ({
      ...readerOf(certificate),
      ...{ state: proven?.state ?? "unproven", at: proven ? toRfc3339(proven.at) : null },
    })),
    acks: evidence.acks.map(({ certificate, at, body: said }) => ({
      ...{ org: certificate.org, orgKey: toHex(certificate.orgKey), seat: said.seat, at: toRfc3339(at) },
      ...{ note: wordsOf(said).text ?? null, late: ackBy !== undefined && at > ackBy },
    })),
    waiting: body?.kind === "alert" ? [...orgs].filter(([key]) => !acked.has(key)).map(([, org]) => org) : [],
    leftOut: evidence.leftOut,
    compiled: { org: compiler.org, orgKey: toHex(compiler.orgKey), at: toRfc3339(evidence.at) },
  };
}

function readerOf({ org, orgKey, memberKey }: MemberCertificate): ReaderDocument {
  return { org, orgKey: toHex(orgKey), memberKey: toHex(memberKey) };
}

function presentBody(body: PostBody): EvidenceBody {
  const { title = null, text = null, indicators, techniques } = wordsOf(body);
  const ackBy = body.kind === "alert" && body.ackBy !== undefined ? toRfc3339(body.ackBy) : null;
  const { kind, tlp, pap = null, seat } = body;
  return { kind, tlp, pap, seat, title, text, indicators: [...indicators], techniques: [...techniques], ackBy };
}

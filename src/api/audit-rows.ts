// From the rows of a trail to documents: the same for the daemon, which holds it, and for whoever checks an export of it.

import type { Judge } from "../audit/check.ts";
import type { TrailEntry } from "../audit/entry.ts";
import { toHex } from "../base/bytes.ts";
import { toRfc3339 } from "../base/clock.ts";
import { printId, recordId } from "../record/ids.ts";
import type { AuditRowDocument, AuditVerifyDocument, ReaderDocument } from "./audit-document.ts";

/** Readers and circle names of the rows so far, by epoch and circle in hexadecimal. */
export type TrailNames = {
  readonly readers: Map<string, ReaderDocument[]>;
  readonly circles: Map<string, string>;
};

export function noNames(): TrailNames {
  return { readers: new Map(), circles: new Map() };
}

/** A row as people read it; rows must come in order, because what one says of readers holds for later ones. */
export function presentRow(names: TrailNames, number: number, entry: TrailEntry | undefined): AuditRowDocument {
  const row = { schema: "tocsin.auditRow/1", number } as const;
  if (!entry) return { ...row, op: "unreadable" };
  switch (entry.op) {
    case "audience": {
      const readers = entry.readers.map(([member, org, name]) => ({
        ...{ org: name, orgKey: toHex(org), memberKey: toHex(member) },
      }));
      names.readers.set(toHex(entry.epoch), readers);
      names.circles.set(toHex(entry.circle), entry.name);
      return { ...row, op: "audience", circle: circleOf(names, entry), epoch: toHex(entry.epoch), audience: readers };
    }
    case "disclosed": {
      const { at, record, epoch, kind, tlp, pap = null, seat, exercise, auto, clearance = {} } = entry;
      const { token = null, approvals = [], breakGlass, scrub } = clearance;
      return {
        ...{
          ...row,
          op: "disclosed",
          at: toRfc3339(at),
          id: printId(kind, recordId(record)),
          circle: circleOf(names, entry),
        },
        ...{ epoch: toHex(epoch), kind, tlp, pap, seat, exercise, auto, token },
        approvals: approvals.map((one) => ({ seat: one.seat, at: toRfc3339(one.at) })),
        breakGlass: breakGlass
          ? { seat: breakGlass.seat, at: toRfc3339(breakGlass.at), reason: breakGlass.reason }
          : null,
        scrub: scrub ? { ...scrub, at: toRfc3339(scrub.at), reason: scrub.reason ?? null } : null,
        audience: names.readers.get(toHex(epoch)) ?? [],
      };
    }
    case "opened": {
      const [member, org, name] = entry.reader;
      const reader = { org: name, orgKey: toHex(org), memberKey: toHex(member) };
      const ids = entry.records.map((record) => printId("unknown", recordId(record)));
      const circle = circleOf(names, entry);
      return {
        ...row,
        op: "opened",
        at: toRfc3339(entry.at),
        circle,
        epoch: toHex(entry.epoch),
        ids,
        audience: [reader],
      };
    }
    case "returned":
    case "evidence": {
      const { op, at, record } = entry;
      const said = op === "evidence" ? { seat: entry.seat, body: entry.body } : {};
      const id = printId("unknown", recordId(record));
      return { ...row, op, at: toRfc3339(at), id, circle: circleOf(names, entry), ...said };
    }
    case "anchor":
      return { ...row, op: "anchor", at: toRfc3339(entry.at), length: entry.length };
  }
}

function circleOf({ circles }: TrailNames, { circle }: { readonly circle: Uint8Array }): { id: string; name: string } {
  const id = toHex(circle);
  return { id, name: circles.get(id) ?? "" };
}

/** What a judge found, as a document. */
export function presentVerdict(judge: Judge, org: string | null): AuditVerifyDocument {
  const { end, faults, disclosures, anchored } = judge.judged();
  return {
    schema: "tocsin.auditVerify/1",
    sound: faults.length === 0,
    rows: end.length,
    disclosures,
    signed: anchored,
    link: toHex(end.link),
    org,
    faults: faults.map(({ number, what }) => ({ number: number === 0 ? null : number, what })),
  };
}

// The documents of the trail of disclosures, of evidence and of acknowledgement boards. Types only, light to import.

import type { Pap, Tlp } from "../record/marking.ts";
import type { ItemKind } from "./documents.ts";

export type ReaderDocument = { org: string; orgKey: string; memberKey: string };

/** A row of the trail; what its `op` does not tell is left out. Ids of circles and epochs are in hexadecimal. */
export type AuditRowDocument = {
  schema: "tocsin.auditRow/1";
  number: number;
  op: "disclosed" | "opened" | "audience" | "returned" | "evidence" | "anchor" | "unreadable";
  at?: string;
  /** `s-` and so on; `x-` where the row does not tell the kind. */
  id?: string;
  /** Of what was opened: own posts that somebody may read since who was not meant when they were posted. */
  ids?: string[];
  circle?: { id: string; name: string };
  epoch?: string;
  kind?: ItemKind;
  tlp?: Tlp;
  pap?: Pap | null;
  seat?: string;
  exercise?: boolean;
  auto?: boolean;
  token?: string | null;
  approvals?: { seat: string; at: string }[];
  /** It left without the approvals that the rules of this node ask for. */
  breakGlass?: { seat: string; at: string; reason: string } | null;
  scrub?: {
    result: string;
    reviewer: string;
    at: string;
    rules: string;
    reason: string | null;
    found: [string, number][];
  } | null;
  /** Of a disclosure: exactly who can open it, by the epoch that it is sealed under. Of what was opened: for whom. */
  audience?: ReaderDocument[];
  /** Of evidence: whether the file holds the body. */
  body?: boolean;
  /** Of an anchor: up to which row the member key signed. */
  length?: number;
};

/** `next`: the number to go on after, null at the end. */
export type AuditDocument = { schema: "tocsin.audit/1"; rows: AuditRowDocument[]; length: number; next: number | null };

/** The trail as it is written, for a file that proves itself: `entry` and `link` in hexadecimal. */
export type AuditExportDocument = {
  schema: "tocsin.auditExport/1";
  rows: { number: number; entry: string | null; link: string | null }[];
  next: number | null;
};
/** The member key's word of how far the trail goes now, and the certificate of that key. */
export type AuditHeadDocument = { schema: "tocsin.auditHead/1"; anchor: string; certificate: string };

export type AuditVerifyDocument = {
  schema: "tocsin.auditVerify/1";
  sound: boolean;
  rows: number;
  disclosures: number;
  /** Up to which row the member key signed. */
  signed: number;
  link: string;
  /** Whose trail it is, where a file says so. */
  org: string | null;
  /** `number`: the row where it shows, null where it is a record without a row, or the other way round. */
  faults: { number: number | null; what: string }[];
};

/** What an evidence file proves to anybody. */
export type EvidenceDocument = {
  schema: "tocsin.evidence/1";
  /** The file, where one was written. */
  file: string | null;
  id: string;
  circle: string;
  author: { org: string; orgKey: string; memberKey: string; fingerprint: string };
  /** By the author's clock. */
  at: string;
  exercise: boolean;
  /** Null where the file was made without it: then only the commitment to it is proven. */
  body: EvidenceBody | null;
  /** Who could open it, by the epoch's signed list, and what each node proved by a receipt. */
  audience: (ReaderDocument & { state: "unproven" | "held" | "decrypted" | "read"; at: string | null })[];
  acks: { org: string; orgKey: string; seat: string; at: string; note: string | null; late: boolean }[];
  /** Orgs of the audience that did not acknowledge, by what its compiler held; of an alert whose body is there. */
  waiting: string[];
  /** Acknowledgements and receipts that the compiler held and left out: they say more than may be shown, or cannot be linked. */
  leftOut: number;
  compiled: { org: string; orgKey: string; at: string };
};
export type EvidenceBody = {
  kind: ItemKind;
  tlp: Tlp;
  pap: Pap | null;
  seat: string;
  title: string | null;
  text: string | null;
  indicators: { type: string; value: string }[];
  techniques: string[];
  ackBy: string | null;
};

/** Who has acknowledged an alert and who has not. */
export type BoardDocument = {
  id: string;
  circle: string;
  org: string;
  mine: boolean;
  title: string | null;
  at: string;
  tlp: Tlp;
  exercise: boolean;
  ackBy: string | null;
  /** How many orgs must acknowledge. */
  need: number;
  enough: boolean;
  overdue: boolean;
  acked: { org: string; seat: string; at: string; note: string | null; late: boolean }[];
  waiting: { org: string; must: boolean; overdue: boolean; state: string; nudged: string | null }[];
};
export type BoardsDocument = { schema: "tocsin.acks/1"; alerts: BoardDocument[] };
export type NudgeDocument = { schema: "tocsin.nudge/1"; id: string; alert: string; waiting: string[] };

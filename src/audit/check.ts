// Judges a whole trail: the chain, the anchors in it, and that every disclosure says who could read it. State is a value, so that a
// trail of any length is judged row by row.

import { equalBytes, toHex } from "../base/bytes.ts";
import { asTocsinError } from "../base/errors.ts";
import { isApprovalSigned } from "./approval.ts";
import type { Clearance } from "./clearance.ts";
import { type Anchor, decodeEntry, isAnchorSigned, type TrailEntry } from "./entry.ts";
import { type Fault, follow, TRAIL_START, type TrailEnd, type TrailRow } from "./trail.ts";

/** How many rows of each kind there are, and what was found so far. */
export type Judged = {
  readonly end: TrailEnd;
  readonly faults: readonly Fault[];
  readonly disclosures: number;
  /** Up to which row the trail is signed. */
  readonly anchored: number;
};

type State = { -readonly [field in keyof Judged]: Judged[field] } & {
  faults: Fault[];
  readonly links: Map<number, string>;
  readonly epochs: Set<string>;
};

/** More is not told: who finds so many needs no more. */
const FAULTS_MAX = 1_000;

/** Judges rows one by one, and keeps the link of each: an anchor may speak of any. */
export type Judge = {
  /** What the row says, undefined where it cannot be read. */
  readonly take: (row: TrailRow) => TrailEntry | undefined;
  /** An anchor that stands outside of the trail. */
  readonly sign: (anchor: Anchor) => void;
  readonly fault: (fault: Fault) => void;
  readonly judged: () => Judged;
};

/** `member`: whose anchors count; absent: those of one and the same key. */
export function judgeTrail(member?: Uint8Array): Judge {
  let signer = member;
  const state: State = {
    ...{ end: TRAIL_START, faults: [], disclosures: 0, anchored: 0 },
    ...{ links: new Map(), epochs: new Set() },
  };
  const fault = (one: Fault): void => {
    if (state.faults.length < FAULTS_MAX) state.faults.push(one);
  };

  function read(row: TrailRow): TrailEntry | undefined {
    if (!row.entry) return undefined;
    try {
      return decodeEntry(row.entry);
    } catch (cause) {
      fault({ number: row.number, what: `says nothing: ${asTocsinError(cause).message}` });
      return undefined;
    }
  }

  function judgeEntry(number: number, entry: TrailEntry): void {
    switch (entry.op) {
      case "audience":
        state.epochs.add(toHex(entry.epoch));
        return;
      case "disclosed":
        state.disclosures += 1;
        if (!state.epochs.has(toHex(entry.epoch))) fault({ number, what: "does not say who could read it" });
        if (!areSigned(entry.clearance)) fault({ number, what: "names an approval that its seat did not sign" });
        return;
      case "anchor":
        judgeAnchor(number, entry);
        return;
      case "opened":
      case "returned":
      case "evidence":
    }
  }

  function judgeAnchor(number: number, anchor: Anchor): void {
    signer ??= anchor.member;
    const link = state.links.get(anchor.length);
    if (!equalBytes(signer, anchor.member) || !isAnchorSigned(anchor))
      fault({ number, what: "is an anchor that the member key did not sign" });
    else if (anchor.length > 0 && link !== toHex(anchor.link))
      fault({ number, what: `was signed over another trail: row ${anchor.length} was another one` });
    else state.anchored = Math.max(state.anchored, anchor.length);
  }

  return {
    sign: (anchor) => judgeAnchor(state.end.length, anchor),
    take: (row) => {
      const { end, fault: broken } = follow(state.end, row);
      state.end = end;
      if (broken) fault(broken);
      state.links.set(end.length, toHex(end.link));
      const entry = read(row);
      if (entry) judgeEntry(row.number, entry);
      return entry;
    },
    fault,
    judged: () => ({ ...state }),
  };
}

/** Whether each approval is signed by the key that it names, of one and the same post. */
function areSigned({ subject, approvals = [], breakGlass }: Clearance = {}): boolean {
  const all = [...approvals, ...(breakGlass ? [breakGlass] : [])];
  return all.length === 0 || (subject !== undefined && all.every((one) => isApprovalSigned(one, subject)));
}

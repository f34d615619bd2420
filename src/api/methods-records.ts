// Methods of the local API about what becomes of records: carrying on, holds, drills, boards of acknowledgements, the trail and evidence. Types only,
// light to import.

import type {
  AuditDocument,
  AuditExportDocument,
  AuditHeadDocument,
  AuditVerifyDocument,
  BoardsDocument,
  EvidenceDocument,
  NudgeDocument,
} from "./audit-document.ts";
import type { Pap, Tlp } from "../record/marking.ts";
import type { Risk } from "../record/risk.ts";
import type { ExerciseDocument, HoldsDocument, ResultDocument, WithheldBodyDocument } from "./documents.ts";
import type { ScrubParams, WaitParams } from "./methods.ts";

export type RecordMethods = {
  /** Carries an item to another circle, marked as it is or more strictly. */
  relay: {
    params: {
      id: string;
      circle: string;
      tlp?: Tlp;
      pap?: Pap;
      key?: string;
      dryRun?: boolean;
      wait?: WaitParams;
      accept?: Risk[];
      scrub?: ScrubParams;
    };
    result: ResultDocument;
  };

  /** Keeps an item (its id), or a whole circle (its name), from being erased here, and tells the circle. */
  "hold.set": { params: { of: string; reason?: string }; result: HoldsDocument };
  "hold.release": { params: { of: string }; result: HoldsDocument };
  "hold.list": { params: Record<string, never>; result: HoldsDocument };
  /** What was said in an item that was withdrawn and is kept under a hold. */
  "hold.show": { params: { id: string }; result: WithheldBodyDocument };

  /** While it runs, what members say is a drill unless they say otherwise. */
  "exercise.start": { params: { circle?: string; name: string; forMs: number }; result: ExerciseDocument };
  "exercise.stop": { params: { circle?: string }; result: ExerciseDocument };
  "exercise.show": { params: { circle?: string }; result: ExerciseDocument };

  /** Who has acknowledged and who has not: of one alert, or of those that are open; `overdue`: those past their deadline; `exercise` as in `check`. */
  acks: {
    params: { id?: string; circle?: string; overdue?: boolean; exercise?: boolean };
    result: BoardsDocument;
  };
  /** Reminds those who have not; throws RATE_LIMITED where that was done just now. */
  nudge: { params: { id: string }; result: NudgeDocument };
  /** Disclosures, oldest first, `limit` of them before row `before`; `all`: every kind of row. */
  "audit.list": {
    /** `exercise`: what drills disclosed, or all but that. */
    params: { circle?: string; id?: string; before?: number; all?: boolean; exercise?: boolean; limit: number };
    result: AuditDocument;
  };
  "audit.export": { params: { after: number }; result: AuditExportDocument };
  "audit.head": { params: Record<string, never>; result: AuditHeadDocument };
  "audit.verify": { params: Record<string, never>; result: AuditVerifyDocument };
  /** Writes the evidence of an item to a new file at an absolute path; `body`: with what it says. */
  "audit.bundle": { params: { id: string; file: string; body: boolean }; result: EvidenceDocument };
};

// What `doctor` says: its document, and what the daemon (or whoever opens the home without one) found for it. Types only, light to import.

export type CheckState = "ok" | "warning" | "critical" | "unknown";

/** `cure`: what a person does about it; null where nothing is to be done. `fixed`: whether it was found otherwise and mended by this call. */
export type DoctorCheck = { name: string; state: CheckState; found: string; cure: string | null; fixed: boolean };

/** `state`: the worst of the checks; critical before warning before unknown before ok. */
export type DoctorDocument = { schema: "tocsin.doctor/1"; state: CheckState; checks: DoctorCheck[] };

/** A lane that does not hold together from a place on, and the code of why. */
export type BrokenLane = { circle: string; lane: string; place: number; code: string };

/** What only the keys of the home tell. */
export type InsideDocument = {
  schema: "tocsin.inside/1";
  lanes: { count: number; records: number; broken: BrokenLane[] };
  /** Epochs whose secrets are missing; null where the circles are not loaded. */
  missingKeys: number | null;
  /** Circles and seats that the rules in node.json name and that there are none of. */
  namedInVain: string[];
  /** When the member certificate ends, RFC 3339. */
  notAfter: string;
};

// What becomes of records, as documents: legal holds, exercises, and who still has what was withdrawn. Types only; keys are only ever added.

/** A hold that is in force. `of`: the record's id, null where it is the whole circle. */
export type HoldDocument = { org: string; of: string | null; since: string; reason: string };
export type HoldsDocument = {
  schema: "tocsin.holds/1";
  circles: { id: string; name: string; holds: (HoldDocument & { mine: boolean })[] }[];
};

/** What is withheld under a hold: what was said, for those who must keep it. */
export type WithheldBodyDocument = {
  schema: "tocsin.withheld/1";
  id: string;
  circle: string;
  org: string;
  at: string;
  /** The body, its signed header and what proves that they belong together, in hexadecimal. */
  body: string;
  salt: string;
  envelope: string;
  title: string | null;
  text: string | null;
  indicators: { type: string; value: string }[];
};

/**
 * Copies of an item that was withdrawn or said anew. `honoured`: every node of the org proved by a receipt that it opened the word for
 * it, which erases the body in the same step. `kept`: it proved to have the old one and no more.
 */
export type CopiesDocument = {
  honoured: string[];
  kept: { org: string; why: "not heard of it" | "legal hold" | "not in the circle" }[];
};

export type ExerciseDocument = {
  schema: "tocsin.exercise/1";
  circle: string;
  /** Null where none runs. */
  running: { name: string; by: string; since: string; until: string } | null;
};

// How many orgs of a circle saw the same thing, since when and how often. What one observation adds costs the same however many there
// are; who saw it together with whom is kept nowhere.

import type { OrgId, RecordId } from "../record/ids.ts";
import { decayed, type DecayModel } from "./decay.ts";

/** One org's word about one thing. */
export type Observation = {
  readonly id: RecordId;
  readonly org: OrgId;
  /** Ms since 1970; `first` is at most `last`. */
  readonly first: number;
  readonly last: number;
  readonly count: number;
  /** It is nothing to look for, says this org: its newest word on that counts. */
  readonly isFalse: boolean;
  /** After this moment it does not count. */
  readonly expires: number | undefined;
};

/** What one org said so far. */
type Word = {
  readonly first: number;
  readonly last: number;
  readonly count: number;
  /** When it last said that it is real, and that it is not; -1: never. */
  readonly real: number;
  readonly fake: number;
  readonly expires: number;
};

/** The words of all orgs about one thing. */
export type Tally = ReadonlyMap<OrgId, Word>;

export const emptyTally: Tally = new Map();

/** The tally with one more observation: in whatever order they come, the same. Copies a word for each org, and no record. */
export function counted(tally: Tally, { org, first, last, count, isFalse, expires }: Observation): Tally {
  const known = tally.get(org) ?? { first: Infinity, last: -1, count: 0, real: -1, fake: -1, expires: 0 };
  const word: Word = isFalse
    ? { ...known, fake: Math.max(known.fake, last) }
    : {
        ...{ first: Math.min(known.first, first), last: Math.max(known.last, last), count: known.count + count },
        ...{ real: Math.max(known.real, last), fake: known.fake },
        expires: Math.max(known.expires, expires ?? Infinity),
      };
  return new Map(tally).set(org, word);
}

/** What a tally comes to at a moment. */
export type Corroboration = {
  /** Orgs that saw it, and that call it false. */
  readonly seen: number;
  readonly denied: number;
  readonly first: number | undefined;
  readonly last: number | undefined;
  readonly count: number;
  /** 0 to 100. */
  readonly score: number;
  readonly state: "current" | "decayed" | "expired";
};

/**
 * The base of the score is 100 × seen ÷ (seen + denied + 1): one org alone makes 50, two 67, four 80, and each that calls it false
 * takes from that. From there it falls with the time since it was last seen.
 */
export function corroborate(tally: Tally, now: number, model: DecayModel): Corroboration {
  const words = [...tally.values()];
  const isReal = ({ real, fake }: Word): boolean => real >= 0 && real >= fake;
  const told = words.filter(isReal);
  const counting = told.filter(({ expires }) => expires > now);
  const denied = words.filter(({ real, fake }) => fake > real).length;
  const seen = counting.length;
  const last = seen === 0 ? undefined : Math.max(...counting.map((word) => word.last));
  const base = (100 * seen) / (seen + denied + 1);
  const score = last === undefined ? 0 : decayed(base, now - last, model);
  return {
    ...{ seen, denied, last, score: Math.round(score) },
    first: seen === 0 ? undefined : Math.min(...counting.map((word) => word.first)),
    count: counting.reduce((sum, { count }) => sum + count, 0),
    state: seen === 0 && told.length > 0 ? "expired" : score < model.threshold ? "decayed" : "current",
  };
}

// The chain of the trail of disclosures: each row carries the hash of all before it, so that none can be changed, left out, put in or
// moved without every later hash being another one. It knows no word of what a row says.

import { equalBytes, utf8 } from "../base/bytes.ts";
import { sha256 } from "../base/digest.ts";

/** How far a trail goes: so many rows, and the link of the last one. */
export type TrailEnd = { readonly length: number; readonly link: Uint8Array };

/** A row as it is kept, by its number from 1; what cannot be read of it is undefined. */
export type TrailRow = {
  readonly number: number;
  readonly entry: Uint8Array | undefined;
  readonly link: Uint8Array | undefined;
};

const TAG = utf8("tocsin/1 trail");

/** A trail without rows. */
export const TRAIL_START: TrailEnd = { length: 0, link: new Uint8Array(32) };

/** The trail with one more row. */
export function extended({ length, link }: TrailEnd, entry: Uint8Array): TrailEnd {
  return { length: length + 1, link: sha256(TAG, link, entry) };
}

/** What is wrong with a chain, in words for people, with the number of the row where it shows. */
export type Fault = { readonly number: number; readonly what: string };

/** Follows the row after `end`. `fault`: it is not the one that was written there; the next row is then judged by what this one says. */
export function follow(end: TrailEnd, row: TrailRow): { readonly end: TrailEnd; readonly fault: Fault | undefined } {
  const { number, entry, link } = row;
  const expected = entry && extended({ length: number - 1, link: end.link }, entry);
  const gap = number - end.length - 1;
  const what =
    gap !== 0
      ? `rows ${end.length + 1} to ${number - 1} are missing`
      : !expected || !link
        ? "cannot be read"
        : equalBytes(expected.link, link)
          ? undefined
          : "is not the row that the chain had here";
  return {
    end: { length: number, link: link ?? expected?.link ?? end.link },
    fault: what === undefined ? undefined : { number, what },
  };
}

// Leaves out of some bytes what is known elsewhere, and puts it back. It never asks what the bytes mean, so what comes
// back is exactly what went in, whatever version wrote it.

import { concat } from "../base/bytes.ts";

/** Bytes without the parts, and where each of them stood when it was cut, -1 where it was not found. */
export type Spliced = { readonly rest: Uint8Array; readonly places: readonly number[] };

/** Cuts the first occurrence of each part, one after the other. */
export function cut(whole: Uint8Array, parts: readonly Uint8Array[]): Spliced {
  let rest = whole;
  const places = parts.map((part) => {
    const place = indexOf(rest, part);
    if (place >= 0) rest = concat(rest.subarray(0, place), rest.subarray(place + part.length));
    return place;
  });
  return { rest, places };
}

/** The whole again: `restore(cut(whole, parts), parts)` equals `whole`. Places out of bounds stand for the nearest one. */
export function restore({ rest, places }: Spliced, parts: readonly Uint8Array[]): Uint8Array {
  // The last part cut is the first to go back: each place counts what was left when its part was cut.
  return parts.reduceRight((whole, part, index) => {
    const place = places[index] ?? -1;
    return place < 0 ? whole : concat(whole.subarray(0, place), part, whole.subarray(place));
  }, rest);
}

function indexOf(whole: Uint8Array, part: Uint8Array): number {
  for (let place = 0; place + part.length <= whole.length; place++) {
    let length = 0;
    while (length < part.length && whole[place + length] === part[length]) length++;
    if (length === part.length) return place;
  }
  return -1;
}

// Leaving out what has no value: in the protocol an absent field is not there, it is never null or undefined.

import type { Risk } from "../src/record/risk.ts";

/** `fields` without the members that are undefined. */
export function present<T extends Record<string, unknown>>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** `fields` without the members that are false. */
export function onlyTrue<T extends Record<string, boolean>>(fields: T): { [K in keyof T]?: true } {
  const entries = Object.entries(fields).filter(([, value]) => value);
  return Object.fromEntries(entries) as { [K in keyof T]?: true };
}

/** The dangers that a writer takes, where it names any. */
export function acceptOf({ accept }: { readonly accept: readonly Risk[] }): { accept?: Risk[] } {
  return accept.length === 0 ? {} : { accept: [...accept] };
}

// Leaving out what has no value: in the protocol an absent field is not there, it is never null or undefined.

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

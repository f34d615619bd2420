// What is seen: the types of observable that tocsin tells apart.

/** Types of observable that tocsin compares; the value is always in its normal form (`indicator.ts`). */
export const INDICATOR_TYPES = [
  "ip",
  "cidr",
  "domain",
  "url",
  "email",
  "md5",
  "sha1",
  "sha256",
  "sha512",
  "filename",
  "mutex",
  "registry",
  "asn",
  "cve",
  "process",
  "account",
  "certificate",
  "other",
] as const;
export type IndicatorType = (typeof INDICATOR_TYPES)[number];

/** A typed, normalised observable value. */
export type Indicator = { readonly type: IndicatorType; readonly value: string };

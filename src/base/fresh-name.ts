// A name that nobody else has: randomness for those who must stay light to import.

import { randomUUID } from "node:crypto";

/** 36 letters with 122 unpredictable bits. */
export function freshName(): string {
  return randomUUID();
}

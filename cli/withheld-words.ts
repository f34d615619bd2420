// Why somebody does not read a post, in words. Types and one table.

import type { WithheldDocument } from "../src/api/documents.ts";

export const WITHHELD_WORDS: Readonly<Record<WithheldDocument["reason"], string>> = {
  unverified: "not verified: tocsin verify",
  "key-changed": "its key is not the one that was verified",
  blocked: "it is blocked here",
  "not-named": "it is not among those that are named",
  frozen: "it is frozen: nobody seals for it",
  "came-later": "it came in later",
  "not-in-yet": "it is not in yet",
  left: "it left",
  removed: "it was removed",
};

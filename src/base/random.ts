// Randomness as a value, so that pure floors take it as an argument and tests can seed it.

import { randomBytes } from "node:crypto";
import { plain } from "./bytes.ts";

/** `length` unpredictable bytes. */
export type Random = (length: number) => Uint8Array;

/** The operating system's generator. */
export const systemRandom: Random = (length) => plain(randomBytes(length));

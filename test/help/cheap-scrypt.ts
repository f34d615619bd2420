// The lowest cost that a key file may state, so that tests do not wait for passphrases.

import type { ScryptCost } from "../../keys/index.ts";
import { limits } from "../../src/base/limits.ts";

export const cheapScrypt: ScryptCost = { log2N: limits.scryptLog2NMin, r: 8, p: 1 };

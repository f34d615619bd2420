// What an org, a seat or a circle may be called. A name is shown beside what it signs, so nothing in it may hide,
// reorder or imitate other text on the line.

import { TocsinError } from "../src/base/errors.ts";
import { limits } from "../src/base/limits.ts";

// Letters, marks and digits of any script, single inner spaces and a few signs; it begins with a letter or a digit.
// Invisible characters (fillers, joiners, variation selectors) count as letters or marks in Unicode: taken out by name.
const NAME = /^(?=[\p{L}\p{N}])(?:[[\p{L}\p{M}\p{N}._'+\-]--\p{Default_Ignorable_Code_Point}]|&| (?=[^ ]))+$/v;

/** Whether a text may name an org, a seat or a circle: at most `limits.nameCharsMax` characters, in Unicode form C. */
export function isName(text: string): boolean {
  return text.length <= limits.nameCharsMax && NAME.test(text) && text.normalize("NFC") === text;
}

/** Throws INPUT_INVALID for what is no name; `what` says whose, as in "org name". */
export function checkName(what: string, text: string): void {
  if (isName(text)) return;
  throw new TocsinError("INPUT_INVALID", `the ${what} is not acceptable`, {
    hint: `use 1 to ${limits.nameCharsMax} letters, digits, spaces or . _ & ' + -, beginning with a letter or a digit`,
  });
}

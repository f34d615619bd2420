// Makes text that somebody else wrote safe and honest on a terminal: no character may act on the terminal, hide, or
// reorder its neighbours. It must never drop a character silently: `pay<U+200B>pal` must not read as `paypal`.

// Controls (Cc), format characters and bidi marks (Cf), lone surrogates (Cs), private use (Co), line separators
// (Zl, Zp), whatever Unicode calls ignorable, non-characters, and the blank Braille pattern.
const HIDDEN = String.raw`[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{NChar}\u2800]`;
// An emoji may keep the selector that asks for its coloured form.
const EMOJI_FORM = String.raw`(?<=\p{Extended_Pictographic})\uFE0F`;
// Accents without a letter would attach to our own text, and a pile of them would cover the rows above.
const STRAY_MARK = String.raw`(?<=^|\p{M}{4})\p{M}`;

const SUSPECT = new RegExp(`(?!${EMOJI_FORM})${HIDDEN}|${STRAY_MARK}`, "gu");
const PLAIN = /^[ -~]*$/;

/**
 * `text` on one line: every control, bidi, zero-width or otherwise invisible character is written out as `‹U+200B›`
 * (line breaks too, see `safeLines`). Printable ASCII comes back unchanged; the result is a fixed point.
 */
export function safeText(text: string): string {
  return PLAIN.test(text) ? text : text.replace(SUSPECT, (found) => `‹U+${codePoint(found)}›`);
}

/** The lines of `text`, each as `safeText` gives it; a tab becomes two spaces. */
export function safeLines(text: string): string[] {
  return text.split(/\r\n|\n|\r/).map((line) => safeText(line.replaceAll("\t", "  ")));
}

function codePoint(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}

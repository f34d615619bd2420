// How the screen is painted: which glyphs a terminal can show, and which colours suit its background. Both only add: what a
// row says and how wide it is never hang on them.

import type { Tlp } from "../../src/record/marking.ts";
import type { Tone } from "./rows.ts";

export const THEMES = ["dark", "light", "high-contrast", "mono"] as const;
export type Theme = (typeof THEMES)[number];
export const GLYPHS = ["unicode", "ascii"] as const;
export type Glyphs = (typeof GLYPHS)[number];
export type Look = { readonly theme: Theme; readonly glyphs: Glyphs };

export const USUAL_LOOK: Look = { theme: "dark", glyphs: "unicode" };

export type Paint = { readonly bold?: boolean; readonly color?: string; readonly backgroundColor?: string };

/** FIRST, TLP 2.0 section 2: the colours of the labels, each on black whatever the terminal has behind it. */
const TLP: Readonly<Record<Tlp, Paint>> = {
  red: { backgroundColor: "#000000", color: "#FF2B2B" },
  "amber+strict": { backgroundColor: "#000000", color: "#FFC000" },
  amber: { backgroundColor: "#000000", color: "#FFC000" },
  green: { backgroundColor: "#000000", color: "#33FF00" },
  clear: { backgroundColor: "#000000", color: "#FFFFFF" },
};
const PLAIN: Readonly<Record<Exclude<Tone, Tlp>, Paint>> = { plain: {}, bold: { bold: true }, warn: { bold: true } };

const PAINTS: Readonly<Record<Theme, Readonly<Record<Tone, Paint>>>> = {
  dark: { ...TLP, ...PLAIN, warn: { bold: true, color: "#FF8700" } },
  light: { ...TLP, ...PLAIN, warn: { bold: true, color: "#A03C00" } },
  "high-contrast": {
    ...bold(TLP),
    plain: { color: "#FFFFFF", backgroundColor: "#000000" },
    bold: { bold: true, color: "#FFFFFF", backgroundColor: "#000000" },
    warn: { bold: true, color: "#000000", backgroundColor: "#FFAF00" },
  },
  mono: { red: {}, "amber+strict": {}, amber: {}, green: {}, clear: {}, ...PLAIN },
};

/** How a tone is painted in this theme. */
export function paintOf({ theme }: Look, tone: Tone): Paint {
  return PAINTS[theme][tone];
}

function bold(paints: Readonly<Record<Tlp, Paint>>): Readonly<Record<Tlp, Paint>> {
  const { red, amber, green, clear, "amber+strict": strict } = paints;
  const more = (paint: Paint): Paint => ({ ...paint, bold: true });
  return { red: more(red), amber: more(amber), green: more(green), clear: more(clear), "amber+strict": more(strict) };
}

// One for one, so that no row changes its width.
const ASCII: ReadonlyMap<string, string> = new Map(
  [
    ..."›> ▸> ●* ▲^ ▼v ✓+ ◐~ ○o ✗x ×x …. ·. •o →> ←< ↑^ ↓v ─- │| ┌+ ┐+ └+ ┘+ ░. ▁_ ▂. ▃- ▄- ▅= ▆= ▇# █#".matchAll(
      /(\S)(\S)/gu,
    ),
  ].map(([, from = "", to = ""]) => [from, to]),
);
const MAPPED = new RegExp(`[${[...ASCII.keys()].join("")}]`, "gu");

/** The same text in glyphs that the terminal has. */
export function drawn({ glyphs }: Look, text: string): string {
  return glyphs === "unicode" ? text : text.replace(MAPPED, (glyph) => ASCII.get(glyph) ?? glyph);
}

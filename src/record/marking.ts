// Traffic Light Protocol 2.0 (FIRST) and the Permissible Actions Protocol: labels and their order.

/** From the widest audience to the narrowest. */
export const TLP_LEVELS = ["clear", "green", "amber", "amber+strict", "red"] as const;
export type Tlp = (typeof TLP_LEVELS)[number];

export const PAP_LEVELS = ["clear", "green", "amber", "red"] as const;
export type Pap = (typeof PAP_LEVELS)[number];

/** The label as FIRST writes it: `TLP:AMBER+STRICT`. */
export function tlpLabel(tlp: Tlp): string {
  return `TLP:${tlp.toUpperCase()}`;
}

/** The level of a label in any case, with or without `TLP:`; TLP 1.0 WHITE reads as clear. */
export function parseTlp(text: string): Tlp | undefined {
  const name = text.trim().toLowerCase().replace(/^tlp:/, "");
  if (name === "white") return "clear";
  return TLP_LEVELS.find((level) => level === name);
}

/** The level of a PAP label in any case, with or without `PAP:`. */
export function parsePap(text: string): Pap | undefined {
  const name = text.trim().toLowerCase().replace(/^pap:/, "");
  return PAP_LEVELS.find((level) => level === name);
}

/** Whether `tlp` restricts its audience more than `other`. */
export function stricter(tlp: Tlp, other: Tlp): boolean {
  return TLP_LEVELS.indexOf(tlp) > TLP_LEVELS.indexOf(other);
}

/** Whether `pap` restricts what may be done more than `other`. */
export function stricterPap(pap: Pap, other: Pap): boolean {
  return PAP_LEVELS.indexOf(pap) > PAP_LEVELS.indexOf(other);
}

/** The narrower of two PAP levels, where there are two. */
export function strictestPap(left: Pap | undefined, right: Pap | undefined): Pap | undefined {
  if (!left || !right) return left ?? right;
  return stricterPap(left, right) ? left : right;
}

/** The narrower of two levels. */
export function strictest(left: Tlp, right: Tlp): Tlp {
  return stricter(left, right) ? left : right;
}

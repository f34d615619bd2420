// Numbers that prove themselves by their check digits: payment cards, bank accounts, national ids. The only file that knows
// `validator`, which is handed nothing but short candidates of the right shape.

import validator from "validator";
import type { Hit } from "./finding.ts";

const { isCreditCard, isIBAN, isTaxID } = validator;

/** 13 to 19 digits in one piece, or in the groups that are printed on cards. */
const CARD =
  /(?<![\p{L}\p{N}])(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?|\d{4}([ -])\d{6}\2\d{4,5})(?![\p{L}\p{N}])/gu;
/** Country, check digits, and the rest in one piece or in fours. */
const ACCOUNT =
  /(?<![\p{L}\p{N}])[A-Z]{2}\d{2}(?:[A-Z\d]{11,30}|(?: [A-Z\d]{4}){2,7}(?: [A-Z\d]{1,3})?)(?![\p{L}\p{N}])/giu;

/**
 * Shape and rule of the national ids that a chance number of their shape does not pass (two in a hundred at most; a
 * test draws them): with a date of birth or letters beside the check digits, or with two of these and their own marks.
 */
export const NATIONAL_IDS: readonly { readonly rule: string; readonly shape: RegExp }[] = [
  { rule: "it-IT", shape: /[A-Z]{6}[\dL-V]{2}[ABCDEHLMPRST][\dL-V]{2}[A-Z][\dL-V]{3}[A-Z]/giu },
  { rule: "fi-FI", shape: /\d{6}[-+A]\d{3}[\dA-FHJ-NPR-Y]/giu },
  { rule: "sv-SE", shape: /\d{6}[-+]\d{4}/gu },
  { rule: "pt-BR", shape: /\d{3}\.\d{3}\.\d{3}-\d{2}/gu },
  { rule: "pl-PL", shape: /\d{11}/gu },
  { rule: "et-EE", shape: /\d{11}/gu },
  { rule: "fr-BE", shape: /\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}/gu },
];
const BOUND = NATIONAL_IDS.map(({ rule, shape }) => ({
  rule,
  form: new RegExp(String.raw`(?<![\p{L}\p{N}]|\p{N}[.-])(?:${shape.source})(?![\p{L}\p{N}]|[.-]\p{N})`, shape.flags),
}));

/** Cards, accounts and ids in a text. */
export function checkedNumbersIn(text: string): readonly Hit[] {
  // None of them is without five digits, and most texts have not so many.
  if (!/\d(?:[^\d]{0,2}\d){4}/.test(text)) return [];
  return [
    ...hits(text, CARD, { detector: "card", noun: "card number" }, (found) => isCreditCard(found)),
    ...accounts(text),
    ...BOUND.flatMap(({ rule, form }) =>
      hits(text, form, { detector: `national-id ${rule.slice(-2)}`, noun: "national id" }, (found) =>
        isNationalId(found, rule),
      ),
    ),
  ];
}

/** Whether the check digits of a candidate agree. */
export function isNationalId(text: string, rule: string): boolean {
  const plain = rule === "fr-BE" ? text.replaceAll(/[.-]/g, "") : text;
  return isTaxID(plain, rule);
}

/** Words that follow an account in fours look like its end: it ends at the group where its check digits agree. */
function accounts(text: string): readonly Hit[] {
  return [...text.matchAll(ACCOUNT)].flatMap((match) => {
    const groups = match[0].split(" ");
    for (let count = groups.length; count > 0; count--) {
      const candidate = groups.slice(0, count).join(" ");
      if (isIBAN(candidate)) {
        return [personal({ start: match.index, end: match.index + candidate.length }, "iban", "account number")];
      }
    }
    return [];
  });
}

function hits(
  text: string,
  form: RegExp,
  { detector, noun }: { readonly detector: string; readonly noun: NonNullable<Hit["noun"]> },
  proves: (found: string) => boolean,
): readonly Hit[] {
  return [...text.matchAll(form)].flatMap((match) =>
    proves(match[0]) ? [personal({ start: match.index, end: match.index + match[0].length }, detector, noun)] : [],
  );
}

function personal(span: { start: number; end: number }, detector: string, noun: NonNullable<Hit["noun"]>): Hit {
  return { ...span, class: "personal-data", detector, severity: "hold", noun };
}

// Telephone numbers. The only file that knows `libphonenumber-js`, which knows the numbering plans of the world.

import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js/min";
import type { Hit } from "./finding.ts";

/** A sign of a country, then digits as people group them. */
const INTERNATIONAL = /(?<![\p{L}\p{N}+])\+\d(?:[ ()./-]{0,3}\d){6,14}(?![\p{L}\p{N}])/gu;
/** As it is dialled at home, with at least one group set apart: bare digits are too often something else. */
const NATIONAL = /(?<![\p{L}\p{N}+./-])\(?\d{1,5}[ ()./-]{1,3}\d(?:[ ./-]?\d){3,12}(?![\p{L}\p{N}]|[./-]\d)/gu;

/** A date or an address, which the digits of a number at home can look like. */
const NO_PHONE = /^(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4})\b|^\d{1,3}(?:\.\d{1,3}){3}$/;

/** Whether numbers of a country, two letters of ISO 3166, can be told when they are written as at home. */
export function isPhoneCountry(country: string): boolean {
  return isSupportedCountry(country);
}

/** Numbers that exist in a numbering plan, with their country, or of `country` without it. */
export function phonesIn(text: string, country?: string): readonly Hit[] {
  const hits = text.includes("+") ? numbers(text, INTERNATIONAL, undefined) : [];
  return country === undefined ? hits : [...hits, ...numbers(text, NATIONAL, country as CountryCode)];
}

function numbers(text: string, form: RegExp, country: CountryCode | undefined): readonly Hit[] {
  return [...text.matchAll(form)].flatMap((match) => {
    if (NO_PHONE.test(match[0])) return [];
    if (parsePhoneNumberFromString(match[0], country)?.isValid() !== true) return [];
    const span = { start: match.index, end: match.index + match[0].length };
    return [{ ...span, class: "personal-data", detector: "phone", severity: "hold", noun: "phone number" } as const];
  });
}

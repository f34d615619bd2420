// Looks through every text of a body for what should not leave this organisation. Pure once it is opened: the same body and the
// same rules find the same, and no text makes it throw.

import { TocsinError } from "../base/errors.ts";
import { toHex, utf8 } from "../base/bytes.ts";
import { encodeCbor } from "../base/cbor.ts";
import { sha256 } from "../base/digest.ts";
import { indicatorsOf, type IndicatorType, type PostBody } from "../record/body.ts";
import { BUILT_IN_LISTS } from "./built-in-lists.ts";
import type { Detector } from "./detector.ts";
import { textFieldsOf, type TextField } from "./fields.ts";
import { type Finding, type Hit, tokenOf, tokensIn } from "./finding.ts";
import { listDetector } from "./list-index.ts";
import { observablesIn } from "./observable.ts";
import { ownOrganisation, type OwnOrganisation } from "./own.ts";
import { personalData } from "./personal.ts";
import { isPhoneCountry } from "./phone.ts";
import { secretsDetector } from "./secrets.ts";
import type { Warninglist } from "./warninglist.ts";

export type ScrubRules = OwnOrganisation & {
  /** Two letters of ISO 3166: whose telephone numbers are written without their country. */
  readonly country?: string;
  /** Beside those that are built in. */
  readonly lists: readonly Warninglist[];
};

export type Scrub = {
  /** In the order of the body; those of one field are disjoint and in their order in it. */
  readonly find: (body: PostBody) => readonly Finding[];
  /** Digest of the rules and lists, 32 hexadecimal digits; it changes where they change. */
  readonly rules: string;
};

/** Changes with what the detectors find, so that evidence tells by which of them a body was looked through. */
const DETECTORS_VERSION = 1;
/** Nothing but digits and letters of a fixed form: no text stands there. */
const FORMS: ReadonlySet<IndicatorType> = new Set(["md5", "sha1", "sha256", "sha512", "asn", "cve", "certificate"]);
const RANK = ["secret", "personal-data", "own-organisation", "warninglist"] as const;

/** Throws CONFIG_INVALID for rules that cannot be meant, INPUT_INVALID or LIMIT_EXCEEDED for lists. */
export async function openScrub(rules: ScrubRules): Promise<Scrub> {
  const { country, lists, ...own } = rules;
  if (country !== undefined && !isPhoneCountry(country))
    throw new TocsinError("CONFIG_INVALID", `${JSON.stringify(country.slice(0, 8))} is no country of ISO 3166`);
  const listed = await listDetector([...BUILT_IN_LISTS, ...lists]);
  const detectors = [secretsDetector(), personalData(country), ownOrganisation(own), listed];
  return {
    find: (body) => findings(body, detectors, listed),
    rules: digestOf(rules),
  };
}

function findings(body: PostBody, detectors: readonly Detector[], listed: Detector): readonly Finding[] {
  const named = new Set(indicatorsOf(body).map(({ value }) => value));
  return textFieldsOf(body).flatMap((field) => {
    const { text, type, name } = field;
    const isForm = type !== undefined && FORMS.has(type);
    const subject = {
      text,
      ...(type === undefined ? {} : { type }),
      isSeat: /^((say|now)\.)*seat$/.test(name),
      observables: isForm ? [] : observablesIn(text),
      named,
    };
    const hits = (isForm ? [listed] : detectors).flatMap((detector) => detector(subject));
    return told(field, disjoint(hits, text));
  });
}

function told({ name }: TextField, hits: readonly Hit[]): readonly Finding[] {
  return hits.map(({ noun, ...hit }) => ({
    field: name,
    ...hit,
    replacement: hit.severity === "hold" ? tokenOf(noun) : null,
  }));
}

/** What is to be held, joined where it overlaps under the name of the gravest; then the longest warnings beside it, those of one span as one. */
function disjoint(hits: readonly Hit[], text: string): readonly Hit[] {
  const tokens = tokensIn(text);
  const real = hits.filter(
    ({ start, end }) => start < end && !tokens.some((token) => token.start <= start && end <= token.end),
  );
  const held = joined(real.filter(({ severity }) => severity === "hold").sort((a, b) => a.start - b.start));
  const told: Hit[] = [...held];
  for (const hit of real.filter(({ severity }) => severity === "warn").sort(longestFirst)) {
    const at = told.findIndex((other) => hit.start < other.end && other.start < hit.end);
    const other = told[at];
    if (!other) told.push(hit);
    else if (other.severity === "warn" && other.start === hit.start && other.end === hit.end)
      told[at] = { ...other, detector: `${other.detector}, ${hit.detector}` };
  }
  return told.sort((a, b) => a.start - b.start);
}

function joined(sorted: readonly Hit[]): readonly Hit[] {
  const whole: Hit[] = [];
  for (const hit of sorted) {
    const last = whole.at(-1);
    if (!last || last.end <= hit.start) {
      whole.push(hit);
      continue;
    }
    const graver = RANK.indexOf(hit.class) < RANK.indexOf(last.class) ? hit : last;
    whole[whole.length - 1] = { ...graver, start: last.start, end: Math.max(last.end, hit.end) };
  }
  return whole;
}

function longestFirst(a: Hit, b: Hit): number {
  return b.end - b.start - (a.end - a.start) || a.start - b.start;
}

function digestOf({ country = "", domains, networks, names, seats, lists }: ScrubRules): string {
  const listed = lists.map(({ name, version, list }) => [name, version, sha256(utf8(list.join("\n")))]);
  const rules = encodeCbor([DETECTORS_VERSION, country, [...domains], [...networks], [...names], [...seats], listed]);
  return toHex(sha256(utf8("tocsin/1 scrub rules"), rules).slice(0, 16));
}

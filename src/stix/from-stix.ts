// STIX 2.1 and 2.0 bundles in: one draft per observation, and a reason for every object that becomes none.
// It keeps or tightens markings, invents no facts, and never fails on an object that it does not know.

import type { DraftParams } from "../api/methods.ts";
import { toRfc3339 } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { Indicator } from "../record/body.ts";
import { defang } from "../record/indicator.ts";
import { strictest, strictestPap, stricter, type Tlp, tlpLabel } from "../record/marking.ts";
import {
  type BundleLinks,
  COUNT_MAX,
  isRevoked,
  linksOf,
  namesOf,
  observablesOf,
  seenIn,
  techniquesOf,
} from "./bundle-links.ts";
import { isObservable, type Observed, observedIn } from "./observable-path.ts";
import { indicatorsOfPattern } from "./pattern.ts";
import { markingsOf } from "./stix-marking.ts";
import { countOf, readObjects, type StixObject, textOf, timeOf } from "./stix-object.ts";

export type StixImport = {
  /** `object` is the id in the bundle; no two drafts have the same. */
  readonly drafts: readonly { readonly object: string; readonly draft: DraftParams }[];
  /** Every object that became no draft. */
  readonly skipped: readonly { readonly object: string; readonly type: string; readonly reason: string }[];
  /** What a person should know about the drafts; at most `limits.importWarningsMax`. */
  readonly warnings: readonly string[];
};

/**
 * Reads a bundle: each `indicator` and `observed-data`, and each observable that neither tells, is one sighting.
 * `defaultTlp` marks what its source left unmarked; absent, that is left to the circle. Throws INPUT_INVALID where `text` is no bundle, LIMIT_EXCEEDED
 * above `limits.importBytesMax`.
 */
export function readStixBundle(text: string | Uint8Array, options: { readonly defaultTlp?: Tlp }): StixImport {
  const objects = readObjects(text);
  const links = linksOf(objects);
  const handlingOf = markingsOf(links.current.values());
  const drafts: { object: string; draft: DraftParams }[] = [];
  const skipped: { object: string; type: string; reason: string }[] = [];
  const warnings: string[] = [];
  const least = options.defaultTlp ?? "amber+strict";
  let unmarked = 0;

  /** Marking of a draft: that of its object, tightened by everything that it quotes. */
  const markingOf = (object: StixObject, quoted: readonly StixObject[]): Pick<DraftParams, "tlp" | "pap"> => {
    const own = handlingOf(object);
    const all = [own, ...quoted.map(handlingOf)];
    if (own.tlp === undefined) unmarked += 1;
    if (own.conflict)
      warnings.push(`${object.id} carries two TLP labels: the stricter, ${tlpLabel(own.tlp ?? "red")}, is kept`);
    if (own.unclear)
      warnings.push(`${object.id} has a marking that cannot be read: at least ${tlpLabel(least)} is kept`);
    const base = own.tlp === undefined || own.unclear ? strictest(own.tlp ?? "clear", least) : own.tlp;
    const tlp = all.reduce((level, { tlp }) => (tlp ? strictest(level, tlp) : level), base);
    const pap = all.reduce<DraftParams["pap"]>((level, handling) => strictestPap(level, handling.pap), undefined);
    if (own.tlp && stricter(tlp, base))
      warnings.push(`${object.id} quotes what is marked ${tlpLabel(tlp)}, so it is marked so too`);
    const isOpen = options.defaultTlp === undefined && all.every((one) => one.tlp === undefined && !one.unclear);
    return { ...(isOpen ? {} : { tlp }), ...(pap && { pap }) };
  };

  for (const object of objects) {
    const outcome = readObject(object, links);
    if ("reason" in outcome) {
      skipped.push({ object: object.id, type: object.type, reason: outcome.reason });
      continue;
    }
    const { draft, cut } = fitted({ ...outcome.draft, ...markingOf(object, outcome.quoted) });
    drafts.push({ object: object.id, draft });
    for (const warning of [...outcome.warnings, ...cut]) warnings.push(`${object.id}: ${warning}`);
  }
  if (unmarked > 0) {
    warnings.unshift(
      `${unmarked} of ${drafts.length} carry no TLP label: ${options.defaultTlp ? tlpLabel(options.defaultTlp) : "the circle's default"} is used`,
    );
  }
  const spare = warnings.length - limits.importWarningsMax;
  if (spare > 0) warnings.splice(limits.importWarningsMax - 1, spare + 1, `… and ${spare + 1} more warnings`);
  return { drafts, skipped, warnings };
}

type Outcome =
  | { readonly reason: string }
  /** `quoted` are the other objects that the draft repeats something of. */
  | { readonly draft: DraftParams; readonly quoted: readonly StixObject[]; readonly warnings: readonly string[] };

function readObject(object: StixObject, links: BundleLinks): Outcome {
  const { type, id } = object;
  if (links.current.get(id) !== object) return { reason: "another version of the same object counts" };
  if (isRevoked(object)) return { reason: "revoked by its author" };
  if (type === "indicator") return fromIndicator(object, links);
  if (type === "observed-data") return fromObservations(object, observablesOf(object, links));
  if (isObservable(type)) {
    return links.told.has(id) ? { reason: "told by the object that refers to it" } : fromObservations(object, [object]);
  }
  if (type === "sighting") {
    const target = links.current.get(textOf(object.fields, "sighting_of_ref") ?? "");
    if (target?.type !== "indicator") return { reason: "a sighting of something that is no indicator in the bundle" };
    return { reason: object.fields["count"] === 0 ? "it says that nothing was seen" : `counted in ${target.id}` };
  }
  if (type === "relationship" || type === "marking-definition") return { reason: "read for what it says of others" };
  return { reason: CONTEXT.has(type) ? "context of indicators, not an observation" : "not an observation" };
}

/** What indicators point to; their names and ids are quoted in the drafts. */
const CONTEXT = new Set("attack-pattern campaign infrastructure intrusion-set malware threat-actor tool".split(" "));

function fromIndicator(object: StixObject, links: BundleLinks): Outcome {
  const { fields } = object;
  const pattern = textOf(fields, "pattern") ?? "";
  const language = textOf(fields, "pattern_type")?.toLowerCase() ?? "stix";
  const { indicators, compound, unsupported } =
    language === "stix"
      ? indicatorsOfPattern(pattern)
      : { indicators: [], compound: true, unsupported: [`a ${language} rule`] };
  const pointers = links.pointersOf(object.id);
  const sightings = links.sightingsOf(object.id);
  const names = namesOf(pointers);
  const paragraphs = [
    textOf(fields, "description"),
    names.length > 0 ? `Indicates: ${names.join(", ")}` : undefined,
    compound || unsupported.length > 0 ? `Pattern (${language}): ${pattern}` : undefined,
  ];
  const text = paragraphs.filter((paragraph) => paragraph !== undefined).join("\n\n");
  const seen = seenIn(sightings);
  const expires = timeOf(fields, "valid_until");
  const confidence = countOf(fields, "confidence", 100);
  return {
    draft: {
      kind: "sighting",
      title: textOf(fields, "name") ?? label(indicators, names[0]),
      ...(text !== "" && { text }),
      indicators: indicators.map(written),
      techniques: [...techniquesOf(pointers)],
      ...(seen && { seen: seenParams(seen) }),
      ...(confidence !== undefined && { confidence }),
      ...(expires !== undefined && { expires: toRfc3339(expires) }),
      source: object.id,
    },
    quoted: [...pointers.flatMap(({ link, target }) => [link, target]), ...sightings],
    warnings: [
      ...(indicators.length === 0 ? ["no indicator could be read, it is posted as text"] : []),
      ...(compound && indicators.length > 0 ? ["its pattern asks for more than one thing at once"] : []),
      ...(unsupported.length > 0 ? [`not read as an indicator: ${printable(unsupported.join(", "))}`] : []),
    ],
  };
}

/** The sighting of one or several observables: `object` itself, or those that the observation `object` tells. */
function fromObservations(object: StixObject, observables: readonly StixObject[]): Outcome {
  const observed = observables.flatMap(({ type, fields }): readonly Observed[] => observedIn(type, fields));
  const indicators = distinct(observed.map(({ indicator }) => indicator));
  if (indicators.length === 0) return { reason: "holds no value that tocsin compares" };
  const first = timeOf(object.fields, "first_observed");
  const last = timeOf(object.fields, "last_observed");
  const count = countOf(object.fields, "number_observed", COUNT_MAX);
  const seen = { ...(first !== undefined && { first }), ...(last !== undefined && { last }), count: count ?? 1 };
  return {
    draft: {
      kind: "sighting",
      title: `Observed: ${label(indicators)}`,
      indicators: indicators.map(written),
      ...(object.type === "observed-data" && { seen: seenParams(seen) }),
      source: object.id,
    },
    quoted: observables.filter((observable) => observable.id !== object.id),
    warnings: observed.every(({ exact }) => exact) ? [] : ["a value is not of the form that its property says"],
  };
}

/** A draft within the limits of a record, and what was cut to make it so. */
function fitted(draft: DraftParams): { readonly draft: DraftParams; readonly cut: readonly string[] } {
  const { indicators = [], techniques = [], title = "", text = "" } = draft;
  const line = title.replaceAll(/\s+/g, " ").trim();
  const cut = [
    ...(line.length > limits.titleCharsMax ? ["its title was cut"] : []),
    ...(text.length > limits.textCharsMax ? ["its text was cut"] : []),
    ...over("indicators", indicators.length, limits.indicatorsPerRecordMax),
    ...over("techniques", techniques.length, limits.techniquesPerRecordMax),
  ];
  return {
    draft: {
      ...draft,
      title: clipped(line, limits.titleCharsMax),
      ...(text !== "" && { text: clipped(text, limits.textCharsMax) }),
      indicators: indicators.slice(0, limits.indicatorsPerRecordMax),
      techniques: techniques.slice(0, limits.techniquesPerRecordMax),
    },
    cut,
  };
}

function over(what: string, count: number, max: number): readonly string[] {
  return count > max ? [`${count - max} of ${count} ${what} do not fit a record and were left out`] : [];
}

/** One line for people: what was seen, and what it belongs to. */
function label(indicators: readonly Indicator[], context?: string): string {
  const [first] = indicators;
  const what = first ? `${first.type} ${defang(first)}` : "pattern without a known indicator";
  const more = indicators.length > 1 ? ` and ${indicators.length - 1} more` : "";
  return (context === undefined ? "" : `${context}: `) + what + more;
}

function written({ type, value }: Indicator): string {
  return `${type}:${value}`;
}

function distinct(indicators: readonly Indicator[]): readonly Indicator[] {
  return [...new Map(indicators.map((indicator) => [written(indicator), indicator])).values()];
}

function seenParams(seen: { first?: number; last?: number; count: number }): NonNullable<DraftParams["seen"]> {
  return {
    ...(seen.first !== undefined && { first: toRfc3339(seen.first) }),
    ...(seen.last !== undefined && { last: toRfc3339(seen.last) }),
    count: seen.count,
  };
}

/** Words of the file as a warning may repeat them. */
function printable(text: string): string {
  return clipped(text.replaceAll(/\p{C}/gu, "?"), 100);
}

/** At most `max` characters, never half of a surrogate pair. */
function clipped(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

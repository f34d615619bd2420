// How the objects of one bundle hang together: which version counts, what an indicator points to, who saw it.
// References that lead nowhere are ignored, as STIX asks for.

import { childOf, childrenOf, countOf, isFields, type StixObject, textOf, textsOf, timeOf } from "./stix-object.ts";

/** An object that an indicator points to, and the relationship that says so. */
export type Pointer = { readonly link: StixObject; readonly target: StixObject };

export type BundleLinks = {
  /** The version of each object that counts. */
  readonly current: ReadonlyMap<string, StixObject>;
  /** What the object with this id `indicates` or `uses`. */
  readonly pointersOf: (id: string) => readonly Pointer[];
  /** The sightings of the object with this id. */
  readonly sightingsOf: (id: string) => readonly StixObject[];
  /** Observables that an observation or the pattern of an indicator tells already. */
  readonly told: ReadonlySet<string>;
};

/** Reads the references of a bundle once; revoked objects link nothing. */
export function linksOf(objects: readonly StixObject[]): BundleLinks {
  const current = newest(objects);
  const pointers = new Map<string, Pointer[]>();
  const sightings = new Map<string, StixObject[]>();
  const told = new Set<string>();
  for (const object of current.values()) {
    const { type, fields } = object;
    if (isRevoked(object)) continue;
    if (type === "relationship") {
      const word = textOf(fields, "relationship_type");
      const source = textOf(fields, "source_ref");
      const target = current.get(textOf(fields, "target_ref") ?? "");
      if (source === undefined || !target || isRevoked(target)) continue;
      if (word === "based-on") told.add(target.id);
      if (word === "indicates" || word === "uses") append(pointers, source, { link: object, target });
    } else if (type === "sighting") {
      append(sightings, textOf(fields, "sighting_of_ref") ?? "", object);
    } else if (type === "observed-data") {
      for (const ref of textsOf(fields, "object_refs")) told.add(ref);
    }
  }
  return { current, told, pointersOf: (id) => pointers.get(id) ?? [], sightingsOf: (id) => sightings.get(id) ?? [] };
}

/** Whether its author withdrew the object. */
export function isRevoked(object: StixObject): boolean {
  return object.fields["revoked"] === true;
}

/** The observables of an `observed-data` object: referred to (2.1) or inside it (2.0). */
export function observablesOf(object: StixObject, links: BundleLinks): readonly StixObject[] {
  const inside = Object.values(childOf(object.fields, "objects"))
    .filter(isFields)
    .map((fields) => ({ type: textOf(fields, "type") ?? "unknown", id: object.id, fields }));
  const outside = textsOf(object.fields, "object_refs").map((ref) => links.current.get(ref));
  return [...inside, ...outside.filter((found) => found !== undefined)];
}

/** Name and kind of everything that a list of pointers leads to, attack patterns excepted: `Pegasus (malware)`. */
export function namesOf(pointers: readonly Pointer[]): readonly string[] {
  const named = pointers
    .filter(({ target }) => target.type !== "attack-pattern")
    .map(({ target }) => {
      const name = textOf(target.fields, "name");
      return name === undefined ? undefined : `${name.trim()} (${target.type.replaceAll("-", " ")})`;
    });
  return [...new Set(named.filter((name) => name !== undefined))];
}

/** ATT&CK ids of the attack patterns that a list of pointers leads to, as written there. */
export function techniquesOf(pointers: readonly Pointer[]): readonly string[] {
  const ids = pointers.flatMap(({ target }) => {
    if (target.type !== "attack-pattern") return [];
    const references = childrenOf(target.fields, "external_references");
    const texts = [...references.map((reference) => textOf(reference, "external_id")), textOf(target.fields, "name")];
    // Catalogues without references put the id first in the name: "T1059.007: JavaScript".
    return texts.flatMap((text) => /^T\d{4}(?:\.\d{3})?(?![\w.])/.exec(text ?? "")?.[0] ?? []).slice(0, 1);
  });
  return [...new Set(ids)];
}

/** When and how often the sightings saw; undefined where none did. Times in ms since 1970. */
export function seenIn(
  sightings: readonly StixObject[],
): { readonly first?: number; readonly last?: number; readonly count: number } | undefined {
  // A count of zero says "looked and did not see".
  const positive = sightings.filter(({ fields }) => fields["count"] !== 0);
  if (positive.length === 0) return undefined;
  const firsts = positive.flatMap(({ fields }) => timeOf(fields, "first_seen") ?? timeOf(fields, "last_seen") ?? []);
  const lasts = positive.flatMap(({ fields }) => timeOf(fields, "last_seen") ?? timeOf(fields, "first_seen") ?? []);
  const count = positive.reduce((sum, { fields }) => sum + (countOf(fields, "count", COUNT_MAX) ?? 1), 0);
  return {
    ...(firsts.length > 0 && { first: firsts.reduce((left, right) => Math.min(left, right)) }),
    ...(lasts.length > 0 && { last: lasts.reduce((left, right) => Math.max(left, right)) }),
    count: Math.min(count, COUNT_MAX),
  };
}

/** The largest count that STIX allows. */
export const COUNT_MAX = 999_999_999;

function newest(objects: readonly StixObject[]): ReadonlyMap<string, StixObject> {
  const current = new Map<string, StixObject>();
  for (const object of objects) {
    const held = current.get(object.id);
    if (!held || supersedes(object, held)) current.set(object.id, object);
  }
  return current;
}

function supersedes(object: StixObject, held: StixObject): boolean {
  const difference = (timeOf(object.fields, "modified") ?? 0) - (timeOf(held.fields, "modified") ?? 0);
  // Revoking is final, whatever the clocks of its author say.
  return isRevoked(object) === isRevoked(held) ? difference > 0 : isRevoked(object);
}

function append<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

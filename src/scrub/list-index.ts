// Many warninglists as one: what is asked of them costs one look-up for each way of listing, however many entries they have.

import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Indicator } from "../record/body.ts";
import { parseIp } from "../record/ip-address.ts";
import type { Detector, Subject } from "./detector.ts";
import type { LinearRegex } from "./linear-regex.ts";
import { NetworkSet } from "./network-set.ts";
import type { Observable } from "./observable.ts";
import { suffixesOf } from "./own.ts";
import type { ListedKind, Warninglist } from "./warninglist.ts";

/** The list that an entry is of, and what that speaks of; shared by all entries of a list. */
type Listed = { readonly name: string; readonly kinds: ReadonlySet<ListedKind> };
type Scan = Listed & { readonly holds: LinearRegex };
type Index = {
  readonly equal: Map<string, Listed>;
  readonly hosts: Map<string, Listed>;
  readonly networks: NetworkSet;
  readonly scans: Scan[];
};

const KIND_OF: Readonly<Partial<Record<Indicator["type"], ListedKind>>> = {
  ip: "ip",
  cidr: "ip",
  domain: "domain",
  url: "url",
  email: "email",
  md5: "hash",
  sha1: "hash",
  sha256: "hash",
  sha512: "hash",
  filename: "filename",
};

/** Finds what stands on a list, in indicators and in free text. Throws INPUT_INVALID for an entry that its list's type has not, LIMIT_EXCEEDED. */
export async function listDetector(lists: readonly Warninglist[]): Promise<Detector> {
  const index = await indexOf(lists);
  return (subject) =>
    thingsIn(subject).flatMap(({ kind, value, start, end }) => {
      const name = listedBy(index, kind, value);
      if (name === undefined) return [];
      return [{ start, end, class: "warninglist", detector: `list: ${name}`, severity: "warn" } as const];
    });
}

type Thing = Pick<Observable, "start" | "end" | "value"> & { readonly kind: ListedKind };

function thingsIn({ text, type, observables, isSeat }: Subject): readonly Thing[] {
  if (isSeat) return [];
  if (type === undefined) return observables;
  const kind = KIND_OF[type];
  if (kind === undefined) return [];
  const value = type === "cidr" ? text.slice(0, text.indexOf("/")) : text;
  const whole = { kind, value, start: 0, end: text.length };
  // A URL is listed by itself or by its host; what its path says is the path's business.
  const host = kind === "url" ? observables.find((seen) => seen.kind === "domain" || seen.kind === "ip") : undefined;
  return host === undefined ? [whole] : [whole, { ...host, kind: host.kind === "ip" ? "ip" : "url" }];
}

function listedBy(index: Index, kind: ListedKind, value: string): string | undefined {
  const lower = kind === "filename" ? value : value.toLowerCase();
  const equal = index.equal.get(lower);
  if (equal?.kinds.has(kind)) return equal.name;
  if (kind === "ip") {
    const bytes = parseIp(value);
    const network = bytes && index.networks.find(bytes);
    if (network !== undefined) return network;
  }
  if (kind === "domain" || kind === "url") {
    for (const name of suffixesOf(lower)) {
      const host = index.hosts.get(name);
      if (host?.kinds.has(kind)) return host.name;
    }
  }
  return index.scans.find(({ kinds, holds }) => kinds.has(kind) && holds(lower))?.name;
}

async function indexOf(lists: readonly Warninglist[]): Promise<Index> {
  const index: Index = { equal: new Map(), hosts: new Map(), networks: new NetworkSet(), scans: [] };
  let entries = 0;
  for (const list of lists) {
    entries += list.list.length;
    if (entries > limits.warninglistEntriesMax)
      throw new TocsinError(
        "LIMIT_EXCEEDED",
        `the warninglists have more than ${limits.warninglistEntriesMax} entries`,
      );
    await addList(index, list);
    if (index.scans.length > limits.warninglistScansMax)
      throw new TocsinError(
        "LIMIT_EXCEEDED",
        `more than ${limits.warninglistScansMax} entries to be searched one by one`,
      );
  }
  return index;
}

async function addList(index: Index, { name, type, list, ...of }: Warninglist): Promise<void> {
  const kinds = new Set(of.kinds);
  const listed = { name, kinds };
  switch (type) {
    case "string":
    case "hostname": {
      const names = type === "string" ? index.equal : index.hosts;
      for (const entry of list) {
        const key = entry.toLowerCase().replace(/^\.|\.$/g, "");
        const before = names.get(key);
        const covered = before === undefined || before.kinds.isSupersetOf(kinds);
        // The first list that has an entry names it, for everything that any list has it for.
        names.set(key, covered ? (before ?? listed) : { name: before.name, kinds: before.kinds.union(kinds) });
      }
      return;
    }
    case "cidr": {
      const bad = list.find((entry) => !index.networks.add(entry.trim(), name));
      if (bad !== undefined) throw invalid(name, bad);
      return;
    }
    case "substring": {
      const parts = list.map((entry) => entry.toLowerCase());
      for (const part of parts) index.scans.push({ ...listed, holds: (text) => text.includes(part) });
      return;
    }
    case "regex": {
      // Only few lists have any: whoever has none of them does not load the engine.
      const { linearRegex } = await import("./linear-regex.ts");
      for (const entry of list) index.scans.push({ ...listed, holds: linearRegex(entry) });
    }
  }
}

function invalid(name: string, entry: string): TocsinError {
  return new TocsinError("INPUT_INVALID", `warninglist ${name}: ${JSON.stringify(entry.slice(0, 64))} is no network`);
}

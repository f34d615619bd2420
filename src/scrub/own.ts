// Data of the own organisation: its domains and all below them, internal addresses, names of hosts and users, own seats.

import { TocsinError } from "../base/errors.ts";
import { normalDomain } from "../record/internet-name.ts";
import { parseIp } from "../record/ip-address.ts";
import type { Detector, Subject } from "./detector.ts";
import type { Hit } from "./finding.ts";
import { NetworkSet } from "./network-set.ts";

export type OwnOrganisation = {
  readonly domains: readonly string[];
  /** `address/prefix`, beside those that are internal everywhere. */
  readonly networks: readonly string[];
  /** Hosts and users. */
  readonly names: readonly string[];
  /** Display names of the seats of this node. */
  readonly seats: readonly string[];
};

/** RFC 1918 and RFC 4193. */
const INTERNAL = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];
const NAME_CHARS_MIN = 3;
/** A word of a name. It begins where the one before it ended. */
const WORD = /[\p{L}\p{N}_-]{1,256}/gu;

/** Throws CONFIG_INVALID where a domain, a network or a name cannot be meant. */
export function ownOrganisation({ domains, networks, names, seats }: OwnOrganisation): Detector {
  const ownDomains = new Set(domains.map((text) => normalDomain(text) ?? invalid("domain", text)));
  const internal = new NetworkSet();
  for (const network of [...INTERNAL, ...networks]) {
    if (!internal.add(network)) invalid("network", network);
  }
  const ownNames = wordsOf(names, "hold");
  for (const [word, entries] of wordsOf(seats.filter(isName), "warn"))
    ownNames.set(word, [...(ownNames.get(word) ?? []), ...entries]);
  return (subject) => [
    ...domainsIn(subject, ownDomains),
    ...addressesIn(subject, internal),
    ...(subject.isSeat ? [] : namesIn(subject.text, ownNames)),
  ];
}

/** In the name of a seat it is only shown: the seat was named by somebody here, for others to read. */
function domainsIn({ observables, isSeat }: Subject, own: ReadonlySet<string>): readonly Hit[] {
  return observables.flatMap(({ kind, value, start, end }): Hit[] => {
    if (kind !== "domain" || !suffixesOf(value).some((name) => own.has(name))) return [];
    const found = { start, end, class: "own-organisation", detector: "own-domain" } as const;
    return [isSeat ? { ...found, severity: "warn" } : { ...found, severity: "hold", noun: "own domain" }];
  });
}

function addressesIn({ observables }: Subject, internal: NetworkSet): readonly Hit[] {
  return observables.flatMap(({ kind, value, start, end }): Hit[] => {
    const bytes = kind === "ip" ? parseIp(value) : undefined;
    if (!bytes || !internal.has(bytes)) return [];
    const found = { start, end, class: "own-organisation", detector: "internal-address" } as const;
    return [{ ...found, severity: "hold", noun: "internal address" }];
  });
}

type OwnName = { readonly name: string; readonly severity: Hit["severity"] };

/** Names by their first word, in lower case. */
function wordsOf(names: readonly string[], severity: Hit["severity"]): Map<string, readonly OwnName[]> {
  const byWord = new Map<string, readonly OwnName[]>();
  for (const text of names) {
    const name = text.trim().toLowerCase();
    const [word] = name.match(WORD) ?? [];
    if (word === undefined || !name.startsWith(word) || name.length < NAME_CHARS_MIN) return invalid("name", text);
    byWord.set(word, [...(byWord.get(word) ?? []), { name, severity }]);
  }
  return byWord;
}

function namesIn(text: string, own: ReadonlyMap<string, readonly OwnName[]>): readonly Hit[] {
  if (own.size === 0) return [];
  return [...text.matchAll(WORD)].flatMap(({ index, 0: word }): Hit[] => {
    const known = own.get(word.toLowerCase()) ?? [];
    return known.flatMap(({ name, severity }): Hit[] => {
      const end = index + name.length;
      const isWhole = !/[\p{L}\p{N}_-]/u.test(text.charAt(end));
      if (!isWhole || text.slice(index, end).toLowerCase() !== name) return [];
      const span = { start: index, end, class: "own-organisation" } as const;
      return severity === "warn"
        ? [{ ...span, detector: "own-seat", severity }]
        : [{ ...span, detector: "own-name", severity, noun: "own name" }];
    });
  });
}

/** The name and every name above it: `a.b.example`, `b.example`, `example`. */
export function suffixesOf(name: string): readonly string[] {
  const labels = name.split(".");
  return labels.map((_, at) => labels.slice(at).join("."));
}

/** Whether a name is long and plain enough to be looked for. */
export function isName(seat: string): boolean {
  const name = seat.trim().toLowerCase();
  return name.length >= NAME_CHARS_MIN && name.startsWith(name.match(WORD)?.[0] ?? " ");
}

function invalid(what: string, text: string): never {
  throw new TocsinError("CONFIG_INVALID", `${JSON.stringify(text.slice(0, 64))} is no ${what} of an organisation`, {
    hint: "see docs/scrub.md for the settings under scrub in node.json",
  });
}

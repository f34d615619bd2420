// Which property of which STIX observable is which type of indicator: for patterns and for observables alike.
// A path that is not here is context, never a failure.

import { TocsinError } from "../base/errors.ts";
import type { Indicator, IndicatorType } from "../record/body.ts";
import { parseIndicator } from "../record/indicator.ts";
import { childOf, type Fields } from "./stix-object.ts";

/** Where a type of indicator is written. CVEs and others have no observable in STIX; custom types are ignored by readers. */
const WRITTEN: Readonly<Record<IndicatorType, string>> = {
  ip: "ipv4-addr:value",
  cidr: "ipv4-addr:value",
  domain: "domain-name:value",
  url: "url:value",
  email: "email-addr:value",
  md5: "file:hashes.MD5",
  sha1: "file:hashes.SHA-1",
  sha256: "file:hashes.SHA-256",
  sha512: "file:hashes.SHA-512",
  filename: "file:name",
  mutex: "mutex:name",
  registry: "windows-registry-key:key",
  asn: "autonomous-system:number",
  cve: "vulnerability:name",
  process: "process:name",
  account: "user-account:account_login",
  certificate: "x509-certificate:hashes.SHA-256",
  other: "x-tocsin-indicator:value",
};

/** What else is read: STIX 2.1 chapter 6, and what OpenCTI and mobile forensics (`app:…`) write beyond it. */
const READ: readonly (readonly [type: string, paths: string])[] = [
  ["ip", "ipv4-addr:value ipv6-addr:value"],
  ["host", "network-traffic:dst_ref.value network-traffic:src_ref.value"],
  ["domain", "hostname:value x-opencti-hostname:value"],
  ["email", "email-message:from_ref.value email-message:sender_ref.value email-message:to_refs.value"],
  ["filename", "file:path directory:path process:image_ref.name process:binary_ref.name"],
  ["process", "process:command_line"],
  ["account", "user-account:user_id"],
  [
    "certificate",
    "x509-certificate:hashes.MD5 x509-certificate:hashes.SHA-1 app:cert.md5 app:cert.sha1 app:cert.sha256",
  ],
  ["other", "app:id app:name android-property:name configuration-profile:id mac-addr:value user-agent:value"],
  ...["file", "artifact", "process:image_ref", "process:binary_ref"].flatMap((object) =>
    ["MD5", "SHA-1", "SHA-256", "SHA-512"].map(
      (name) => ["hash", `${object}${object.includes(":") ? "." : ":"}hashes.${name}`] as const,
    ),
  ),
];

const TYPE_AT: ReadonlyMap<string, string> = new Map(
  [...Object.entries(WRITTEN).filter(([type]) => type !== "cidr"), ...READ].flatMap(([type, paths]) =>
    paths.split(" ").map((path) => [keyOf(path), type] as const),
  ),
);

/** An indicator read from an observable; `exact` is false where the value is not of the type that its path says. */
export type Observed = { readonly indicator: Indicator; readonly exact: boolean };

/**
 * The indicator that `value` is at `path` (`file:hashes.SHA-256`, without indexes and quotes); undefined where the
 * path is none. A value of the wrong form (`*.example.org` as a domain) is kept as `other`, to be found nevertheless.
 */
export function indicatorAt(path: string, value: string): Observed | undefined {
  const type = TYPE_AT.get(keyOf(path));
  if (type === undefined) return undefined;
  for (const candidate of type === "host" ? ["ip", "domain", "other"] : [type, "other"]) {
    try {
      return { indicator: parseIndicator(value, candidate), exact: candidate !== "other" || type === "other" };
    } catch (cause) {
      if (!(cause instanceof TocsinError)) throw cause;
    }
  }
  return undefined;
}

/** What an observable (an object of a type that the table knows) says of itself, in the order of its fields. */
export function observedIn(type: string, fields: Fields): readonly Observed[] {
  if (!OBSERVABLES.has(type)) return [];
  const values = [
    ...Object.entries(fields).map(([key, value]) => [`${type}:${key}`, value] as const),
    ...Object.entries(childOf(fields, "hashes")).map(([key, value]) => [`${type}:hashes.${key}`, value] as const),
  ];
  return values.flatMap(([path, value]) => {
    const text = typeof value === "number" ? String(value) : value;
    return typeof text === "string" ? (indicatorAt(path, text) ?? []) : [];
  });
}

/** Whether objects of this type are observables, readable or not (STIX 2.1 chapter 6). */
export function isObservable(type: string): boolean {
  return OBSERVABLES.has(type);
}

/** The path that an indicator is written under, without quotes. */
export function pathOf({ type, value }: Indicator): string {
  if (type === "ip" || type === "cidr") return value.includes(":") ? "ipv6-addr:value" : WRITTEN.ip;
  if (type === "certificate" && value.length === 32) return "x509-certificate:hashes.MD5";
  if (type === "certificate" && value.length === 40) return "x509-certificate:hashes.SHA-1";
  return WRITTEN[type];
}

/** `vulnerability` is in the table for its pattern only: STIX makes it a domain object. */
const OBSERVABLES: ReadonlySet<string> = new Set([
  ...[...TYPE_AT.keys()].map((path) => path.slice(0, path.indexOf(":"))).filter((type) => type !== "vulnerability"),
  ..."email-message network-traffic software".split(" "),
]);

/** Feeds write the names of hashes in any case, with and without the hyphen. */
function keyOf(path: string): string {
  return path.toLowerCase().replace(/sha-(?=\d+$)/, "sha");
}

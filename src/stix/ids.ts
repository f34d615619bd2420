// Deterministic ids of STIX observables (STIX 2.1 section 2.9): the same observable has the same id at every member,
// so that consumers merge what several of them export.

import { hash } from "node:crypto";
import { concat, fromHex, toHex, utf8 } from "../base/bytes.ts";
import { childOf, type Fields } from "./stix-object.ts";

const NAMESPACE = fromHex("00abedb4aa42466c9c01fed23315a9b7") ?? new Uint8Array();

/** The properties of each type that make up its id; a `process` has none, it always gets a random one. */
const CONTRIBUTING: ReadonlyMap<string, readonly string[]> = new Map(
  [
    "artifact hashes payload_bin",
    "autonomous-system number",
    "directory path",
    "domain-name value",
    "email-addr value",
    "email-message from_ref subject body",
    "file hashes name extensions parent_directory_ref",
    "ipv4-addr value",
    "ipv6-addr value",
    "mac-addr value",
    "mutex name",
    "network-traffic start end src_ref dst_ref src_port dst_port protocols extensions",
    "software name cpe swid vendor version",
    "url value",
    "user-account account_type user_id account_login",
    "windows-registry-key key values",
    "x509-certificate hashes serial_number",
  ].map((row) => {
    const [type = "", ...names] = row.split(" ");
    return [type, names] as const;
  }),
);

/** Only one hash counts, so that a file known by more hashes keeps its id. */
const HASH_ORDER = ["MD5", "SHA-1", "SHA-256", "SHA-512"];

/**
 * The id of an observable by its properties (UUID version 5 over their canonical JSON, RFC 8785);
 * undefined where none of them contributes, then STIX asks for a random UUID.
 */
export function observableId(type: string, fields: Fields): string | undefined {
  const names = (CONTRIBUTING.get(type) ?? []).filter((name) => fields[name] !== undefined);
  if (names.length === 0) return undefined;
  const parts = names.map((name) => [name, name === "hashes" ? oneHash(childOf(fields, name)) : fields[name]]);
  return `${type}--${uuid5(canonical(Object.fromEntries(parts)))}`;
}

function oneHash(hashes: Fields): Fields {
  const name = HASH_ORDER.find((name) => name in hashes) ?? Object.keys(hashes).sort()[0];
  return name === undefined ? {} : { [name]: hashes[name] };
}

/** UUID version 5 (RFC 9562 section 5.5) in the namespace of STIX observables. Its SHA-1 names, it protects nothing. */
function uuid5(name: string): string {
  const digest = fromHex(hash("sha1", concat(NAMESPACE, utf8(name)), "hex")) ?? new Uint8Array();
  const bytes = digest.slice(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** JSON with sorted keys and no white space; JavaScript writes numbers and texts as RFC 8785 wants them. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  const sorted = fields.sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${sorted.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join(",")}}`;
}

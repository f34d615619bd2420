// Indicators: from what people and feeds write to one typed, normal form, so that equal things compare equal.
// Pure text; it never looks anything up, and what it cannot read it refuses instead of guessing.

import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Indicator, IndicatorType } from "./body.ts";
import { ATTACK_ID, INDICATOR_TYPES } from "./body.ts";
import { normalDomain, normalEmail, normalUrl, refang } from "./internet-name.ts";
import { parseIp, parseNetwork, printIp } from "./ip-address.ts";

const ECHO_CHARS = 64;

const HASH_BY_LENGTH: ReadonlyMap<number, IndicatorType> = new Map([
  [32, "md5"],
  [40, "sha1"],
  [64, "sha256"],
  [128, "sha512"],
]);

/** Other names of the types, as people, MISP, STIX and CSV feeds write them; `hash` is told by its length. */
const ALIASES: ReadonlyMap<string, IndicatorType | "hash"> = new Map([
  ...INDICATOR_TYPES.map((type) => [type, type] as const),
  ...named("ip", "ipv4 ipv6 ip-src ip-dst ipaddress ip-address ipv4-addr ipv6-addr addr"),
  ...named("cidr", "network netblock ip-range subnet"),
  ...named("domain", "hostname host fqdn domain-name"),
  ...named("url", "uri link"),
  ...named("email", "mail e-mail emailsender email-addr email-src email-dst email-address"),
  ...named("sha1", "sha-1"),
  ...named("sha256", "sha-256"),
  ...named("sha512", "sha-512"),
  ...named("hash", "hash filehash file-hash"),
  ...named("filename", "file file-name filepath path"),
  ...named("registry", "regkey registry-key windows-registry-key reg"),
  ...named("asn", "as autonomous-system"),
  ...named("cve", "vulnerability vuln"),
  ...named("process", "process-name proc"),
  ...named("account", "user username user-account"),
  ...named("certificate", "cert x509 x509-certificate x509-fingerprint x509-fingerprint-md5"),
  ...named("certificate", "x509-fingerprint-sha1 x509-fingerprint-sha256"),
]);

/**
 * Reads `type:value` (or `value` of a named `type`, or a bare value whose type is told by its form), undoes
 * defanging and brings the value into the normal form of its type; reading a normal form changes nothing.
 * Throws INDICATOR_INVALID, saying what is wrong and echoing at most 64 characters.
 */
export function parseIndicator(text: string, type?: string): Indicator {
  const whole = text.trim();
  if (whole.length > limits.indicatorCharsMax) {
    throw invalid(`${shown(whole)} is longer than ${limits.indicatorCharsMax} characters`);
  }
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(whole) || !whole.isWellFormed()) {
    throw invalid(`${shown(whole)} holds control characters or line breaks`);
  }
  const typed = type === undefined ? prefixOf(whole) : { type, value: whole };
  if (typed) {
    if (typed.value === "") throw invalid(`no value after ${shown(typed.type)}`);
    const known = ALIASES.get(typed.type.toLowerCase().replaceAll("_", "-"));
    if (!known) throw invalid(`${shown(typed.type)} is no type of indicator`);
    return normal(known, typed.value);
  }
  if (whole === "") throw invalid("an indicator is empty");
  const told = detect(refang(whole));
  if (!told) throw invalid(`cannot tell what ${shown(whole)} is`);
  return normal(told, whole);
}

/** An ATT&CK id, `T1566`, `T1566.001` or `TA0001`, in upper case. Throws INDICATOR_INVALID. */
export function parseTechnique(text: string): string {
  const id = text.trim().toUpperCase();
  if (!ATTACK_ID.test(id)) {
    throw invalid(`${shown(text)} is no ATT&CK id`, "write it as T1566, T1566.001 or TA0001");
  }
  return id;
}

/** How an indicator is written to people: nothing that a program would turn into a link. Reads back unchanged. */
export function defang(indicator: Indicator): string {
  const { type, value } = indicator;
  if (type === "ip" || type === "cidr") return value.replaceAll(".", "[.]").replace(":", "[:]");
  if (type === "domain") return value.replaceAll(".", "[.]");
  if (type === "email") {
    const at = value.lastIndexOf("@");
    return `${value.slice(0, at)}[@]${value.slice(at + 1).replaceAll(".", "[.]")}`;
  }
  if (type !== "url") return value;
  const [, scheme = "", authority = "", rest = ""] = /^([^/?#]*:\/\/)?([^/?#\\]*)(.*)$/s.exec(value) ?? [];
  const cold = scheme
    .replace(/^http/, "hxxp")
    .replace(/^ftp/, "fxp")
    .replace(/^(?!hxxp|fxp)(.+):/, "$1[:]");
  return cold + authority.replaceAll(".", "[.]") + rest;
}

/** The `type:` that a text starts with, where it is a known one. */
function prefixOf(text: string): { readonly type: string; readonly value: string } | undefined {
  const match = /^(?!file:\/\/)([a-z][a-z\d_-]{0,31}):(.*)$/i.exec(text);
  if (!match?.[1] || !ALIASES.has(match[1].toLowerCase().replaceAll("_", "-"))) return undefined;
  return { type: match[1], value: (match[2] ?? "").trim() };
}

/** Endings that are files and no top-level domains: `invoice.exe` is no host. */
const FILE_ENDING =
  /\.(?:7z|apk|bat|bin|cmd|conf|dat|dll|docm?|docx|dylib|elf|exe|gz|hta|img|ini|ipa|iso|jar|jpe?g|js|json|lnk|log|msi|msix|one|pdf|php|plist|png|pptx?|ps1|rar|rtf|scr|sys|tar|tmp|txt|vb[ase]|vhdx?|wsf|xlam|xll|xlsb|xlsm|xlsx?|xml)$/i;

/** The type of a bare, refanged value. The first form that matches decides, so that its own error is shown. */
function detect(text: string): IndicatorType | "hash" | undefined {
  if (/^[a-z][a-z\d+.*-]{0,31}:\/\//i.test(text)) return "url";
  if (/^[^\s@/\\]+@[^\s@/\\]+$/.test(text)) return "email";
  if (/^[\da-f.:]+\/\d{1,3}$/i.test(text) && /[.:]/.test(text)) return "cidr";
  if (parseIp(text) || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) return "ip";
  if (/^[\da-f]+$/i.test(text)) return HASH_BY_LENGTH.get(text.length);
  if (/^cve-/i.test(text)) return "cve";
  if (/^asn? ?\d+$/i.test(text)) return "asn";
  if (HIVE.test(text)) return "registry";
  if (/^(?:[a-z]:\\|\\\\|%[a-z]+%\\|[~.]?\/)/i.test(text)) return "filename";
  if (/\s/.test(text)) return undefined;
  if (/[/?#]|:\d+$/.test(text)) return /^[^/?#]*\./.test(text) ? "url" : undefined;
  if (FILE_ENDING.test(text)) return "filename";
  return /[.。]/.test(text) ? "domain" : undefined;
}

function normal(type: IndicatorType | "hash", text: string): Indicator {
  if (type === "hash") {
    const told = HASH_BY_LENGTH.get(text.length);
    if (!told) throw invalid(`${shown(text)} is no MD5, SHA-1, SHA-256 or SHA-512 hash`);
    return normal(told, text);
  }
  const network = type === "ip" || type === "cidr" ? parseNetwork(refang(text)) : undefined;
  // A network of one address is that address, so that both ways of writing it are found together.
  if (network?.single) return { type: "ip", value: network.network.slice(0, network.network.indexOf("/")) };
  if (network) return { type: "cidr", value: network.network };
  const [noun, form] = FORMS[type];
  const value = form(text);
  if (value === undefined) throw invalid(`${shown(text)} is no ${noun}`);
  if (value.length > limits.indicatorCharsMax) throw invalid(`${shown(text)} is too long in its normal form`);
  return { type, value };
}

/** Per type: what it is called in an error, and the normal form of a trimmed value, undefined where it is none. */
const FORMS: Readonly<Record<IndicatorType, readonly [noun: string, normal: (text: string) => string | undefined]>> = {
  ip: [
    "IP address",
    (text) => {
      const bytes = parseIp(refang(text));
      return bytes && printIp(bytes);
    },
  ],
  cidr: ["network in the form address/prefix", (text) => parseNetwork(refang(text))?.network],
  domain: ["domain name", normalDomain],
  url: ["URL", normalUrl],
  email: ["mail address", normalEmail],
  md5: ["MD5 hash of 32 hexadecimal digits", (text) => hexDigits(text, 32)],
  sha1: ["SHA-1 hash of 40 hexadecimal digits", (text) => hexDigits(text, 40)],
  sha256: ["SHA-256 hash of 64 hexadecimal digits", (text) => hexDigits(text, 64)],
  sha512: ["SHA-512 hash of 128 hexadecimal digits", (text) => hexDigits(text, 128)],
  filename: ["file name", asWritten],
  mutex: ["mutex", asWritten],
  // Tools differ in how they abbreviate hives and escape backslashes; Windows itself keeps the case of a key.
  registry: [
    "registry key",
    (text) => text.replaceAll(/\\+/g, "\\").replace(HIVE, (_, hive: string) => HIVES.get(hive.toUpperCase()) ?? hive),
  ],
  asn: [
    "autonomous system number",
    (text) => {
      const digits = /^(?:asn? ?)?(\d{1,10})$/i.exec(text)?.[1];
      return digits !== undefined && Number(digits) < 2 ** 32 ? `AS${Number(digits)}` : undefined;
    },
  ],
  cve: ["CVE number", (text) => (/^CVE-\d{4}-\d{4,19}$/i.test(text) ? text.toUpperCase() : undefined)],
  process: ["process", asWritten],
  account: ["account", asWritten],
  certificate: [
    "certificate fingerprint",
    (text) => {
      const digits = text.replaceAll(/[:\s]/g, "");
      return HASH_BY_LENGTH.has(digits.length) ? hexDigits(digits, digits.length) : undefined;
    },
  ],
  other: ["value", asWritten],
};

const HIVES: ReadonlyMap<string, string> = new Map([
  ["HKLM:", "HKEY_LOCAL_MACHINE"],
  ["HKLM", "HKEY_LOCAL_MACHINE"],
  ["HKCU:", "HKEY_CURRENT_USER"],
  ["HKCU", "HKEY_CURRENT_USER"],
  ["HKCR", "HKEY_CLASSES_ROOT"],
  ["HKU", "HKEY_USERS"],
  ["HKCC", "HKEY_CURRENT_CONFIG"],
  ...["LOCAL_MACHINE", "CURRENT_USER", "CLASSES_ROOT", "USERS", "CURRENT_CONFIG"].map(
    (name) => [`HKEY_${name}`, `HKEY_${name}`] as const,
  ),
]);
const HIVE = new RegExp(`^(${[...HIVES.keys()].join("|")})(?=\\\\|$)`, "i");

function asWritten(text: string): string {
  return text;
}

function hexDigits(text: string, length: number): string | undefined {
  return text.length === length && /^[\da-f]+$/i.test(text) ? text.toLowerCase() : undefined;
}

function named<T extends string>(type: T, names: string): (readonly [string, T])[] {
  return names.split(" ").map((name) => [name, type] as const);
}

function invalid(message: string, hint?: string): TocsinError {
  return new TocsinError("INDICATOR_INVALID", message, hint === undefined ? {} : { hint });
}

/** A value as an error may show it: short, in quotes, without characters that would disturb a terminal. */
function shown(text: string): string {
  const cut = text.length > ECHO_CHARS ? `${text.slice(0, ECHO_CHARS - 1)}…` : text;
  return `"${cut.toWellFormed().replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, "?")}"`;
}

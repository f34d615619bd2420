// Domains, URLs and mail addresses as people paste them: refanging, and one normal form each.
// Pure text; never resolves a name, and never changes the path or query of a URL beyond refanging its brackets.

import { domainToASCII } from "node:url";
import { parseIp, printIp } from "./ip-address.ts";

const BRACKETED = /\[(\.|:|@|\/|:\/\/)\]/g;
const SPOKEN = /\s{0,2}[[({]\s{0,2}(\.|:|@|\/|:\/\/|dot|at)\s{0,2}[\])}]\s{0,2}/gi;

/** An address or name without the disguises that keep it from being clicked: `[.]`, `(dot)`, `[@]`, `{at}`, `[:]`, … */
export function refang(text: string): string {
  return untilStable(text, (now) =>
    now.replace(SPOKEN, (_, mark: string) => {
      const word = mark.toLowerCase();
      return word === "dot" ? "." : word === "at" ? "@" : word;
    }),
  );
}

/** Lower-case ASCII name of at least two labels, without a trailing dot (RFC 1123 with underscores, IDNA by UTS 46). */
export function normalDomain(text: string): string | undefined {
  const name = refang(text).replace(/\.$/, "");
  // What URL parsing would treat as structure is refused before it can cut the name short.
  if (/[\s/?#@:%\\[\]<>^|]/.test(name)) return undefined;
  const ascii = /^[\x21-\x7e]*$/.test(name) ? name.toLowerCase() : domainToASCII(name).replace(/\.$/, "");
  if (ascii.length > 253) return undefined;
  const labels = ascii.split(".");
  const last = labels.at(-1) ?? "";
  if (labels.length < 2 || /^(?:\d+|0x[\da-f]*)$/.test(last)) return undefined;
  return labels.every((label) => label.length <= 63 && /^[a-z\d_](?:[a-z\d_-]*[a-z\d_])?$/.test(label))
    ? ascii
    : undefined;
}

/** Mail address with a lower-case domain; the local part is the receiver's business and stays as written. */
export function normalEmail(text: string): string | undefined {
  const address = refang(text);
  const at = address.lastIndexOf("@");
  const local = address.slice(0, at);
  const domain = normalDomain(address.slice(at + 1));
  if (at < 1 || local.length > 64 || domain === undefined || /[\s@<>,;:"\\[\]()]/.test(local)) return undefined;
  return `${local}@${domain}`;
}

/**
 * URL with scheme and host in lower case (RFC 3986 section 6.2.2.1) and everything after the host as written.
 * A URL without a scheme (`host/path`, `host:port`) is accepted, because feeds hold them, and stays without one.
 */
export function normalUrl(text: string): string | undefined {
  const plain = untilStable(text, (now) => now.replace(BRACKETED, "$1"));
  const scheme = /^([a-z][a-z\d+.*-]{0,31}):\/\//i.exec(plain)?.[1];
  const rest = scheme === undefined ? plain : plain.slice(scheme.length + 3);
  const end = rest.search(/[/?#\\]/);
  const authority = normalAuthority(end < 0 ? rest : rest.slice(0, end));
  if (authority === undefined || (scheme === undefined && authority.includes("@"))) return undefined;
  const prefix = scheme === undefined ? "" : `${realScheme(scheme.toLowerCase())}://`;
  return prefix.includes("*") ? undefined : prefix + authority + (end < 0 ? "" : rest.slice(end));
}

/** Host of a normal domain or address: what `[user@]host[:port]` names; the port is checked, userinfo kept. */
function normalAuthority(text: string): string | undefined {
  const plain = refang(text);
  const at = plain.lastIndexOf("@");
  const user = plain.slice(0, at + 1);
  const match = /^(\[[^\]]*\]|[^:[\]]+)(?::(\d{0,5}))?$/.exec(plain.slice(at + 1));
  if (!match?.[1] || /[\s[\](){}]/.test(user)) return undefined;
  const host = normalHost(match[1]);
  const port = match[2] ? Number(match[2]) : undefined;
  if (host === undefined || (port !== undefined && port > 65_535)) return undefined;
  return user + host + (port === undefined ? "" : `:${port}`);
}

function normalHost(text: string): string | undefined {
  const literal = text.startsWith("[");
  const bytes = parseIp(literal ? text.slice(1, -1) : text);
  if (bytes) return literal === (bytes.length === 16) ? (literal ? `[${printIp(bytes)}]` : printIp(bytes)) : undefined;
  return literal ? undefined : normalDomain(text);
}

/** `hxxps` and its like stand for the scheme that a reader must not click. */
function realScheme(scheme: string): string {
  const web = /^h(?:xx|\*\*)p(s?)$/.exec(scheme);
  return web ? `http${web[1]}` : scheme.replace(/^f(?:x|\*)p/, "ftp");
}

/** Applies `step` until it changes nothing; each step must shorten what it changes. */
function untilStable(text: string, step: (text: string) => string): string {
  let now = text;
  for (let before = ""; before !== now;) {
    before = now;
    now = step(now);
  }
  return now;
}

// IP addresses and networks: strict reading, one way of writing. Pure text and numbers; never resolves or connects.

/** Bytes of a strict dotted quad (no octal, no short forms) or of an IPv6 address without zone; else undefined. */
export function parseIp(text: string): readonly number[] | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

/** The one text form: dotted quad, or RFC 5952 (IPv4-mapped addresses end in a dotted quad, section 5). */
export function printIp(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join(".");
  if (isMapped(bytes)) return `::ffff:${bytes.slice(12).join(".")}`;
  const groups = Array.from({ length: 8 }, (_, at) => (byteAt(bytes, at * 2) << 8) | byteAt(bytes, at * 2 + 1));
  const hex = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":");
  const zeros = longestZeros(groups);
  return zeros.length < 2 ? hex(0, 8) : `${hex(0, zeros.start)}::${hex(zeros.start + zeros.length, 8)}`;
}

/**
 * Normal form of `address/prefix`: host bits cleared (RFC 4632), so `203.0.113.77/24` is `203.0.113.0/24`.
 * Undefined where either part is none. The prefix length is in bits.
 */
export function parseNetwork(text: string): { readonly network: string; readonly single: boolean } | undefined {
  const slash = text.indexOf("/");
  const bytes = slash < 0 ? undefined : parseIp(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (!bytes || !/^\d{1,3}$/.test(digits)) return undefined;
  const prefix = Number(digits);
  if (prefix > bytes.length * 8) return undefined;
  const masked = bytes.map((byte, at) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - at * 8))) & 0xff);
  return { network: `${printIp(masked)}/${prefix}`, single: prefix === bytes.length * 8 };
}

function parseIpv4(text: string): readonly number[] | undefined {
  const parts = text.split(".", 5);
  // A leading zero means octal to some readers and nothing to others, so it means nothing here.
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function parseIpv6(text: string): readonly number[] | undefined {
  const halves = text.split("::", 3);
  if (halves.length > 2) return undefined;
  const head = groupBytes(halves[0] ?? "", halves.length === 1);
  const tail = groupBytes(halves[1] ?? "", true);
  if (!head || !tail) return undefined;
  const gap = 16 - head.length - tail.length;
  // "::" stands for at least one group.
  if (halves.length === 1 ? gap !== 0 : gap < 2) return undefined;
  return [...head, ...Array.from({ length: gap }, () => 0), ...tail];
}

/** Bytes of colon-separated groups; the last one may be a dotted quad where `last` says that the address ends here. */
function groupBytes(text: string, last: boolean): readonly number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":", 9);
  for (const [at, group] of groups.entries()) {
    if (/^[\da-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
      continue;
    }
    const quad = last && at === groups.length - 1 ? parseIpv4(group) : undefined;
    if (!quad) return undefined;
    bytes.push(...quad);
  }
  return bytes;
}

function isMapped(bytes: readonly number[]): boolean {
  return bytes.slice(0, 12).every((byte, at) => byte === (at < 10 ? 0 : 0xff));
}

function byteAt(bytes: readonly number[], at: number): number {
  return bytes[at] ?? 0;
}

/** The longest run of zero groups, the first of equals (RFC 5952 section 4.2.3). */
function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [at, group] of groups.entries()) {
    if (group !== 0) start = at + 1;
    else if (at + 1 - start > best.length) best = { start, length: at + 1 - start };
  }
  return best;
}

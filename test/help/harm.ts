// What can happen to bytes on their way, by accident or by somebody's hand: harmed bits, and well-formed containers with
// one part written as no honest writer would.

import * as fc from "fast-check";
import { concat, fromUtf8, utf8 } from "../../src/base/bytes.ts";
import { type Cbor, decodeCbor, encodeCbor } from "../../src/base/cbor.ts";

/** One harm to bytes: a flipped bit, a cut, or something appended. */
export type Harm = { readonly flip: number } | { readonly keep: number } | { readonly append: Uint8Array };
export const harms: fc.Arbitrary<Harm> = fc.oneof(
  fc.record({ flip: fc.nat() }),
  fc.record({ keep: fc.nat() }),
  fc.record({ append: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
);

export function harmed(bytes: Uint8Array, harm: Harm): Uint8Array {
  if ("append" in harm) return Uint8Array.of(...bytes, ...harm.append);
  if ("keep" in harm) return bytes.slice(0, harm.keep % bytes.length);
  const copy = bytes.slice();
  const bit = harm.flip % (8 * bytes.length);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

/** What the bytes of a decoder are made of: that decides which parts can be written otherwise. */
export type Form = "cbor" | "json" | "text" | "bytes";

/** Bytes for a decoder that takes such samples: some of them whole, most of them harmed, some made of nothing. */
export function hostile(samples: readonly Uint8Array[], form: Form): fc.Arbitrary<Uint8Array> {
  const sample = fc.constantFrom(...samples);
  const number = fc.nat();
  const spliced = fc.tuple(sample, fc.constantFrom(...FRAGMENTS[form]), number, fc.boolean());
  const copied = fc.tuple(sample, number, number);
  const written = fc.tuple(sample, number, number, number);
  const replaced = fc.tuple(sample, number, number);
  return fc.oneof(
    sample,
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ unit: "grapheme", maxLength: 60 }).map(utf8),
    fc
      .tuple(sample, fc.array(harms, { minLength: 1, maxLength: 3 }))
      .map(([bytes, many]) => many.reduce((left, harm) => (left.length === 0 ? left : harmed(left, harm)), bytes)),
    spliced.map(([bytes, fragment, at, over]) => {
      const from = at % (bytes.length + 1);
      return concat(bytes.slice(0, from), fragment, bytes.slice(over ? from + fragment.length : from));
    }),
    copied.map(([bytes, one, other]) => {
      const [from, to] = [one % (bytes.length + 1), other % (bytes.length + 1)].sort((left, right) => left - right);
      return concat(bytes.slice(0, to), bytes.slice(from));
    }),
    fc.constantFrom(...WHOLES[form]),
    ...(form === "cbor"
      ? [written.map(([bytes, at, twist, other]) => twistedCbor(decodeCbor(bytes, bytes.length), { at, twist, other }))]
      : []),
    ...(form === "json"
      ? [replaced.map(([bytes, at, other]) => twistedJson(fromUtf8(bytes) ?? "", { at, other }))]
      : []),
  );
}

const LONG = 5_000;
const repeated = (byte: number, count: number): Uint8Array => new Uint8Array(count).fill(byte);

/** Lengths that nothing follows, loose ends, nesting, one key twice, numbers that are none. */
const CBOR_FRAGMENTS: readonly Uint8Array[] = [
  ...[0x5b, 0x7b, 0x9b, 0xbb].map((head) => Uint8Array.of(head, 0x7f, ...repeated(0xff, 7))),
  ...[0x5b, 0x7b, 0x9b, 0xbb].map((head) => Uint8Array.of(head, 0, 0, 0, 0, 0x40, 0, 0, 0)),
  ...[0x5a, 0x7a, 0x9a, 0xba].map((head) => Uint8Array.of(head, ...repeated(0xff, 4))),
  ...[0x5f, 0x7f, 0x9f, 0xbf, 0xff, 0xf6, 0xf7, 0xf8, 0x1c, 0xc0, 0xc2].map((byte) => Uint8Array.of(byte)),
  repeated(0x81, LONG),
  repeated(0xa1, LONG),
  repeated(0x9f, LONG),
  Uint8Array.of(0xa2, 0x61, 0x61, 0x01, 0x61, 0x61, 0x02),
  Uint8Array.of(0xa1, 0x69, ...utf8("__proto__"), 0xa0),
  Uint8Array.of(0xf9, 0x7e, 0x00),
  Uint8Array.of(0xfb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0),
  Uint8Array.of(0x1b, ...repeated(0xff, 8)),
  Uint8Array.of(0xc2, 0x49, 1, 0, 0, 0, 0, 0, 0, 0, 0),
  Uint8Array.of(0x62, 0xc3, 0x28),
];
const TEXT_FRAGMENTS = [
  ..."\u0000|\uFEFF|\u202E|\uD800|\u{1F469}\u200D\u{1F680}|İ|ß|--|=|:|/|\\|\"|'|#|\n\n|,| |-1|1e999|9".split("|"),
  ...["__proto__", "constructor", "[[.]]", "%00", "99999999999999999999", "(a+)+".repeat(20), "a".repeat(LONG)],
  ...[" ".repeat(LONG), ".".repeat(LONG), "1".repeat(LONG), "[".repeat(LONG), ":".repeat(LONG)],
].map(utf8);
const FRAGMENTS: Readonly<Record<Form, readonly Uint8Array[]>> = {
  cbor: CBOR_FRAGMENTS,
  json: [...TEXT_FRAGMENTS, ...['{"a":1,"a":2}', "null", '"\\ud800"', "\\u0000"].map(utf8)],
  text: TEXT_FRAGMENTS,
  bytes: [...TEXT_FRAGMENTS, ...CBOR_FRAGMENTS],
};

type Twist = { readonly at: number; readonly twist: number; readonly other: number };

const OTHERS: readonly Cbor[] = [
  ...[null, true, 0, -1, 2 ** 32, Number.MAX_SAFE_INTEGER, 0.5, "", "a", "\u0000", "x".repeat(LONG)],
  ...[new Uint8Array(0), new Uint8Array(16), new Uint8Array(32), new Uint8Array(LONG)],
  ...[[], [[]], {}, { op: "genesis" }, Array.from({ length: 300 }, () => 0)],
];

const OTHER_JSON = [
  ...["null", "true", "-1", "0", "1e999", "0.5", "9007199254740993", '""', '"a"', '"\\u0000"', '"\\ud800"', "[]", "{}"],
  ...["[null]", '{"a":1,"a":2}', '{"__proto__":{"kind":"ack"}}', '{"constructor":1}', `"${"x".repeat(LONG)}"`],
  ...["[".repeat(LONG) + "]".repeat(LONG), '{"a":'.repeat(LONG) + "1" + "}".repeat(LONG)],
];

/** Values that are right in form and wrong in kind, with nothing around them. */
const WHOLES: Readonly<Record<Form, readonly Uint8Array[]>> = {
  cbor: OTHERS.map((value) => encodeCbor(value)),
  json: OTHER_JSON.map(utf8),
  text: TEXT_FRAGMENTS,
  bytes: [new Uint8Array(0), new Uint8Array(LONG)],
};

/** The value with its part number `at` written in another way. */
function twistedCbor(value: Cbor, { at, twist, other }: Twist): Uint8Array {
  const chosen = at % countOf(value);
  let seen = 0;
  const write = (node: Cbor): Uint8Array => {
    const mine = seen++ === chosen;
    const { major, items } = partsOf(node, write);
    if (mine) return twistOf({ major, items, node }, twist, other);
    return items === undefined ? encodeCbor(node) : concat(head(major, lengthOf(node)), ...items);
  };
  return write(value);
}

type Parts = { readonly major: number; readonly items: readonly Uint8Array[] | undefined };

function twistOf({ major, items, node }: Parts & { readonly node: Cbor }, twist: number, other: number): Uint8Array {
  const plainly = items === undefined ? encodeCbor(node) : concat(head(major, lengthOf(node)), ...items);
  const another = encodeCbor(OTHERS[other % OTHERS.length] ?? null);
  const inner = node instanceof Uint8Array ? innerOf(node) : undefined;
  if (inner !== undefined && twist % 3 > 0) {
    const twisted = twistedCbor(inner, { at: other, twist: twist >> 2, other: twist });
    return concat(head(2, twisted.length), twisted);
  }
  if (items === undefined)
    return [another, concat(repeated(0x81, LONG), plainly), concat(Uint8Array.of(0xc1), plainly)][twist % 3] ?? another;
  const count = lengthOf(node);
  const single = major === 4 || major === 5;
  const ways: readonly Uint8Array[] = [
    another,
    concat(repeated(0x81, LONG), plainly),
    concat(wideHead(major, 2 ** 31), ...items),
    concat(wideHead(major, count), ...items),
    concat(Uint8Array.of((major << 5) | 31), ...items, Uint8Array.of(0xff)),
    ...(single && items.length > 0
      ? [
          concat(head(major, count + 1), ...items, ...items.slice(0, 1)),
          concat(head(major, count - 1), ...items.slice(1)),
          concat(head(major, count), ...items.toReversed()),
          concat(head(major, count), ...items.map(() => items[0] ?? another)),
        ]
      : []),
  ];
  return ways[twist % ways.length] ?? another;
}

/** Major type and content; a container has one item for each entry, keys in the order of their bytes. */
function partsOf(node: Cbor, write: (node: Cbor) => Uint8Array): Parts {
  if (node instanceof Uint8Array) return { major: 2, items: [node] };
  if (typeof node === "string") return { major: 3, items: [utf8(node)] };
  if (Array.isArray(node)) return { major: 4, items: (node as readonly Cbor[]).map(write) };
  if (typeof node !== "object" || node === null) return { major: 0, items: undefined };
  const entries = Object.entries(node).map(([key, value]) => [encodeCbor(key), value] as const);
  entries.sort(([left], [right]) => left.length - right.length || (left.join() < right.join() ? -1 : 1));
  return { major: 5, items: entries.map(([key, value]) => concat(key, write(value))) };
}

function lengthOf(node: Cbor): number {
  if (node instanceof Uint8Array) return node.length;
  if (typeof node === "string") return utf8(node).length;
  return Array.isArray(node) ? node.length : Object.keys(node ?? {}).length;
}

function head(major: number, length: number): Uint8Array {
  if (length < 24) return Uint8Array.of((major << 5) | length);
  if (length < 256) return Uint8Array.of((major << 5) | 24, length);
  if (length < 65_536) return Uint8Array.of((major << 5) | 25, length >> 8, length & 255);
  return Uint8Array.of((major << 5) | 26, length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255);
}

function wideHead(major: number, length: number): Uint8Array {
  const bytes = new Uint8Array(9);
  bytes[0] = (major << 5) | 27;
  new DataView(bytes.buffer).setBigUint64(1, BigInt(length));
  return bytes;
}

/** What a byte string holds, where that is a container itself. */
function innerOf(bytes: Uint8Array): Cbor | undefined {
  try {
    const value = decodeCbor(bytes, bytes.length);
    return typeof value === "object" ? value : undefined;
  } catch {
    return undefined;
  }
}

function countOf(value: Cbor): number {
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return 1;
  return Object.values(value).reduce<number>((sum, child: Cbor) => sum + countOf(child), 1);
}

/** The text with value number `at` replaced. */
function twistedJson(text: string, { at, other }: Omit<Twist, "twist">): Uint8Array {
  let count = 0;
  JSON.parse(text, (_, value: unknown) => (count++, value));
  const chosen = at % count;
  let seen = 0;
  const marked = JSON.parse(text, (_, value: unknown) => (seen++ === chosen ? "@HERE@" : value)) as unknown;
  return utf8(JSON.stringify(marked).replace('"@HERE@"', () => OTHER_JSON[other % OTHER_JSON.length] ?? "null"));
}

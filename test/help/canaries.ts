// Words that no other text has: each is planted in one place, and looked for in everything that comes out.

import { systemRandom } from "../../src/base/random.ts";
import type { Tlp } from "../../src/record/marking.ts";

/** What a canary is written into: who may be told, and where, hangs on that. */
export type Sort =
  /** A record's words; `tlp` is its marking. */
  | "words"
  /** What membership, holds, freezes and drills say: to a whole circle, under no marking. */
  | "governing"
  /** The name of a seat, which its posts show. */
  | "seat"
  /** A name that only this home has: of a token. */
  | "local"
  /** Why something was sent all the same: for those who read the trail. */
  | "trail"
  /** Why something is not sent: for whoever said it. */
  | "verdict"
  /** Said, and not sent, or not yet. */
  | "unsent"
  /** Words of a record that waited until somebody released it. */
  | "released"
  /** Sent, and withdrawn since; its readers are those that hold it. */
  | "withdrawn"
  /** What stands in the settings of a node. */
  | "setting"
  /** What can be nothing of what it was typed as. */
  | "typed"
  /** What a script tells its posts apart by. */
  | "key"
  /** Passphrases, tickets, tokens. */
  | "secret";

export type Canary = {
  /** How a failure calls it. */
  readonly what: string;
  readonly text: string;
  readonly sort: Sort;
  readonly tlp: Tlp;
  /** The home that it was said at. */
  readonly by: string;
  /** The orgs whose people may read it. */
  readonly readers: readonly string[];
};

const LETTERS = 16;
/** So many letters of one in a row are not there by chance: 26^9 is 2^42. */
const PART = 9;

/** A fresh word: lower-case letters, so that it may stand in names, domains and file names, and reads as no known secret. */
export function freshWord(): string {
  return `zq${[...systemRandom(LETTERS)].map((byte) => String.fromCharCode(97 + (byte % 26))).join("")}`;
}

/**
 * Looks for canaries in bytes: as they are, in capitals, in UTF-16, in hexadecimal and in base64. A part of one is enough: where values are
 * compressed, the beginning of a text may stand elsewhere.
 */
export function finderOf(canaries: readonly Canary[]): (bytes: Uint8Array) => ReadonlySet<Canary> {
  const parts = new Map<string, Canary>();
  const wholes: Canary[] = [];
  for (const canary of canaries) {
    if (!/^zq[a-z]+$/.test(canary.text)) wholes.push(canary);
    else for (let at = 2; at + PART <= canary.text.length; at++) parts.set(canary.text.slice(at, at + PART), canary);
  }
  const lookAt = (text: string, found: Set<Canary>): void => {
    for (const [run] of text.toLowerCase().matchAll(RUN)) {
      for (let at = 0; at + PART <= run.length; at++) {
        const canary = parts.get(run.slice(at, at + PART));
        if (canary) found.add(canary);
      }
    }
    for (const canary of wholes) if (text.includes(canary.text)) found.add(canary);
  };
  return (bytes) => {
    const found = new Set<Canary>();
    const text = Buffer.from(bytes).toString("latin1");
    for (const view of [text, text.replaceAll("\0", "")]) lookAt(view, found);
    for (const [run] of text.matchAll(HEX)) lookAt(Buffer.from(run, "hex").toString("latin1"), found);
    for (const [run] of text.matchAll(BASE64))
      for (let at = 0; at < 4; at++) lookAt(Buffer.from(run.slice(at), "base64").toString("latin1"), found);
    return found;
  };
}

const RUN = /[a-z]{9,}/g;
const HEX = /(?:[0-9a-f]{2}){9,}/gi;
const BASE64 = /[\w+/-]{12,}/g;

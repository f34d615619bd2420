// How far people here trust an org: what they verified or blocked, and whether that still holds for what the rosters show. Pure.
// Verified is the org key together with the name and the nodes that it had then; what differs from it is `changed`.

import { z } from "zod";
import { decodeCbor, encodeCbor } from "../base/cbor.ts";
import { toHex } from "../base/bytes.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { idBytes, ID_BYTES, memberId, type MemberId } from "../record/ids.ts";
import type { Roster } from "./roster.ts";

/** What is said of a peer. `vouched` is for orgs that others verified; nothing makes it yet. */
export type TrustWord = "verified" | "vouched" | "unverified" | "changed" | "blocked";

/** What a person at this node decided about an org. */
export type Vetting = {
  readonly orgKey: Uint8Array;
  readonly state: "verified" | "blocked";
  readonly how: "words" | "fingerprint";
  /** By our clock, ms since 1970. */
  readonly at: number;
  readonly seat: string;
  /** The org's name and member keys as they were then. */
  readonly org: string;
  readonly members: readonly MemberId[];
};

/** All vettings by org key, in hex. */
export type TrustBook = ReadonlyMap<string, Vetting>;

/** The book with one more vetting, which replaces an earlier one of the same org key. */
export function withVetting(book: TrustBook, vetting: Vetting): TrustBook {
  return new Map(book).set(toHex(vetting.orgKey), vetting);
}

/** The org names of a book, as `trustIn` compares them. */
function namesIn(book: TrustBook): ReadonlySet<string> {
  const known = namesOf.get(book);
  if (known) return known;
  const names = new Set([...book.values()].map(({ org }) => folded(org)));
  namesOf.set(book, names);
  return names;
}
const namesOf = new WeakMap<TrustBook, ReadonlySet<string>>();

/** An org as the rosters show it now: its key in hex, a name that it goes by, its nodes. */
export type Shown = { readonly orgKey: string; readonly org: string; readonly members: readonly MemberId[] };

/** How far an org is trusted. */
export function trustIn(book: TrustBook, { orgKey, org, members }: Shown): TrustWord {
  const row = book.get(orgKey);
  // Whoever is known here by this name had another key.
  if (!row) return namesIn(book).has(folded(org)) ? "changed" : "unverified";
  if (row.state === "blocked") return "blocked";
  const same = folded(row.org) === folded(org) && members.every((member) => row.members.includes(member));
  return same ? "verified" : "changed";
}

/** The nodes of each org in a roster, by org key in hex. Rosters are values, so each is looked through once. */
export function nodesByOrg(roster: Roster): ReadonlyMap<string, readonly MemberId[]> {
  const known = nodesOf.get(roster);
  if (known) return known;
  const nodes = new Map<string, MemberId[]>();
  for (const { id, certificate } of roster.members.values()) {
    const orgKey = toHex(certificate.orgKey);
    const some = nodes.get(orgKey);
    if (some) some.push(id);
    else nodes.set(orgKey, [id]);
  }
  nodesOf.set(roster, nodes);
  return nodes;
}
const nodesOf = new WeakMap<Roster, ReadonlyMap<string, readonly MemberId[]>>();

/** Names that a person takes for the same one. */
function folded(name: string): string {
  return name.normalize("NFKC").toLowerCase();
}

const key = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === ID_BYTES);
const schema = z.strictObject({
  orgKey: key,
  state: z.enum(["verified", "blocked"]),
  how: z.enum(["words", "fingerprint"]),
  at: z.number().int().min(0).max(limits.momentMaxMs),
  seat: z.string(),
  org: z.string(),
  members: z.array(key),
});

/** The row of a vetting. Throws LIMIT_EXCEEDED where an org has more nodes than a row holds. */
export function encodeVetting(vetting: Vetting): Uint8Array {
  const row = encodeCbor({ ...vetting, members: vetting.members.map(idBytes) });
  if (row.length > limits.peerRowBytesMax) {
    throw new TocsinError("LIMIT_EXCEEDED", "this org has too many nodes to be verified as one");
  }
  return row;
}

/** The vetting of a row. Throws STORE_CORRUPT. */
export function decodeVetting(row: Uint8Array): Vetting {
  const parsed = schema.safeParse(decodeCbor(row, limits.peerRowBytesMax));
  if (!parsed.success) throw new TocsinError("STORE_CORRUPT", "what was decided about a peer cannot be read");
  return { ...parsed.data, members: parsed.data.members.map(memberId) };
}

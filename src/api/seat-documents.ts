// The documents about seats, tokens and posts that wait to be released. Types only, light to import.

import type { PostKind } from "../record/body.ts";
import type { Tlp } from "../record/marking.ts";
import type { Right } from "../seat/seat.ts";

/** `circles` null: all. The owner is the seat of the vault, which needs no token. */
export type SeatRow = {
  name: string;
  owner: boolean;
  machine: boolean;
  rights: Right[];
  circles: string[] | null;
  tokens: number;
};
export type SeatsDocument = { schema: "tocsin.seats/1"; seats: SeatRow[] };

export type TokenRow = {
  name: string;
  seat: string;
  circles: string[] | null;
  kinds: PostKind[] | null;
  maxTlp: Tlp | null;
  rate: { count: number; perMs: number } | null;
  release: "auto" | "hold";
  expires: string | null;
  /** Since the daemon started. */
  lastUsed: string | null;
};
export type TokensDocument = { schema: "tocsin.tokens/1"; tokens: TokenRow[] };
/** `token add`: the only time that the text of a token is told. */
export type TokenDocument = { schema: "tocsin.token/1"; name: string; seat: string; token: string };

/**
 * `outbox release` and `outbox reject`: what became of a held post. `held`: it is approved, and others must still. `id` null where it is
 * released: it waits for this node's lane now, or until it is due.
 */
export type ReleaseDocument = {
  schema: "tocsin.release/1";
  held: string;
  state: "held" | "released" | "rejected";
  id: string | null;
  by: string;
  /** When it is said, of what is said for another member: at random, soon. */
  due: string | null;
  needs: NeedRow[];
};

/** What a rule asks for a held post: so many approvals, of which seats it has some, and which may give one still. */
export type NeedRow = { approvals: number; have: string[]; may: string[] };

export type SeatParams = { name: string; machine?: boolean; rights?: Right[]; circles?: string[] | null };
export type TokenParams = {
  name: string;
  seat?: string;
  circles?: string[];
  kinds?: PostKind[];
  maxTlp?: Tlp;
  rate?: { count: number; perMs: number };
  release?: "auto" | "hold";
  expires?: string;
};

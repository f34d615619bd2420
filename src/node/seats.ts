// The seats of this node and their tokens: durable, all of them in memory. A token is shown once; kept is a keyed hash of it.

import type { SigningKey } from "../../keys/index.ts";
import { equalBytes, fromBase32, toBase32, utf8 } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import { hmac } from "../base/digest.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import type { CircleId } from "../record/ids.ts";
import { decodeSeat, decodeToken, encodeSeat, encodeToken } from "../seat/rows.ts";
import { type Bucket, type Caller, callerOf, ownerCaller, type Seat, spend, type Token } from "../seat/seat.ts";
import type { Store } from "../store/store.ts";
import type { SeatKeys } from "./home-keys.ts";

export type Seats = {
  /** The seat of the vault: all rights, by the owner's socket. */
  readonly owner: string;
  readonly all: () => readonly Seat[];
  readonly tokens: () => readonly Token[];
  /** When a token was used last since the start, ms since 1970. */
  readonly usedAt: (token: string) => number | undefined;
  /** Replaces a seat, or adds it. Throws LIMIT_EXCEEDED, DISK_FULL. */
  readonly put: (seat: Seat) => Promise<void>;
  /** Takes a seat away with its tokens, which are dead before this resolves. */
  readonly remove: (name: string) => Promise<void>;
  /** Adds a token and answers its text, which nobody can make again. Throws LIMIT_EXCEEDED, INPUT_INVALID for a name in use. */
  readonly addToken: (token: Omit<Token, "mac">) => Promise<string>;
  readonly revoke: (name: string) => Promise<void>;
  /** Who shows this text, or no token at all. Throws TOKEN_REFUSED for one that is unknown, revoked, expired or of a seat that is gone. */
  readonly callerBy: (text: string | undefined) => Caller;
  /** The key that a seat signs by, undefined where there is no such seat. */
  readonly signer: (seat: string) => SigningKey | undefined;
  /** Seats that may approve in a circle now, the owner's first. */
  readonly approvers: (circle: CircleId) => readonly string[];
  /** Counts one post of a caller. Throws RATE_LIMITED. */
  readonly spendOne: (caller: Caller) => void;
};

const PREFIX = "TOCSINTOKEN1:";
const SECRET_BYTES = 32;

/** The seats of a store. Throws STORE_CORRUPT. */
export async function openSeats(
  {
    store,
    clock,
    random,
    owner,
  }: { readonly store: Store; readonly clock: Clock; readonly random: Random; readonly owner: string },
  keys: SeatKeys,
): Promise<Seats> {
  const seats = new Map<string, Seat>();
  const tokens = new Map<string, Token>();
  const used = new Map<string, number>();
  const buckets = new Map<string, Bucket>();
  for await (const row of store.own("seat")) {
    const seat = decodeSeat(row);
    seats.set(seat.name, seat);
  }
  for await (const row of store.own("token")) {
    const token = decodeToken(row);
    tokens.set(token.name, token);
  }

  const revoke = async (names: readonly string[]): Promise<void> => {
    // First in memory: what could not be written is told as failed, and the token is dead all the same until the next start.
    for (const name of names) for (const one of [tokens, used, buckets]) one.delete(name);
    await store.putOwn(
      "token",
      names.map((name) => ({ name: utf8(name), value: undefined })),
    );
  };

  const shown = (text: string): Token | undefined => {
    const secret = text.startsWith(PREFIX) ? fromBase32(text.slice(PREFIX.length).trim()) : undefined;
    if (secret?.length !== SECRET_BYTES) return undefined;
    const mac = hmac(keys.tokens, secret);
    // Each is compared in constant time, and what is compared are hashes under a key that no guesser has.
    return [...tokens.values()].find((token) => equalBytes(token.mac, mac));
  };

  return {
    owner,
    all: () => [...seats.values()],
    tokens: () => [...tokens.values()],
    usedAt: (token) => used.get(token),
    put: async (seat) => {
      if (!seats.has(seat.name) && seats.size >= limits.seatsMax)
        throw new TocsinError("LIMIT_EXCEEDED", `at most ${limits.seatsMax} seats`);
      await store.putOwn("seat", [{ name: utf8(seat.name), value: encodeSeat(seat) }]);
      seats.set(seat.name, seat);
    },
    remove: async (name) => {
      seats.delete(name);
      await revoke([...tokens.values()].filter(({ seat }) => seat === name).map((token) => token.name));
      await store.putOwn("seat", [{ name: utf8(name), value: undefined }]);
    },
    addToken: async (token) => {
      if (tokens.has(token.name)) throw new TocsinError("INPUT_INVALID", `there is a token ${token.name} already`);
      if (tokens.size >= limits.tokensMax)
        throw new TocsinError("LIMIT_EXCEEDED", `at most ${limits.tokensMax} tokens`);
      const secret = random(SECRET_BYTES);
      const kept = { ...token, mac: hmac(keys.tokens, secret) };
      await store.putOwn("token", [{ name: utf8(token.name), value: encodeToken(kept) }]);
      tokens.set(token.name, kept);
      return `${PREFIX}${toBase32(secret)}`;
    },
    revoke: async (name) => revoke([name]),
    callerBy: (text) => {
      if (text === undefined) return ownerCaller(owner);
      const token = shown(text);
      const seat = token && seats.get(token.seat);
      if (!token || !seat) throw new TocsinError("TOKEN_REFUSED", "the token is unknown, or revoked");
      if (clock.now() >= (token.expires ?? Infinity))
        throw new TocsinError("TOKEN_REFUSED", `token ${token.name} has expired`);
      used.set(token.name, clock.now());
      return callerOf(seat, token);
    },
    signer: (name) => {
      const at = name === owner ? 0 : seats.get(name)?.at;
      return at === undefined ? undefined : keys.signer(name, at);
    },
    approvers: (circle) => [
      owner,
      ...[...seats.values()]
        .filter(({ rights, circles }) => rights.includes("approve") && (circles?.includes(circle) ?? true))
        .map(({ name }) => name)
        .sort(),
    ],
    spendOne: ({ token }) => {
      if (!token?.rate) return;
      const next = spend(token.rate, buckets.get(token.name), clock.monotonic());
      if ("waitMs" in next)
        throw new TocsinError("RATE_LIMITED", `token ${token.name} has posted as often as it may for now`, {
          details: { retryMs: next.waitMs },
        });
      buckets.set(token.name, next);
    },
  };
}

// Safety words over the network: two people each ask their node for words at the same time, and the side of the lower org key
// opens the exchange. It lives in memory, for minutes; what comes of it is decided in `vetting.ts`.

import { equalBytes, toHex } from "../base/bytes.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { type Member, transportOf } from "../circle/roster.ts";
import {
  commitmentTo,
  type Exchange,
  hearAnswer,
  hearCommitment,
  heardHere,
  hearReveal,
  newExchange,
  SAFETY_NONCE_BYTES,
  saidHere,
  type Side,
} from "../circle/safety-words.ts";
import type { MemberId } from "../record/ids.ts";
import { firstOf } from "./bell.ts";
import { memberHere, type Rooms } from "./rooms.ts";
import { nodesOfOrg } from "./trust.ts";
import { decodeVerifyAnswer, decodeVerifyMessage, encodeVerify, type VerifyMessage } from "./verify-wire.ts";

/** An exchange under way with one org. Only `step` and `answerVerification` move it on. */
type Verification = {
  exchange: Exchange;
  /** By the monotonic clock. */
  expiresMs: number;
  /** The other side holds our nonce, or has told us its own: people may read. */
  ready: boolean;
};
export type Verifications = Map<string, Verification>;

/** What this side reads aloud, the first word being number `from` of six, and where the words to be heard begin. */
export type WordsToSay = {
  readonly say: readonly string[];
  readonly from: number;
  readonly hearFrom: number;
  /** By our clock, ms since 1970. */
  readonly expires: number;
};

/** Between two questions to a peer whose person has not asked yet. */
const ASK_EVERY_MS = 1_000;

/**
 * Begins anew with an org, of which `member` is any node, and resolves with our half once the other side has asked too. Throws
 * PEER_UNREACHABLE or TIMEOUT where `signal` or `limits.verifyMs` ends the waiting, VERIFY_BROKEN, INPUT_INVALID for our own org.
 */
export async function beginWords(rooms: Rooms, member: Member, signal: AbortSignal): Promise<WordsToSay> {
  const { orgKey, org } = member.certificate;
  if (equalBytes(orgKey, rooms.me.certificate.orgKey))
    throw new TocsinError("INPUT_INVALID", "that is your own organisation");
  const name = toHex(orgKey);
  const mine: Verification = {
    exchange: newExchange(ourSide(rooms), orgKey, rooms.random(SAFETY_NONCE_BYTES)),
    expiresMs: rooms.clock.monotonic() + limits.verifyMs,
    ready: false,
  };
  rooms.verifications.set(name, mine);
  try {
    await untilReady(rooms, mine, signal);
    if (rooms.verifications.get(name) !== mine) throw brokenOff();
    if (!mine.ready) throw nobodyThere(rooms, org, orgKey);
    return wordsToSay(rooms, mine);
  } catch (cause) {
    // Nobody reads the words of an exchange that goes on without its person.
    if (rooms.verifications.get(name) === mine) rooms.verifications.delete(name);
    throw cause;
  }
}

/** Resolves when there are words to read, or no hope of any. */
async function untilReady(rooms: Rooms, mine: Verification, signal: AbortSignal): Promise<void> {
  const name = toHex(mine.exchange.theirOrg);
  const isOn = (): boolean => !mine.ready && rooms.verifications.get(name) === mine;
  let askedMs = -Infinity;
  while (isOn() && !signal.aborted && !isOver(rooms, mine)) {
    const seen = rooms.changes.count();
    if (mine.exchange.opens && rooms.clock.monotonic() - askedMs >= ASK_EVERY_MS) {
      askedMs = rooms.clock.monotonic();
      await step(rooms, mine);
    }
    if (isOn()) await pause(rooms, seen, signal);
  }
}

/** Asks each node of the org that is linked, until one answers; then tells it our nonce. What fails is tried again. */
async function step(rooms: Rooms, mine: Verification): Promise<void> {
  const { theirOrg, us, nonce } = mine.exchange;
  for (const peer of linkedNodes(rooms, theirOrg)) {
    const them = sideOf(peer);
    const asks = async (message: VerifyMessage): ReturnType<typeof ask> => ask(rooms, peer, message);
    if (!mine.exchange.answered) {
      const answer = await asks({ op: "commit", commitment: commitmentTo(nonce, us, them) });
      if (answer?.op === "nonce") mine.exchange = hearAnswer(mine.exchange, them, answer.nonce);
    }
    if (mine.exchange.answered?.by.member !== them.member) continue;
    const answer = await asks({ op: "reveal", nonce });
    if (answer?.op === "done") becomeReady(rooms, mine);
  }
}

/** One question; `undefined` where there is no answer to go on with. Throws VERIFY_BROKEN where the other side ended it. */
async function ask(
  rooms: Rooms,
  peer: Member,
  message: VerifyMessage,
): Promise<ReturnType<typeof decodeVerifyAnswer> | undefined> {
  try {
    return decodeVerifyAnswer(await rooms.net().verify(transportOf(peer), encodeVerify(message)));
  } catch (cause) {
    if (!(cause instanceof TocsinError)) throw cause;
    if (cause.details["remote"] === "VERIFY_BROKEN") throw brokenOff(cause);
    rooms.log("verify-unanswered", { peer: peer.id.slice(0, 8), reason: cause.code });
    return undefined;
  }
}

/** What a peer says about words. Throws VERIFY_BROKEN, after which both people start again; MEMBER_UNKNOWN, PEER_PROTOCOL. */
export async function answerVerification(rooms: Rooms, from: MemberId, message: Uint8Array): Promise<Uint8Array> {
  const said = decodeVerifyMessage(message);
  const peer = memberHere(rooms, from);
  if (!peer) throw new TocsinError("MEMBER_UNKNOWN", "words are exchanged with members only");
  const by = sideOf(peer);
  const name = toHex(by.orgKey);
  const mine = rooms.verifications.get(name);
  if (!mine || isOver(rooms, mine)) return encodeVerify({ op: "wait" });
  try {
    if (said.op === "commit") {
      mine.exchange = hearCommitment(mine.exchange, by, said.commitment);
      return encodeVerify({ op: "nonce", nonce: mine.exchange.nonce });
    }
    mine.exchange = hearReveal(mine.exchange, by, said.nonce);
    becomeReady(rooms, mine);
    return encodeVerify({ op: "done" });
  } catch (cause) {
    rooms.verifications.delete(name);
    rooms.changes.ring();
    throw cause;
  }
}

/** The exchange with an org whose words wait for a person. Throws VERIFY_BROKEN where there is none. */
export function waitingWords(rooms: Rooms, { certificate }: Member): Exchange {
  const mine = rooms.verifications.get(toHex(certificate.orgKey));
  if (mine?.ready && !isOver(rooms, mine)) return mine.exchange;
  throw new TocsinError("VERIFY_BROKEN", `no words of ${certificate.org} wait to be compared`);
}

/** Forgets the words of an org: they are good for one comparison. */
export function forgetWords(rooms: Rooms, { certificate }: Member): void {
  rooms.verifications.delete(toHex(certificate.orgKey));
}

/** From now on people have `limits.verifyMs` to read and to type. */
function becomeReady(rooms: Rooms, mine: Verification): void {
  if (mine.ready) return;
  mine.ready = true;
  mine.expiresMs = rooms.clock.monotonic() + limits.verifyMs;
  rooms.changes.ring();
}

function wordsToSay(rooms: Rooms, { exchange, expiresMs }: Verification): WordsToSay {
  const { words, from } = saidHere(exchange);
  const expires = Math.round(rooms.clock.now() + expiresMs - rooms.clock.monotonic());
  return { say: words, from, hearFrom: heardHere(exchange).from, expires };
}

function isOver(rooms: Rooms, { expiresMs }: Verification): boolean {
  return rooms.clock.monotonic() >= expiresMs;
}

/** Waits until something changed or it is time to ask again. */
async function pause(rooms: Rooms, seen: number, signal: AbortSignal): Promise<void> {
  try {
    await firstOf(
      signal,
      async (ended) => rooms.changes.after(seen, ended),
      async (ended) => rooms.clock.wait(ASK_EVERY_MS, ended),
    );
  } catch (cause) {
    if (!signal.aborted) throw cause;
  }
}

function nobodyThere(rooms: Rooms, org: string, orgKey: Uint8Array): TocsinError {
  if (linkedNodes(rooms, orgKey).length === 0)
    return new TocsinError("PEER_UNREACHABLE", `${org} is offline: words need both sides at once`);
  return new TocsinError("TIMEOUT", `${org} has not asked for words yet`, {
    hint: "call them on a number you already have; both sides run tocsin verify at the same time",
  });
}

function brokenOff(cause?: unknown): TocsinError {
  return new TocsinError("VERIFY_BROKEN", "the exchange of words broke off", { cause });
}

function ourSide(rooms: Rooms): Side {
  return { orgKey: rooms.me.certificate.orgKey, member: rooms.me.id };
}

function sideOf({ certificate, id }: Member): Side {
  return { orgKey: certificate.orgKey, member: id };
}

/** The nodes of an org that a message would reach now. */
function linkedNodes(rooms: Rooms, orgKey: Uint8Array): readonly Member[] {
  const linked = new Set(
    rooms
      .net()
      .links()
      .filter(({ state }) => state === "linked")
      .map(({ member }) => member),
  );
  return nodesOfOrg(rooms, orgKey).flatMap((id) => {
    const member = linked.has(id) ? memberHere(rooms, id) : undefined;
    return member ? [member] : [];
  });
}

// Six words that two people read to each other by telephone, made so that nobody in between could have chosen them: first a
// commitment to a nonce, then the other's nonce, then the nonce itself. Pure: a value a step, nothing is sent here.

import { wordsOf } from "../../keys/index.ts";
import { compareBytes, concat, equalBytes, utf8 } from "../base/bytes.ts";
import { sha256 } from "../base/digest.ts";
import { TocsinError } from "../base/errors.ts";
import { idBytes, type MemberId } from "../record/ids.ts";

/** One end of an exchange: the org as it is known here, and the node that speaks for it. */
export type Side = { readonly orgKey: Uint8Array; readonly member: MemberId };

export const SAFETY_NONCE_BYTES = 32;
const COMMITMENT_TAG = utf8("tocsin/1 safety commitment");
const WORDS_TAG = utf8("tocsin/1 safety words");
const WORDS = 6;
const HALF = WORDS / 2;

/** How far an exchange has come on one side. The side of the lower org key opens it; both know which one that is. */
export type Exchange = {
  readonly us: Side;
  /** Org key of the other side; which of its nodes answers is not known before it does. */
  readonly theirOrg: Uint8Array;
  /** 32 fresh random bytes, said last. */
  readonly nonce: Uint8Array;
  readonly opens: boolean;
  /** The answering side: what was committed to, and by which node. */
  readonly committed?: { readonly by: Side; readonly commitment: Uint8Array };
  /** The opening side: the answer that came first; no other one is ever taken. */
  readonly answered?: { readonly by: Side; readonly nonce: Uint8Array };
  /** All six, once both nonces are known here. */
  readonly words?: readonly string[];
};

/** An exchange in which nothing was said yet. */
export function newExchange(us: Side, theirOrg: Uint8Array, nonce: Uint8Array): Exchange {
  return { us, theirOrg, nonce, opens: compareBytes(us.orgKey, theirOrg) < 0 };
}

/** What the opener says first: it hides the nonce and cannot be opened to another one, nor between other nodes. */
export function commitmentTo(nonce: Uint8Array, opener: Side, answerer: Side): Uint8Array {
  return sha256(COMMITMENT_TAG, sideBytes(opener), sideBytes(answerer), nonce);
}

/** The words of an exchange, 66 bits: from both org keys, both member keys and both nonces. */
export function safetyWords(
  opener: Side & { readonly nonce: Uint8Array },
  answerer: Side & { readonly nonce: Uint8Array },
): readonly string[] {
  const digest = sha256(WORDS_TAG, sideBytes(opener), sideBytes(answerer), opener.nonce, answerer.nonce);
  return wordsOf(digest, WORDS);
}

/**
 * A commitment came: the answering side with it; its nonce may be told now. The first one binds, the same one again changes
 * nothing. Throws VERIFY_BROKEN for any other.
 */
export function hearCommitment(exchange: Exchange, by: Side, commitment: Uint8Array): Exchange {
  const { committed } = exchange;
  if (exchange.opens) throw broken("the other side opens what is ours to open");
  if (!committed) return { ...exchange, committed: { by, commitment } };
  // R41: our nonce is told to whoever is bound by its commitment, once: a second commitment would be made knowing it.
  const same = committed.by.member === by.member && equalBytes(committed.commitment, commitment);
  if (!same) throw broken("the other side committed itself twice");
  return exchange;
}

/** The answer to our commitment came: the opening side with its words. The first answer binds, later ones are not heard. */
export function hearAnswer(exchange: Exchange, by: Side, nonce: Uint8Array): Exchange {
  if (!exchange.opens) throw broken("an answer to nothing");
  if (exchange.answered) return exchange;
  const words = safetyWords({ ...exchange.us, nonce: exchange.nonce }, { ...by, nonce });
  return { ...exchange, answered: { by, nonce }, words };
}

/** What was committed to came: the answering side with its words. Throws VERIFY_BROKEN where it is something else. */
export function hearReveal(exchange: Exchange, by: Side, nonce: Uint8Array): Exchange {
  const { committed, us } = exchange;
  const fits = committed?.by.member === by.member && equalBytes(commitmentTo(nonce, by, us), committed.commitment);
  if (!fits) throw broken("the other side revealed what it had not committed itself to");
  return { ...exchange, words: safetyWords({ ...by, nonce }, { ...us, nonce: exchange.nonce }) };
}

/** The half of the words that is read aloud here, with the place of its first word, from 1. */
export function saidHere({ words, opens }: Exchange): { readonly words: readonly string[]; readonly from: number } {
  return { words: (words ?? []).slice(...(opens ? [0, HALF] : [HALF, WORDS])), from: opens ? 1 : HALF + 1 };
}

/** The half that must be heard from the other side. */
export function heardHere({ words, opens }: Exchange): { readonly words: readonly string[]; readonly from: number } {
  return { words: (words ?? []).slice(...(opens ? [HALF, WORDS] : [0, HALF])), from: opens ? HALF + 1 : 1 };
}

function sideBytes({ orgKey, member }: Side): Uint8Array {
  return concat(orgKey, idBytes(member));
}

function broken(why: string): TocsinError {
  return new TocsinError("VERIFY_BROKEN", `the exchange of words broke off: ${why}`);
}

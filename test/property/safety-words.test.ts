// The exchange of safety words in whatever order its messages come, repeated, changed or made up: words are shown only where
// each side was bound before it knew the other's nonce, and they agree exactly where nothing was changed.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareBytes, equalBytes } from "../../src/base/bytes.ts";
import { TocsinError } from "../../src/base/errors.ts";
import {
  commitmentTo,
  type Exchange,
  hearAnswer,
  hearCommitment,
  heardHere,
  hearReveal,
  newExchange,
  safetyWords,
  saidHere,
  type Side,
} from "../../src/circle/safety-words.ts";
import { decodeVerifyAnswer, decodeVerifyMessage, encodeVerify } from "../../src/node/verify-wire.ts";
import { memberId } from "../../src/record/ids.ts";

const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
const side = fc.record({ orgKey: bytes, member: bytes.map(memberId) });
const sides = fc
  .tuple(side, side)
  .filter(([left, right]) => !equalBytes(left.orgKey, right.orgKey) && left.member !== right.member)
  .map(([left, right]) =>
    compareBytes(left.orgKey, right.orgKey) < 0 ? ([left, right] as const) : ([right, left] as const),
  );
const kinds = ["commit", "answer", "reveal"] as const;
/** A delivery: what is delivered, and in place of what was said perhaps these bytes. */
const delivery = fc.record({ kind: fc.constantFrom(...kinds), instead: fc.option(bytes, { freq: 4 }) });

/** What an honest side does with a message; `undefined` once it has ended the exchange. */
function heard(exchange: Exchange | undefined, step: (exchange: Exchange) => Exchange): Exchange | undefined {
  if (!exchange) return undefined;
  try {
    return step(exchange);
  } catch (cause) {
    expect(cause).toBeInstanceOf(TocsinError);
    return undefined;
  }
}

type Told = { readonly opener: Exchange | undefined; readonly answerer: Exchange | undefined };

/** Both sides after a delivery. What was not said yet cannot be delivered unless it is made up. */
function after(
  { opener, answerer }: Told,
  { kind, instead }: { kind: string; instead: Uint8Array | null },
  all: Sides,
): Told {
  const [one, two] = all.sides;
  if (kind === "commit") {
    const commitment = instead ?? commitmentTo(all.nonces[0], one, two);
    return { opener, answerer: heard(answerer, (exchange) => hearCommitment(exchange, one, commitment)) };
  }
  if (kind === "answer") {
    const nonce = instead ?? (answerer?.committed ? all.nonces[1] : undefined);
    return { answerer, opener: nonce ? heard(opener, (exchange) => hearAnswer(exchange, two, nonce)) : opener };
  }
  const nonce = instead ?? (opener?.answered ? all.nonces[0] : undefined);
  return { opener, answerer: nonce ? heard(answerer, (exchange) => hearReveal(exchange, one, nonce)) : answerer };
}
type Sides = { readonly sides: readonly [Side, Side]; readonly nonces: readonly [Uint8Array, Uint8Array] };

const begun = ({ sides: [one, two], nonces }: Sides): Told => ({
  opener: newExchange(one, two.orgKey, nonces[0]),
  answerer: newExchange(two, one.orgKey, nonces[1]),
});

describe("an exchange of safety words", () => {
  test("in order gives both sides the same six, of which each says what the other must hear", () => {
    fc.assert(
      fc.property(sides, fc.tuple(bytes, bytes), (both, nonces) => {
        const all = { sides: both, nonces };
        const { opener, answerer } = kinds.reduce(
          (told, kind) => after(told, { kind, instead: null }, all),
          begun(all),
        );
        if (!opener?.words || !answerer?.words) throw new Error("both sides have words");
        expect(opener.words).toEqual(answerer.words);
        expect([opener.opens, answerer.opens]).toEqual([true, false]);
        expect(saidHere(opener)).toEqual(heardHere(answerer));
        expect(saidHere(answerer)).toEqual(heardHere(opener));
        expect([...saidHere(opener).words, ...heardHere(opener).words]).toEqual(opener.words);
      }),
    );
  });

  test("R41: in any order, repeated, changed or made up shows the answerer words of a nonce it was promised before it told its own", () => {
    fc.assert(
      fc.property(sides, fc.tuple(bytes, bytes), fc.array(delivery, { maxLength: 12 }), (both, nonces, deliveries) => {
        const all = { sides: both, nonces };
        let told = begun(all);
        let promised: Uint8Array | undefined;
        for (const one of deliveries) {
          const before = told;
          told = after(told, one, all);
          const { committed } = told.answerer ?? {};
          // What the answerer told its nonce for stays what the reveal is held to.
          if (promised && committed) expect(committed.commitment).toEqual(promised);
          promised ??= committed?.commitment;
          const shown = told.answerer?.words;
          if (!shown || before.answerer?.words) continue;
          const revealed = one.instead ?? nonces[0];
          expect(promised).toEqual(commitmentTo(revealed, both[0], both[1]));
          expect(shown).toEqual(safetyWords({ ...both[0], nonce: revealed }, { ...both[1], nonce: nonces[1] }));
        }
        const { opener, answerer } = told;
        if (!opener?.words || !answerer?.words) return;
        const untouched = opener.answered !== undefined && equalBytes(opener.answered.nonce, nonces[1]);
        // The answerer's nonce of the opener is always the opener's own: nothing else opens what it committed to, unless made up whole.
        const own = equalBytes(answerer.committed?.commitment ?? nonces[0], commitmentTo(nonces[0], both[0], both[1]));
        expect(equalLists(opener.words, answerer.words)).toBe(untouched && own);
      }),
      { numRuns: 2_000 },
    );
  });

  test("R41: the first answer binds: another one changes no word", () => {
    fc.assert(
      fc.property(sides, fc.tuple(bytes, bytes, bytes), ([one, two], [own, first, other]) => {
        const answered = hearAnswer(newExchange(one, two.orgKey, own), two, first);
        expect(hearAnswer(answered, two, other)).toEqual(answered);
      }),
    );
  });

  test("is not opened to another nonce, nor between other nodes", () => {
    fc.assert(
      fc.property(sides, side, fc.tuple(bytes, bytes), ([one, two], three, [nonce, other]) => {
        const answerer = hearCommitment(newExchange(two, one.orgKey, other), one, commitmentTo(nonce, one, two));
        expect(hearReveal(answerer, one, nonce).words).toHaveLength(6);
        if (!equalBytes(nonce, other)) expect(() => hearReveal(answerer, one, other)).toThrow("revealed");
        if (three.member !== one.member) expect(() => hearReveal(answerer, three, nonce)).toThrow("revealed");
        // The commitment of one exchange, carried over into another: what it opens to does not fit there.
        const elsewhere = newExchange(two, three.orgKey, other);
        if (elsewhere.opens || three.member === one.member) return;
        const relayed = hearCommitment(elsewhere, three, commitmentTo(nonce, one, three));
        expect(() => hearReveal(relayed, three, nonce)).toThrow("revealed");
      }),
    );
  });

  test("with a man in the middle gives words that differ, even where every nonce is carried over", () => {
    fc.assert(
      fc.property(side, side, side, fc.tuple(bytes, bytes), (one, two, middle, [first, second]) => {
        fc.pre(new Set([one, two, middle].map(({ member }) => member)).size === 3);
        const here = safetyWords({ ...one, nonce: first }, { ...middle, nonce: second });
        const there = safetyWords({ ...middle, nonce: first }, { ...two, nonce: second });
        expect(equalLists(here, there)).toBe(false);
      }),
    );
  });
});

describe("the messages of an exchange", () => {
  test("are read as they were written", () => {
    fc.assert(
      fc.property(bytes, (some) => {
        for (const message of [
          { op: "commit", commitment: some },
          { op: "reveal", nonce: some },
        ] as const)
          expect(decodeVerifyMessage(encodeVerify(message))).toEqual(message);
        for (const answer of [{ op: "wait" }, { op: "nonce", nonce: some }, { op: "done" }] as const)
          expect(decodeVerifyAnswer(encodeVerify(answer))).toEqual(answer);
      }),
    );
  });

  test("made up or cut short are refused and nothing else", () => {
    const refused = (read: (input: Uint8Array) => unknown, input: Uint8Array): void => {
      try {
        read(input);
      } catch (cause) {
        expect(cause).toBeInstanceOf(TocsinError);
      }
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), bytes, fc.nat(60), (input, some, cut) => {
        for (const read of [decodeVerifyMessage, decodeVerifyAnswer]) {
          refused(read, input);
          expect(() => read(encodeVerify({ op: "nonce", nonce: some }).slice(0, cut % 40))).toThrow(TocsinError);
          expect(() => read(encodeVerify({ op: "reveal", nonce: some.slice(1) }))).toThrow(TocsinError);
          expect(() => read(new Uint8Array(200))).toThrow(TocsinError);
        }
      }),
    );
  });
});

function equalLists(left: readonly string[], right: readonly string[]): boolean {
  return left.join(" ") === right.join(" ");
}

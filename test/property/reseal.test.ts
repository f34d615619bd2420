// Questions and answers of a re-sealing under anything: what we write is read back, and what others write is whole or refused.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TocsinError } from "../../src/base/errors.ts";
import { limits } from "../../src/base/limits.ts";
import { signingKeyFromSeed } from "../../keys/index.ts";
import { type PrekeyId, signPrekey } from "../../src/circle/prekey.ts";
import { circleId, memberId, recordId } from "../../src/record/ids.ts";
import { generateWrapKeys, type Suite, wrap } from "../../src/seal/hpke.ts";
import { decodeAsk, encodeAsk, type Exchange, type Given, openGiven, sealGiven } from "../../src/seal/reseal.ts";
import { encodeCbor } from "../../src/base/cbor.ts";
import { concat, fromHex, utf8 } from "../../src/base/bytes.ts";
import { idBytes } from "../../src/record/ids.ts";

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const id = bytes(32).map(recordId);
const ask = fc.record({ challenge: bytes(32), ids: fc.array(id, { minLength: 1, maxLength: limits.resealRecords }) });
const content = fc.record({ salt: bytes(32), body: fc.uint8Array({ maxLength: 300 }) });
const given: fc.Arbitrary<Given> = fc.record({
  covered: fc.nat(limits.resealRecords),
  openings: fc
    .uniqueArray(fc.tuple(fc.nat(255), content), { maxLength: 8, selector: ([index]) => index })
    .map((all) => new Map(all.sort(([left], [right]) => left - right))),
});

async function ends(suite: Suite): Promise<{
  exchange: Exchange;
  seal: (given: Given) => Promise<Uint8Array>;
  open: (answer: Uint8Array) => Promise<Given | undefined>;
  raw: (page: Uint8Array) => Promise<Uint8Array>;
}> {
  const circle = circleId(new Uint8Array(32).fill(1));
  const keys = await generateWrapKeys(suite);
  const prekey = signPrekey(circle, signingKeyFromSeed(new Uint8Array(32).fill(2)), {
    suite,
    publicKey: keys.publicKey,
  });
  const exchange = {
    circle,
    giver: memberId(new Uint8Array(32).fill(3)),
    asker: prekey.member,
    challenge: new Uint8Array(32),
  };
  const held = (name: PrekeyId): { suite: Suite; keys: typeof keys } | undefined =>
    name === prekey.id ? { suite, keys } : undefined;
  const must = (page: Uint8Array | undefined): Uint8Array => page ?? new Uint8Array(0);
  const name = fromHex(prekey.id) ?? new Uint8Array(0);
  return {
    exchange,
    seal: async (one) => must(await sealGiven(one, exchange, prekey)),
    open: async (answer) => openGiven(answer, exchange, held),
    raw: async (page) => {
      const info = concat(utf8("tocsin/1 reseal"), idBytes(circle), idBytes(exchange.giver));
      const aad = concat(idBytes(exchange.asker), name, exchange.challenge);
      return encodeCbor([name, must(await wrap(suite, prekey.publicKey, page, { info, aad }))]);
    },
  };
}

/** Something whole, or a TocsinError; anything else fails the property. */
async function wholeOrRefused(step: () => unknown): Promise<void> {
  try {
    await step();
  } catch (cause) {
    expect(cause).toBeInstanceOf(TocsinError);
  }
}

describe("a question for old posts", () => {
  it("is read back as it was written", () => {
    fc.assert(
      fc.property(ask, (written) => {
        expect(decodeAsk(encodeAsk(written))).toEqual(written);
      }),
    );
  });

  it("for nothing, for too much, or of any other shape is refused", () => {
    const challenge = new Uint8Array(32);
    const ids = (count: number): Uint8Array[] => Array.from({ length: count }, () => new Uint8Array(32));
    for (const wrong of [
      [challenge, []],
      [challenge, ids(limits.resealRecords + 1)],
      [challenge, [new Uint8Array(31)]],
      [challenge.slice(1), ids(1)],
      [challenge, ids(1), 0],
      [challenge],
      0,
    ])
      expect(() => decodeAsk(encodeCbor(wrong))).toThrow(TocsinError);
  });

  it("made of any bytes, or with any bit flipped, is whole or refused", async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), (any) => wholeOrRefused(() => decodeAsk(any))));
    await fc.assert(
      fc.asyncProperty(ask, fc.nat(), async (written, flip) => {
        const encoded = encodeAsk(written).slice();
        const at = flip % (encoded.length * 8);
        encoded[at >> 3] = (encoded[at >> 3] ?? 0) ^ (1 << (at & 7));
        await wholeOrRefused(() => decodeAsk(encoded));
      }),
    );
  });
});

describe.each([1, 2] as const)("an answer under suite %i", (suite) => {
  it("is read back as it was written", async () => {
    const { seal, open } = await ends(suite);
    await fc.assert(
      fc.asyncProperty(given, async (written) => {
        expect(await open(await seal(written))).toEqual(written);
      }),
      { numRuns: 20 },
    );
  });

  it("with any bit flipped is refused, or is for a key that is not held", async () => {
    const { seal, open } = await ends(suite);
    await fc.assert(
      fc.asyncProperty(given, fc.nat(), async (written, flip) => {
        const answer = (await seal(written)).slice();
        const at = flip % (answer.length * 8);
        answer[at >> 3] = (answer[at >> 3] ?? 0) ^ (1 << (at & 7));
        const opened = await open(answer).catch((cause: unknown) => {
          expect(cause).toBeInstanceOf(TocsinError);
          return undefined;
        });
        expect(opened).toBeUndefined();
      }),
      { numRuns: 40 },
    );
  });

  it("whose inside is any bytes is whole or refused", async () => {
    const { raw, open } = await ends(suite);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (any) =>
        wholeOrRefused(async () => open(await raw(any))),
      ),
      { numRuns: 40 },
    );
    const twice = encodeCbor([
      1,
      [
        [0, new Uint8Array(32), any()],
        [0, new Uint8Array(32), any()],
      ],
    ]);
    await expect(open(await raw(twice))).rejects.toThrow("another order");
    for (const wrong of [
      [1],
      [-1, []],
      [1, [[0, new Uint8Array(31), any()]]],
      [1, [[0, new Uint8Array(32)]]],
      [0.5, []],
    ])
      await expect(open(await raw(encodeCbor(wrong)))).rejects.toThrow(TocsinError);
  });
});

const any = (): Uint8Array => new Uint8Array(4);

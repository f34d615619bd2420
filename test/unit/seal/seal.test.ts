// A post opens for the holder of its epoch's secret, in its own place, as what its author committed to.

import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { describe, expect, test } from "vitest";
import { signingKeyFromSeed } from "../../../keys/index.ts";
import { circleId, laneFor, memberId, recordId } from "../../../src/record/ids.ts";
import { packContent } from "../../../src/record/content.ts";
import { type Draft, signRecord } from "../../../src/record/sign.ts";
import { verifyRecord } from "../../../src/record/verify.ts";
import { encodeContext } from "../../../src/record/wire.ts";
import { authorKeys, hedgedNonce } from "../../../src/seal/author-key.ts";
import { openPost, sealPost } from "../../../src/seal/seal.ts";
import { refusalOf } from "../../help/refusal.ts";
import { seededRandom } from "../../help/seeded-random.ts";

const random = seededRandom("seal");
const key = signingKeyFromSeed(random(32));
const author = memberId(key.publicKey);
const secret = random(32);
const draft: Draft = {
  ...{ circle: circleId(random(32)), kind: "post", author, lane: laneFor(author, random), seq: 0, prev: undefined },
  ...{ rosterHeads: [recordId(random(32))], epoch: recordId(random(32)), exercise: false, at: 7 },
};
const body = new Uint8Array(10).fill(3);

describe("a sealed post", () => {
  test("opens under its secret and no other", async () => {
    const record = verifyRecord(sealPost(draft, body, { secret, key, random }).record);
    expect(openPost(record, secret).body).toEqual(body);
    expect(await refusalOf(() => openPost(record, random(32)))).toBe("RECORD_COMMITMENT_INVALID");
  });

  test.each<[string, Partial<Draft>]>([
    ["circle", { circle: circleId(random(32)) }],
    ["epoch", { epoch: recordId(random(32)) }],
    ["place", { seq: 1, prev: recordId(random(32)) }],
    ["lane", { lane: laneFor(author, random) }],
    ["exercise flag", { exercise: true }],
    ["time", { at: 8 }],
  ])("cannot be moved to another %s by its own author without sealing it again", async (_, change) => {
    const { header, payload } = sealPost(draft, body, { secret, key, random }).record;
    const { nonce, payloadHash: __, ...context } = header;
    const moved = signRecord({ ...context, ...change }, { nonce, payload }, key);
    expect(await refusalOf(() => openPost(verifyRecord(moved), secret))).toBe("RECORD_COMMITMENT_INVALID");
  });

  test("R22: that opens to something its author did not commit to is refused", async () => {
    const context = { ...draft, commitment: random(32) };
    const nonce = random(24);
    const cipher = xchacha20poly1305(authorKeys(secret, author, draft.lane).cipherKey, nonce, encodeContext(context));
    const payload = cipher.encrypt(packContent({ salt: random(32), body }, 256));
    expect(await refusalOf(() => openPost(verifyRecord(signRecord(context, { nonce, payload }, key)), secret))).toBe(
      "RECORD_COMMITMENT_INVALID",
    );
  });

  test("R21: a generator that repeats itself repeats no nonce for another place or another text", () => {
    const stuck = (): Uint8Array => new Uint8Array(32).fill(9);
    const nonces = [draft, { ...draft, seq: 1, prev: recordId(random(32)) }].flatMap((place) =>
      [body, new Uint8Array(10)].map((text) =>
        sealPost(place, text, { secret, key, random: stuck }).record.header.nonce.join(),
      ),
    );
    expect(new Set(nonces).size).toBe(4);
    expect(hedgedNonce(secret, stuck(), body)).toHaveLength(24);
  });

  test("keys differ by author and lane, and between encryption and nonces", () => {
    const other = memberId(random(32));
    const all = [
      authorKeys(secret, author, draft.lane),
      authorKeys(secret, other, draft.lane),
      authorKeys(secret, author, laneFor(author, random)),
    ];
    expect(new Set(all.flatMap(({ cipherKey, nonceKey }) => [cipherKey.join(), nonceKey.join()])).size).toBe(6);
  });
});

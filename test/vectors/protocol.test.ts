// The committed vectors are what this implementation writes, and what it reads back.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { judgeTrail } from "../../src/audit/check.ts";
import { verifyEvidence } from "../../src/audit/evidence.ts";
import { fromHex, toHex } from "../../src/base/bytes.ts";
import { memberId } from "../../src/record/ids.ts";
import { decodePost } from "../../src/record/parse-body.ts";
import { verifyRecord } from "../../src/record/verify.ts";
import { decodeEnvelope } from "../../src/record/wire.ts";
import { mintEpoch, openEpoch, parseEpoch } from "../../src/seal/epoch.ts";
import { openPost } from "../../src/seal/seal.ts";
import envelopes from "./envelope.json" with { type: "json" };
import evidence from "./evidence.json" with { type: "json" };
import trail from "./trail.json" with { type: "json" };
import wraps from "./epoch-wraps.json" with { type: "json" };
import { protocolVectors } from "./protocol-vectors.ts";

const bytes = (hex: string | undefined): Uint8Array => fromHex(hex ?? "") ?? new Uint8Array(0);

describe("the vectors of the protocol", () => {
  test.each(Object.entries(protocolVectors()))("%s is what the generator writes", (name, text) => {
    expect(readFileSync(new URL(name, import.meta.url), "utf8")).toBe(text);
  });

  test.each(envelopes)(
    "the $name verifies and reads back",
    ({ envelope, recordId, headerBytes, context, signature }) => {
      const record = verifyRecord(decodeEnvelope(bytes(envelope)));
      expect(record.id).toBe(recordId);
      expect([record.headerBytes, record.sealedContext, record.signature].map(toHex)).toEqual([
        headerBytes,
        context,
        signature,
      ]);
    },
  );

  test("the trail is whole, and the evidence proves what it was made of", () => {
    const judge = judgeTrail();
    for (const [index, { op, entry, link }] of trail.entries())
      expect(judge.take({ number: index + 1, entry: bytes(entry), link: bytes(link) })?.op).toBe(op);
    expect(judge.judged()).toMatchObject({ faults: [], disclosures: 1, anchored: 4 });
    for (const { file, recordId, circle, author } of evidence)
      expect(verifyEvidence(bytes(file))).toMatchObject({
        ...{ id: recordId, header: { circle, author }, body: { kind: "alert", text: "patch the gateway" } },
        readers: [{ proven: undefined }, { proven: { state: "read" } }],
        acks: [{ certificate: { org: "globex" } }],
      });
  });

  test("the post opens to its body under the epoch's secret", () => {
    const [post] = envelopes;
    const { body } = openPost(verifyRecord(decodeEnvelope(bytes(post?.envelope))), bytes(post?.epochSecret));
    expect(toHex(body)).toBe(post?.body);
    expect(decodePost(body).kind).toBe("sighting");
  });

  test("both wraps of the epoch open to the secret that it promises, which its ingredients give again", async () => {
    const record = verifyRecord(decodeEnvelope(bytes(envelopes[2]?.envelope)));
    const epoch = parseEpoch(record);
    for (const { member, publicKey, privateKey } of wraps.recipients) {
      const keys = { publicKey: bytes(publicKey), privateKey: bytes(privateKey) };
      const secret = await openEpoch(epoch, memberId(bytes(member)), { keys, wraps: record.wraps });
      expect(secret && toHex(secret)).toBe(wraps.secret);
    }
    const { circle, minter, suite, depth } = epoch;
    const again = await mintEpoch({
      circle,
      minter,
      suite,
      depth,
      prekeys: [],
      fresh: bytes(wraps.fresh),
      parentSecrets: [bytes(wraps.parentSecret)],
    });
    expect(toHex(again.secret)).toBe(wraps.secret);
  });
});

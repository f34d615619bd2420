// Evidence made by a node of a circle, read by somebody who has nothing but the file: what it proves, and that nothing in it can be changed.

import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { decodeEvidence, encodeEvidence, type EvidenceParts } from "../../../src/audit/evidence-codec.ts";
import { verifyEvidence } from "../../../src/audit/evidence.ts";
import { limits } from "../../../src/base/limits.ts";
import { compileEvidence } from "../../../src/node/evidence.ts";
import { hearReceipts } from "../../../src/node/receipt-intake.ts";
import { post } from "../../../src/node/post.ts";
import { receiptsFor, signReceipts } from "../../../src/node/receipts.ts";
import type { CircleId } from "../../../src/record/ids.ts";
import type { Item } from "../../../src/store/store.ts";
import { circleOfParties, party, says, sync } from "../../help/memory-rooms.ts";
import { refusalOf } from "../../help/refusal.ts";

const [acme, globex, hooli] = [party("acme"), party("globex"), party("hooli")];

describe("evidence", () => {
  let circle: CircleId;
  let item: Item;
  let file: Uint8Array;

  beforeAll(async () => {
    circle = await circleOfParties([acme, globex, hooli]);
    const [said] = await says(acme, circle, "seen in the proxy logs");
    if (!said) throw new Error("nothing was said");
    item = said;
    await says(acme, circle, "and more");
    await sync(acme, globex, circle);
    const ack = { kind: "ack", tlp: "amber", seat: "lee", re: item.id } as const;
    await post(globex.rooms, circle, [{ body: ack, exercise: false }]);
    await sync(globex, acme, circle);
    file = (await compileEvidence(acme.rooms, item, { body: true })).file;
  });

  /** The file with other parts, signed by whoever compiles it. */
  const remade = (change: (parts: EvidenceParts) => EvidenceParts): Uint8Array =>
    encodeEvidence(change(decodeEvidence(file).parts), acme.rooms.me.certificate.bytes, (message) =>
      acme.rooms.me.key.sign(message),
    );

  it("proves who said what, who could open it and who acknowledged", () => {
    const proven = verifyEvidence(file);
    expect(proven).toMatchObject({ id: item.id, body: { text: "seen in the proxy logs" }, leftOut: 0 });
    expect(proven.author.org).toBe("acme");
    expect(proven.readers.map(({ certificate }) => certificate.org).sort()).toEqual(["acme", "globex", "hooli"]);
    expect(proven.acks.map(({ certificate }) => certificate.org)).toEqual(["globex"]);
    expect(verifyEvidence(remade((parts) => parts)).id).toBe(item.id);
  });

  it("shows of a body that is left out nothing but that there is one", async () => {
    const bare = await compileEvidence(acme.rooms, item, { body: false });
    expect(verifyEvidence(bare.file).body).toBeUndefined();
    expect(await refusalOf(async () => compileEvidence(globex.rooms, item, { body: true }))).toBe("TLP_REFUSED");
  });

  it("with any one bit flipped, or cut, is refused", () => {
    fc.assert(
      fc.property(fc.nat(file.length * 8 - 1), (bit) => {
        const harmed = Uint8Array.from(file);
        harmed[bit >> 3] = (harmed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(() => verifyEvidence(harmed)).toThrow(expect.objectContaining({ code: "EVIDENCE_INVALID" }));
        expect(() => verifyEvidence(file.slice(0, bit >> 3))).toThrow(
          expect.objectContaining({ code: "EVIDENCE_INVALID" }),
        );
      }),
      { numRuns: 200 },
    );
    expect(() => verifyEvidence(new Uint8Array(limits.evidenceBytesMax + 1))).toThrow();
  });

  it("is refused where its compiler changed a part, whatever it signs", async () => {
    const [other] = await says(acme, circle, "something else");
    const opening = other && (await acme.rooms.store.opening(other.id));
    const [late] = await says(acme, circle, "under another epoch");
    if (!opening || !late) throw new Error("nothing was said");
    const theirs = decodeEvidence((await compileEvidence(acme.rooms, other, { body: true })).file).parts;
    const changes: readonly ((parts: EvidenceParts) => EvidenceParts)[] = [
      (parts) => ({ ...parts, opening: theirs.opening ?? { salt: new Uint8Array(32), body: new Uint8Array(0) } }),
      (parts) => ({ ...parts, header: theirs.header }),
      (parts) => ({ ...parts, signature: theirs.signature }),
      (parts) => ({ ...parts, certificates: parts.certificates.slice(1) }),
      (parts) => ({ ...parts, certificates: [...parts.certificates, ...parts.certificates.slice(0, 1)] }),
      (parts) => ({ ...parts, epoch: parts.epoch.with(40, (parts.epoch[40] ?? 0) ^ 1) }),
      (parts) => ({ ...parts, chain: [theirs.header] }),
      (parts) => ({ ...parts, acks: parts.acks.map((ack) => ({ ...ack, salt: new Uint8Array(32) })) }),
      (parts) => ({
        ...parts,
        header: theirs.header,
        signature: theirs.signature,
        opening: theirs.opening ?? parts.opening ?? { salt: new Uint8Array(32), body: new Uint8Array(0) },
      }),
    ];
    for (const [index, change] of changes.entries())
      expect({ index, refused: await refusalOf(() => void verifyEvidence(remade(change))) }).toEqual({
        index,
        refused: "EVIDENCE_INVALID",
      });
  });

  it("ties receipts to the record by the headers after it, and takes none that is about something else", async () => {
    await signReceipts(globex.rooms, circle);
    const receipts = receiptsFor(globex.rooms, circle, { to: acme.rooms.me.id, linked: new Set() });
    await hearReceipts(acme.rooms, globex.rooms.me.id, { circle, receipts });
    const proven = verifyEvidence((await compileEvidence(acme.rooms, item, { body: true })).file);
    expect(
      Object.fromEntries(proven.readers.map(({ certificate, proven: by }) => [certificate.org, by?.state])),
    ).toEqual({ acme: undefined, globex: "decrypted", hooli: undefined });
  });
});

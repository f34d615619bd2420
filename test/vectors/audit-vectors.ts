// The known bytes of the trail of disclosures and of a file of evidence. From fixed seeds and a fixed time; the wraps of the epoch stand
// for themselves, because nobody opens them here.

import { issueCertificate, type MemberCertificate, type SigningKey, signingKeyFromSeed } from "../../keys/index.ts";
import { signApproval, subjectOf } from "../../src/audit/approval.ts";
import { encodeEntry, signAnchor, type TrailEntry } from "../../src/audit/entry.ts";
import { encodeEvidence } from "../../src/audit/evidence-codec.ts";
import { extended, TRAIL_START } from "../../src/audit/trail.ts";
import { toHex, utf8 } from "../../src/base/bytes.ts";
import { encodeCbor } from "../../src/base/cbor.ts";
import type { PostBody } from "../../src/record/body.ts";
import { circleId, idBytes, laneFor, type MemberId, memberId } from "../../src/record/ids.ts";
import { encodePost } from "../../src/record/parse-body.ts";
import { signReceipt } from "../../src/record/receipt.ts";
import { signClear } from "../../src/record/sign.ts";
import { encodeBare } from "../../src/record/wire.ts";
import { sealPost } from "../../src/seal/seal.ts";
import { seededRandom } from "../help/seeded-random.ts";

const AT = Date.UTC(2026, 8, 28, 9);
const random = seededRandom("vectors of the trail");

type Org = { readonly key: SigningKey; readonly id: MemberId; readonly certificate: MemberCertificate };

function orgNamed(org: string): Org {
  const [orgKey, key, transport] = [0, 1, 2].map(() => signingKeyFromSeed(random(32)));
  if (!orgKey || !key || !transport) throw new Error("three keys");
  const fields = { org, memberKey: key.publicKey, notBefore: AT - 1_000, notAfter: AT + 1_000_000 };
  return { key, id: memberId(key.publicKey), certificate: issueCertificate({ org: orgKey, transport }, fields) };
}

/** File name and text of both vector files. */
export function auditVectors(show: (value: unknown) => string): Readonly<Record<string, string>> {
  const [acme, globex] = [orgNamed("acme"), orgNamed("globex")];
  const circle = circleId(random(32));
  const lanes = { acme: laneFor(acme.id, random), globex: laneFor(globex.id, random) };
  const first = {
    circle,
    seq: 0,
    prev: undefined,
    rosterHeads: [],
    epoch: undefined,
    exercise: false,
    at: AT,
  } as const;

  const recipients = [acme, globex].map(({ id }) => [idBytes(id), random(16)] as const);
  const epochBody = encodeCbor({ suite: 1, depth: 0, keyCommitment: random(32), recipients });
  const epoch = signClear(
    { ...first, kind: "epoch", author: globex.id, lane: lanes.globex },
    { bytes: epochBody, wraps: [random(80), random(80)] },
    { key: globex.key, random },
  );
  const sealing = { secret: random(32), key: acme.key, random };
  const said: PostBody = {
    ...{ kind: "alert", tlp: "amber", seat: "kim", text: "patch the gateway", indicators: [], techniques: [] },
    ...{ severity: "severe", urgency: "immediate", certainty: "likely", ackBy: AT + 3_600_000 },
  };
  const body = encodePost(said);
  const draft = { ...first, kind: "post", epoch: epoch.id, author: acme.id, lane: lanes.acme } as const;
  const alert = sealPost(draft, body, sealing);
  const next = sealPost({ ...draft, seq: 1, prev: alert.record.id, at: AT + 1 }, utf8("another"), sealing);
  const ackBody = encodePost({ kind: "ack", tlp: "amber", seat: "lee", re: alert.record.id });
  const place = { author: globex.id, lane: lanes.globex, seq: 1, prev: epoch.id, at: AT + 9 };
  const ack = sealPost({ ...draft, ...place }, ackBody, { ...sealing, key: globex.key });
  const receipt = signReceipt(
    {
      ...{ circle, member: globex.id, lane: lanes.acme, held: 2, head: next.record.id, unopened: [], read: 1 },
      at: AT + 5,
    },
    globex.key,
  );
  const evidence = encodeEvidence(
    {
      ...{ at: AT + 20, header: alert.record.headerBytes, signature: alert.record.signature },
      ...{ opening: { salt: alert.salt, body }, epoch: encodeBare(epoch), leftOut: 0 },
      certificates: [acme, globex].map(({ certificate }) => certificate.bytes),
      ...{ chain: [next.record.headerBytes], receipts: [receipt.bytes] },
      acks: [{ header: ack.record.headerBytes, signature: ack.record.signature, salt: ack.salt, body: ackBody }],
    },
    acme.certificate.bytes,
    (message) => acme.key.sign(message),
  );

  const readers = [acme, globex].map(({ key, certificate }): [Uint8Array, Uint8Array, string] => [
    key.publicKey,
    certificate.orgKey,
    certificate.org,
  ]);
  const ids = { circle: idBytes(circle), epoch: idBytes(epoch.id), record: idBytes(alert.record.id) };
  const seatKey = signingKeyFromSeed(new Uint8Array(32).fill(9));
  const subject = subjectOf({ circle, key: "k", body: said, exercise: false, accept: [] });
  const entries: TrailEntry[] = [
    { op: "audience", circle: ids.circle, name: "retail-eu", epoch: ids.epoch, readers },
    {
      ...{ op: "disclosed", ...ids, at: AT, kind: "alert", tlp: "amber", pap: "green", seat: "kim" },
      ...{ exercise: false, auto: true },
      clearance: {
        ...{ token: "soar", subject, approvals: [signApproval(seatKey, { seat: "lee", at: AT - 60 }, subject)] },
        breakGlass: signApproval(seatKey, { seat: "kim", at: AT - 50, reason: "line down" }, subject),
        scrub: { result: "kept", reviewer: "kim", at: AT - 90, rules: "1", reason: "ours", found: [["own", 2]] },
      },
    },
    { op: "returned", circle: ids.circle, record: ids.record, at: AT + 1 },
    { op: "evidence", circle: ids.circle, record: ids.record, at: AT + 20, seat: "kim", body: true },
  ];
  let end = TRAIL_START;
  const rows = entries.map((entry) => {
    const encoded = encodeEntry(entry);
    end = extended(end, encoded);
    return { op: entry.op, entry: toHex(encoded), link: toHex(end.link) };
  });
  const anchor = encodeEntry(signAnchor(end, AT + 30, acme.key));
  rows.push({ op: "anchor", entry: toHex(anchor), link: toHex(extended(end, anchor).link) });
  return {
    "trail.json": show(rows),
    "evidence.json": show([{ file: toHex(evidence), recordId: alert.record.id, circle, author: acme.id }]),
  };
}

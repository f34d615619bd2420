// Every function that turns bytes or text of others into values, in one table, under everything that can be wrong with
// them: the answer is the value or a refusal by code, soon and in little memory. Where a form is canonical, what is read
// is written again as the same bytes. A decoder that is not in the table fails the last test.

import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import type { Stream } from "@libp2p/interface";
import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import * as args from "../../cli/args.ts";
import { boundedLines } from "../../cli/input-text.ts";
import { postingFlags, tellingFlags } from "../../cli/flags.ts";
import { readRules } from "../../cli/rules.ts";
import * as values from "../../cli/values.ts";
import * as keys from "../../keys/index.ts";
import { linesOf } from "../../src/api/lines.ts";
import { parseQuery } from "../../src/api/query.ts";
import type { z } from "zod";
import { parseRequest, requests } from "../../src/api/requests.ts";
import { decodeClearance, encodeClearance } from "../../src/audit/clearance.ts";
import { decodeEntry, encodeEntry, type TrailEntry } from "../../src/audit/entry.ts";
import { decodeEvidence, encodeEvidence } from "../../src/audit/evidence-codec.ts";
import { concat, fromBase32, fromHex, fromUtf8, toHex, u32, utf8 } from "../../src/base/bytes.ts";
import { decodeAny, decodeCbor, encodeAny, encodeCbor } from "../../src/base/cbor.ts";
import { readCommon } from "../../src/base/cbor-pass.ts";
import { limits } from "../../src/base/limits.ts";
import { type ErrorCode, TocsinError } from "../../src/base/errors.ts";
import { defaultPolicy, type RosterChange } from "../../src/circle/change.ts";
import { decodeChange, encodeChange } from "../../src/circle/change-codec.ts";
import { decodeExercise, encodeExercise } from "../../src/circle/exercise.ts";
import { proofOf } from "../../src/circle/fork.ts";
import { decodeHold, encodeHold } from "../../src/circle/hold.ts";
import {
  decodeAddresses,
  decodeComplaint,
  decodeConsent,
  decodeInvite,
  decodeLaneOpen,
  decodeWarning,
  encodeAddresses,
  encodeComplaint,
  encodeConsent,
  encodeInvite,
  encodeLaneOpen,
  encodeWarning,
} from "../../src/circle/notice.ts";
import { parsePrekey, signPrekey } from "../../src/circle/prekey.ts";
import { SAFETY_NONCE_BYTES } from "../../src/circle/safety-words.ts";
import { signEnrol, signRetire } from "../../src/circle/statement.ts";
import { parseTicket, printTicket } from "../../src/circle/ticket.ts";
import { decodeVetting, encodeVetting, type Vetting } from "../../src/circle/trust.ts";
import { decodeHeld, encodeHeld } from "../../src/node/held-row.ts";
import { decodeSeat, decodeToken, encodeSeat, encodeToken } from "../../src/seat/rows.ts";
import { decodeOffer, encodeOffer } from "../../src/node/offer-wire.ts";
import { decodeVerifyAnswer, decodeVerifyMessage, encodeVerify } from "../../src/node/verify-wire.ts";
import { FrameStream } from "../../src/net/frames.ts";
import { decodeExpected, decodeMessage, encodeMessage, type Message } from "../../src/net/wire.ts";
import { readSettings } from "../../src/node/config.ts";
import {
  decodeContacts,
  decodeJoinAnswer,
  decodeJoinRequest,
  encodeContacts,
  encodeJoinAnswer,
  encodeJoinRequest,
  type JoinAnswer,
  type JoinRequest,
} from "../../src/node/join-wire.ts";
import { promote, remove } from "../../src/node/membership.ts";
import { packContent, unpackContent } from "../../src/record/content.ts";
import { circleId, laneFor, laneId, memberId, orgId, recordId, ticketId } from "../../src/record/ids.ts";
import { decodeLines, encodeLines } from "../../src/node/lifeline.ts";
import type { CircleRow } from "../../src/store/store.ts";
import { parseIndicator, parseTechnique } from "../../src/record/indicator.ts";
import { parseIp, parseNetwork } from "../../src/record/ip-address.ts";
import { parsePap, parseTlp } from "../../src/record/marking.ts";
import { parseNodeAddress } from "../../src/record/node-address.ts";
import { parseReceipt, signReceipt } from "../../src/record/receipt.ts";
import { decodeKept, decodePost, encodePost } from "../../src/record/parse-body.ts";
import type { RecordKind, VerifiedRecord } from "../../src/record/record.ts";
import { clearBody } from "../../src/record/verify.ts";
import { decodeBare, decodeEnvelope, decodeHeader, encodeBare, encodeEnvelope } from "../../src/record/wire.ts";
import { parseEpoch } from "../../src/seal/epoch.ts";
import { parseEpochBody } from "../../src/seal/epoch-body.ts";
import { decodeKeyring, encodeKeyring } from "../../src/seal/keyring.ts";
import { generateWrapKeys } from "../../src/seal/hpke.ts";
import { decodeAsk, decodeGiven, encodeAsk, encodeGiven, openGiven, sealGiven } from "../../src/seal/reseal.ts";
import { readStixBundle } from "../../src/stix/from-stix.ts";
import { indicatorsOfPattern } from "../../src/stix/pattern.ts";
import { readWarninglist } from "../../src/scrub/warninglist.ts";
import { readNdjsonLine } from "../../src/stix/read-ndjson.ts";
import { readObjects } from "../../src/stix/stix-object.ts";
import { BODIES } from "../help/bodies.ts";
import { cheapScrypt } from "../help/cheap-scrypt.ts";
import { draftOf, forgeClear } from "../help/forge.ts";
import { type Form, hostile } from "../help/harm.ts";
import { parseSpooled } from "../../src/api/spool-keeper.ts";
import { spooledText } from "../../src/api/spooled.ts";
import { madeStixBundle } from "../help/made-bundle.ts";
import { allOf, circleOfParties, party, says } from "../help/memory-rooms.ts";
import { seededRandom } from "../help/seeded-random.ts";
import { tempDir } from "../help/temp-dir.ts";

type Decoder = {
  /** What the bytes are made of, and some that are right. */
  readonly form: Form;
  readonly samples: readonly Uint8Array[];
  readonly read: (bytes: Uint8Array) => unknown;
  /** Only where every value has one writing. */
  readonly write?: (value: never) => Uint8Array;
  /** The codes it may refuse with, where there are few. */
  readonly codes?: readonly ErrorCode[];
  /** Slow ones are tried less often, and get more time. */
  readonly runs?: number;
  readonly ms?: number;
};

const random = seededRandom("decoders");
const postBodies = Object.values(BODIES).flatMap((both) => both.map(encodePost));
const circle = circleId(random(32));
const lane = laneId(random(16));
const folder = await tempDir();
afterAll(() => folder[Symbol.asyncDispose]());
const samples = await samplesOfACircle();
const { acme } = samples;
const ofKind = (kind: RecordKind): readonly VerifiedRecord[] => samples.records.filter((it) => it.header.kind === kind);
const bodies = (kind: RecordKind): readonly Uint8Array[] => ofKind(kind).map(clearBody);

/** A decoder of text: bytes that are no UTF-8 reach it as replacement characters. */
const lossy = new TextDecoder();
const text = (read: (text: string) => unknown, ...right: readonly string[]): Decoder => ({
  form: "text",
  samples: right.map(utf8),
  read: (bytes) => read(lossy.decode(bytes)),
});
const json = (read: (text: string) => unknown, ...right: readonly unknown[]): Decoder => ({
  ...text(read),
  form: "json",
  samples: right.map((value) => utf8(JSON.stringify(value))),
});
const usage = { codes: ["USAGE"] } as const;

const draft = {
  kind: "sighting",
  tlp: "amber",
  text: "seen",
  indicators: ["ip:203.0.113.24"],
  techniques: ["T1110"],
  seen: { first: "2025-11-22T14:30:00Z", count: 3 },
};
const messages: readonly Message[] = [
  { kind: "hello", versions: [1, 2], nonce: random(32) },
  { kind: "answer", version: 1, nonce: random(32), tags: [random(32), random(32)] },
  { kind: "tags", tags: [random(32)] },
  { kind: "have", circle, frontier: new Map([[lane, 5]]), heads: new Map([[lane, "0123456789abcdef"]]) },
  { kind: "held", circle, frontier: new Map([[lane, 5]]), heads: new Map([[lane, "0123456789abcdef"]]), batches: 7 },
  { kind: "records", circle, envelopes: [random(40), random(9)] },
  { kind: "receipts", circle, receipts: [random(300)] },
  { kind: "ping", token: 7 },
  { kind: "pong", token: 7 },
  { kind: "want", circle, ranges: [{ lane, from: 1, to: 9 }] },
  { kind: "page", envelopes: [random(20)] },
  { kind: "ask", circle, body: random(30) },
  { kind: "challenge", challenge: random(32) },
  { kind: "message", body: random(30) },
  { kind: "refused", code: "TICKET_USED" },
  { kind: "done" },
  { kind: "more" },
  { kind: "end" },
];
const receipt = signReceipt(
  {
    ...{ circle, member: acme.rooms.me.id, lane, held: 9, head: recordId(random(32)) },
    ...{ unopened: [[2, 4] as const, [6, 7] as const], read: 5, at: 1_764_000_000_000 },
  },
  acme.rooms.me.key,
);
const askerKeys = await generateWrapKeys(1);
const exchange = { circle, giver: memberId(random(32)), asker: memberId(random(32)), challenge: random(32) };
const opening = (index: number) => [index, { salt: random(32), body: random(20) }] as const;
const askerPrekey = signPrekey(circle, acme.rooms.me.key, { suite: 1, publicKey: askerKeys.publicKey });
const answer = await sealGiven({ covered: 1, openings: new Map([opening(0)]) }, exchange, askerPrekey);
if (!answer) throw new Error("the prekey is sound");
const certificate = acme.rooms.me.certificate.bytes;
/** One change of each kind that the circle above does not make. */
const changes = changesOf(acme);
const contacts = [{ certificate, addresses: ["/ip4/203.0.113.7/tcp/7443"] }];
const prekeys = [32, 1_216].map((length, index) =>
  signPrekey(circle, acme.rooms.me.key, { suite: index === 0 ? 1 : 2, publicKey: random(length) }),
);
const requestsOfJoining: readonly JoinRequest[] = [
  { op: "preview", circle: random(16) },
  {
    op: "accept",
    circle: random(32),
    certificate,
    prekey: prekeys[0]?.bytes ?? random(9),
    lane: random(16),
    proof: random(64),
  },
  { op: "circles" },
  { op: "enrol", circle: random(32), record: random(90) },
];
const circleOfAnOrg = {
  ...{ id: random(32), name: "retail-eu", suite: 2 as const, heads: [random(32)] },
  nodes: [{ member: random(32), lanes: [{ lane: random(16), length: 3 }] }],
};
const answersOfJoining: readonly JoinAnswer[] = [
  {
    op: "preview",
    genesis: random(90),
    inviter: certificate,
    members: ["acme", "borealis"],
    expires: 1_764_000_000_000,
    policy: defaultPolicy,
  },
  { op: "joined", pending: 2, lane: random(16), contacts },
  { op: "joined", pending: 0, lane: null, contacts },
  { op: "circles", responder: certificate, circles: [circleOfAnOrg] },
];
const lineRow: CircleRow = {
  ...{ id: circle, name: "retail-eu", lane: laneFor(acme.rooms.me.id, random), state: "current", joinedAt: 7 },
};
const vetting: Vetting = {
  ...{ orgKey: random(32), state: "verified", how: "words", at: 1_764_000_000_000, seat: "kim", org: "acme" },
  members: [memberId(random(32))],
};
const ticket = printTicket({
  circlePrefix: random(16),
  secret: random(16),
  expires: 1_764_000_000_000,
  responders: [{ hash: random(16), addresses: ["/ip4/203.0.113.7/tcp/7443", "/dns4/tocsin.example/tcp/7443"] }],
});
const vaultFile = await fileFor("vault", async (path) => {
  const seed = random(32);
  const contents = { org: "acme", seat: "kim", memberSeed: seed, transportSeed: seed, storageKey: seed, certificate };
  await keys.createVault(path, "correct horse", contents, { random, scrypt: cheapScrypt });
});
const sealedKey = random(32);
const sealedFile = await fileFor("keyring", (path) =>
  keys.writeSealedFile(path, sealedKey, random(100), { context: "keyring", random }),
);
const settings = { listen: ["/ip4/0.0.0.0/tcp/7443"], announce: ["/dns4/tocsin.example/tcp/7443"] };
const settingsFile = folder.at("node.json");
const bundle = madeStixBundle(3, 7);
const shares = (await keys.splitSeed(random(32), { shares: 3, needed: 2 }, random)).map((share) =>
  keys.shareToWords(share).join(" "),
);
const paper = keys.seedToWords(random(32)).join(" ");

const schemas: readonly z.ZodType[] = Object.values(requests);

/** By file and function. */
const DECODERS: Readonly<Record<string, Decoder>> = {
  "src/base/cbor.ts decodeCbor": {
    ...{ form: "cbor", samples: [...bodies("roster"), encodeCbor([1, -1, 0.5, null, true, { a: [{}, "b"] }])] },
    ...{ read: (bytes) => decodeCbor(bytes, 100_000), write: encodeCbor, codes: ["CBOR_INVALID"] },
  },
  "src/base/cbor.ts decodeAny": {
    ...{ form: "cbor", samples: bodies("roster"), read: decodeAny, write: encodeAny, codes: ["CBOR_INVALID"] },
  },
  "src/base/cbor-pass.ts readCommon": {
    ...{ form: "cbor", samples: bodies("roster"), codes: [] },
    read: (bytes) => readCommon(bytes, limits.cborDepthMax),
  },
  "src/base/bytes.ts fromHex": { ...text(fromHex, "00ff"), codes: [] },
  "src/base/bytes.ts fromBase32": { ...text(fromBase32, "7K2M9QX4"), codes: [] },
  "src/base/bytes.ts fromUtf8": {
    ...{
      form: "text",
      samples: [utf8("Zürich"), utf8("\uFEFFZürich")],
      read: (bytes) => fromUtf8(bytes) ?? refused(),
      write: utf8,
    },
  },
  "src/record/wire.ts decodeBare": {
    ...{ form: "cbor", samples: samples.records.map(encodeBare), read: decodeBare },
    codes: ["CBOR_INVALID", "LIMIT_EXCEEDED", "RECORD_MALFORMED"],
  },
  "src/record/wire.ts decodeHeader": {
    ...{ form: "cbor", samples: samples.records.map(({ headerBytes }) => headerBytes), read: decodeHeader },
    codes: ["CBOR_INVALID", "LIMIT_EXCEEDED", "RECORD_MALFORMED"],
  },
  "src/record/wire.ts decodeEnvelope": {
    ...{
      form: "cbor",
      samples: samples.records.map(({ bytes }) => bytes),
      read: decodeEnvelope,
      write: encodeEnvelope,
    },
    codes: ["CBOR_INVALID", "LIMIT_EXCEEDED", "RECORD_MALFORMED"],
  },
  "src/record/parse-body.ts decodePost": {
    ...{
      form: "cbor",
      samples: postBodies,
      read: decodePost,
      write: encodePost,
    },
  },
  "src/record/parse-body.ts decodeKept": { form: "cbor", samples: postBodies, read: decodeKept, write: encodePost },
  "src/record/content.ts unpackContent": {
    ...{ form: "bytes", samples: [1, 64].map((step) => packContent({ salt: random(32), body: random(20) }, step)) },
    ...{ read: unpackContent, codes: ["RECORD_MALFORMED"] },
  },
  "src/record/indicator.ts parseIndicator": text(
    parseIndicator,
    ...["ip:203.0.113.24", "hxxps://evil[.]example/a?b", "2001:db8::1/64", "a@b.example", "CVE-2024-1234", "AS64500"],
  ),
  "src/record/indicator.ts parseTechnique": text(parseTechnique, "T1110.003"),
  "src/record/ip-address.ts parseIp": { ...text(parseIp, "203.0.113.24", "2001:db8::ffff:1.2.3.4"), codes: [] },
  "src/record/ip-address.ts parseNetwork": { ...text(parseNetwork, "203.0.113.0/24", "2001:db8::/32"), codes: [] },
  "src/record/marking.ts parseTlp": { ...text(parseTlp, "TLP:AMBER+STRICT", "red"), codes: [] },
  "src/record/marking.ts parsePap": { ...text(parsePap, "PAP:RED"), codes: [] },
  "src/record/receipt.ts parseReceipt": {
    ...{ form: "cbor", samples: [receipt.bytes], read: parseReceipt },
    codes: ["RECORD_MALFORMED", "CBOR_INVALID", "LIMIT_EXCEEDED"],
  },
  "src/circle/change-codec.ts decodeChange": {
    ...{ form: "cbor", samples: [...bodies("roster"), ...changes.map(encodeChange)], write: encodeChange },
    read: (bytes) => decodeChange(bytes, samples.circle),
  },
  "src/circle/notice.ts decodeInvite": {
    form: "cbor",
    samples: [
      encodeInvite({ op: "open", ticket: ticketId(random(32)), for: "acme", expires: 1_764_000_000_000 }),
      encodeInvite({ op: "revoke", ticket: ticketId(random(32)) }),
    ],
    ...{ read: decodeInvite, write: encodeInvite, codes: ["RECORD_BODY_INVALID", "CBOR_INVALID"] },
  },
  "src/circle/notice.ts decodeAddresses": {
    ...{
      form: "cbor",
      samples: [encodeAddresses({ addresses: ["/ip4/203.0.113.7/tcp/7443"], relay: true })],
      read: decodeAddresses,
    },
    ...{ write: encodeAddresses, codes: ["RECORD_BODY_INVALID", "CBOR_INVALID"] },
  },
  "src/circle/notice.ts decodeWarning": {
    ...{ form: "cbor", samples: [encodeWarning({ orgKey: random(32), reason: "words differ" })], read: decodeWarning },
    ...{ write: encodeWarning, codes: ["RECORD_BODY_INVALID", "CBOR_INVALID"] },
  },
  "src/circle/notice.ts decodeComplaint": {
    ...{ form: "cbor", samples: [encodeComplaint(recordId(random(32)))], read: decodeComplaint },
    ...{ write: encodeComplaint, codes: ["RECORD_BODY_INVALID", "CBOR_INVALID"] },
  },
  "src/circle/notice.ts decodeConsent": {
    ...{ form: "cbor", samples: [encodeConsent(recordId(random(32)))], read: decodeConsent },
    ...{ write: encodeConsent, codes: ["RECORD_BODY_INVALID", "CBOR_INVALID"] },
  },
  "src/circle/notice.ts decodeLaneOpen": {
    form: "cbor",
    samples: [
      encodeLaneOpen({ from: laneId(random(16)), length: 3, head: recordId(random(32)) }),
      encodeLaneOpen({ from: laneId(random(16)), length: 0, head: undefined }),
    ],
    ...{ read: decodeLaneOpen, write: encodeLaneOpen, codes: ["RECORD_BODY_INVALID", "CBOR_INVALID"] },
  },
  "src/circle/trust.ts decodeVetting": {
    ...{ form: "cbor", samples: [encodeVetting(vetting)], read: decodeVetting, write: encodeVetting },
    codes: ["STORE_CORRUPT", "CBOR_INVALID", "LIMIT_EXCEEDED"],
  },
  "src/circle/prekey.ts parsePrekey": {
    ...{ form: "cbor", samples: prekeys.map(({ bytes }) => bytes), read: (bytes) => parsePrekey(bytes, circle) },
  },
  "src/circle/ticket.ts parseTicket": { ...text(parseTicket, ticket), codes: ["TICKET_INVALID"] },
  "src/seal/epoch-body.ts parseEpochBody": {
    ...{ form: "cbor", samples: bodies("epoch").slice(0, 1), read: parseEpochBody },
  },
  "src/circle/hold.ts decodeHold": {
    form: "cbor",
    samples: [
      encodeHold({ op: "hold", of: "circle", reason: "counsel asked" }),
      encodeHold({ op: "release", of: recordId(random(32)) }),
    ],
    ...{ read: decodeHold, write: encodeHold },
  },
  "src/circle/exercise.ts decodeExercise": {
    form: "cbor",
    samples: [
      encodeExercise({ op: "start", name: "spring drill", until: 1_732_000_000_000 }),
      encodeExercise({ op: "stop", exercise: recordId(random(32)) }),
    ],
    ...{ read: decodeExercise, write: encodeExercise },
  },
  "src/node/held-row.ts decodeHeld": {
    form: "cbor",
    samples: [
      encodeHeld({
        ...{ id: "h-1", circle: circleId(random(32)), key: "k1", seat: "siem", token: "edr", at: 1, state: "held" },
        said: { body: BODIES.sighting[0], exercise: false, accept: ["unverified"], clearance: { token: "edr" } },
        approvals: [{ seat: "kim", at: 1, key: random(32), signature: random(64) }],
        ...{ breakGlass: undefined, by: "", decidedAt: 0, reason: "", record: undefined, dueAt: 60_000 },
      }),
      encodeHeld({
        ...{ id: "h-2", circle: circleId(random(32)), key: "k2", seat: "siem", token: "", at: 1, state: "released" },
        ...{
          said: undefined,
          approvals: [],
          by: "kim",
          decidedAt: 2,
          reason: "",
          record: recordId(random(32)),
          dueAt: 0,
        },
        breakGlass: { seat: "kim", at: 1, key: random(32), signature: random(64), reason: "no time" },
      }),
    ],
    ...{ read: decodeHeld, codes: ["STORE_CORRUPT"] },
  },
  "src/seat/rows.ts decodeSeat": {
    form: "text",
    samples: [
      encodeSeat({ name: "kim", machine: false, rights: ["read", "post"], circles: [circleId(random(32))], at: 1 }),
    ],
    ...{ read: decodeSeat, codes: ["STORE_CORRUPT"] },
  },
  "src/seat/rows.ts decodeToken": {
    form: "text",
    samples: [
      encodeToken({
        ...{ name: "edr", seat: "siem", mac: random(32), circles: [circleId(random(32))], kinds: ["sighting"] },
        ...{ maxTlp: "amber", rate: { count: 10, perMs: 60_000 }, release: "hold", expires: 9, at: 1 },
      }),
    ],
    ...{ read: decodeToken, codes: ["STORE_CORRUPT"] },
  },
  "src/audit/clearance.ts decodeClearance": {
    form: "cbor",
    samples: [
      encodeClearance({
        ...{
          token: "siem",
          subject: random(32),
          approvals: [{ seat: "kim", at: 1, key: random(32), signature: random(64) }],
        },
        breakGlass: { seat: "kim", at: 1, key: random(32), signature: random(64), reason: "no time" },
        scrub: { result: "kept", reviewer: "kim", at: 2, rules: "a1", reason: "ours", found: [["email", 2]] },
      }),
    ],
    ...{ read: decodeClearance, write: encodeClearance },
  },
  "src/audit/entry.ts decodeEntry": {
    form: "cbor",
    samples: [
      {
        op: "audience",
        circle: random(32),
        name: "retail-eu",
        epoch: random(32),
        readers: [[random(32), random(32), "acme"]],
      },
      {
        ...{ op: "disclosed", circle: random(32), record: random(32), epoch: random(32), at: 1, kind: "alert" },
        ...{ tlp: "amber", pap: "red", seat: "kim", exercise: false, auto: true, clearance: { token: "siem" } },
      },
      { op: "returned", circle: random(32), record: random(32), at: 1 },
      { op: "evidence", circle: random(32), record: random(32), at: 1, seat: "kim", body: true },
      { op: "anchor", member: random(32), length: 3, link: random(32), at: 1, signature: random(64) },
    ].map((entry) => encodeEntry(entry as TrailEntry)),
    ...{ read: decodeEntry, write: encodeEntry },
  },
  "src/audit/evidence-codec.ts decodeEvidence": {
    form: "bytes",
    samples: [
      encodeEvidence(
        {
          ...{ at: 1, header: random(120), signature: random(64), opening: { salt: random(32), body: random(90) } },
          ...{ epoch: random(200), certificates: [random(180)], chain: [random(120)], receipts: [random(150)] },
          ...{ acks: [{ header: random(120), signature: random(64), salt: random(32), body: random(40) }], leftOut: 1 },
        },
        random(180),
        () => random(64),
      ),
    ],
    ...{ read: decodeEvidence, codes: ["EVIDENCE_INVALID", "CBOR_INVALID", "LIMIT_EXCEEDED"] },
  },
  "src/seal/epoch.ts parseEpoch": {
    ...{ form: "cbor", samples: bodies("epoch").slice(0, 1) },
    read: (body) => parseEpoch({ ...some(ofKind("epoch")), payload: packContent({ salt: random(32), body }, 1) }),
  },
  "src/seal/reseal.ts decodeAsk": {
    ...{
      form: "cbor",
      samples: [encodeAsk({ challenge: random(32), ids: [recordId(random(32)), recordId(random(32))] })],
    },
    ...{ read: decodeAsk, write: encodeAsk },
  },
  "src/seal/reseal.ts decodeGiven": {
    ...{ form: "cbor", samples: [encodeGiven({ covered: 3, openings: new Map([0, 2].map(opening)) })] },
    ...{ read: decodeGiven, write: encodeGiven },
  },
  "src/seal/reseal.ts openGiven": {
    ...{ form: "cbor", samples: [answer], runs: 200 },
    read: async (bytes) => openGiven(bytes, exchange, () => ({ suite: 1, keys: askerKeys })),
  },
  "src/seal/keyring.ts decodeKeyring": {
    ...{ form: "cbor", samples: [encodeKeyring(acme.rooms.keyring.value())], read: decodeKeyring },
    codes: ["STORE_CORRUPT", "CBOR_INVALID"],
  },
  "src/net/wire.ts decodeMessage": {
    ...{ form: "cbor", samples: messages.map(encodeMessage), read: decodeMessage, write: encodeMessage },
    codes: ["CBOR_INVALID", "LIMIT_EXCEEDED", "PEER_PROTOCOL"],
  },
  "src/net/wire.ts decodeExpected": {
    ...{
      form: "cbor",
      samples: messages.slice(3, 4).map(encodeMessage),
      read: (bytes) => decodeExpected("have", bytes),
    },
    codes: ["CBOR_INVALID", "LIMIT_EXCEEDED", "PEER_PROTOCOL"],
  },
  "src/net/frames.ts FrameStream": {
    ...{ form: "bytes", samples: messages.map(encodeMessage).map((frame) => concat(u32(frame.length), frame)) },
    ...{
      read: framesOf,
      codes: ["PEER_PROTOCOL"],
      write: (frames: readonly Uint8Array[]) => concat(...frames.flatMap((frame) => [u32(frame.length), frame])),
    },
  },
  "src/node/join-wire.ts decodeJoinRequest": {
    ...{
      form: "cbor",
      samples: requestsOfJoining.map(encodeJoinRequest),
      read: decodeJoinRequest,
      write: encodeJoinRequest,
    },
    codes: ["PEER_PROTOCOL", "CBOR_INVALID"],
  },
  "src/node/join-wire.ts decodeJoinAnswer": {
    ...{ form: "cbor", samples: answersOfJoining.map(encodeJoinAnswer), read: decodeJoinAnswer },
    codes: ["PEER_PROTOCOL", "CBOR_INVALID"],
  },
  "src/node/join-wire.ts decodeContacts": {
    ...{ form: "cbor", samples: [encodeContacts(contacts)], read: decodeContacts, write: encodeContacts },
    codes: ["STORE_CORRUPT", "CBOR_INVALID"],
  },
  "src/node/lifeline.ts decodeLines": {
    ...{ form: "cbor", samples: [encodeLines([{ row: lineRow, contacts: encodeContacts(contacts) }])] },
    ...{ read: decodeLines, write: encodeLines },
    codes: ["STORE_CORRUPT", "CBOR_INVALID"],
  },
  "src/node/offer-wire.ts decodeOffer": {
    form: "cbor",
    samples: [encodeOffer({ ticket: "tocsin-join-1 ABCD" })],
    ...{ read: decodeOffer, write: encodeOffer, codes: ["PEER_PROTOCOL", "CBOR_INVALID", "LIMIT_EXCEEDED"] },
  },
  "src/node/verify-wire.ts decodeVerifyMessage": {
    form: "cbor",
    samples: [
      encodeVerify({ op: "commit", commitment: random(SAFETY_NONCE_BYTES) }),
      encodeVerify({ op: "reveal", nonce: random(SAFETY_NONCE_BYTES) }),
    ],
    ...{ read: decodeVerifyMessage, write: encodeVerify, codes: ["PEER_PROTOCOL", "CBOR_INVALID", "LIMIT_EXCEEDED"] },
  },
  "src/node/verify-wire.ts decodeVerifyAnswer": {
    form: "cbor",
    samples: [
      ...[encodeVerify({ op: "wait" }), encodeVerify({ op: "done" })],
      encodeVerify({ op: "nonce", nonce: random(SAFETY_NONCE_BYTES) }),
    ],
    ...{ read: decodeVerifyAnswer, write: encodeVerify, codes: ["PEER_PROTOCOL", "CBOR_INVALID", "LIMIT_EXCEEDED"] },
  },
  "src/node/config.ts readSettings": {
    ...json(() => undefined, settings),
    read: async (bytes) => {
      await writeFile(settingsFile, bytes);
      return readSettings(settingsFile);
    },
    ...{ codes: ["CONFIG_INVALID"], runs: 100 },
  },
  "src/scrub/warninglist.ts readWarninglist": {
    ...json(readWarninglist, {
      ...{ name: "n", description: "d", version: 1, type: "cidr", category: "known" },
      ...{ matching_attributes: ["ip-src", "domain|ip"], list: ["192.0.2.0/24"] },
    }),
    codes: ["INPUT_INVALID"],
  },
  "src/record/node-address.ts parseNodeAddress": text(
    parseNodeAddress,
    ...["/dns4/tocsin.example/tcp/443/tls/ws", "/ip6/2001:db8::1/tcp/7443"],
  ),
  "src/api/lines.ts linesOf": {
    ...{ form: "json", samples: [utf8('{"jsonrpc":"2.0"}')] },
    read: (bytes) => Array.fromAsync(linesOf(streamOf(bytes) as unknown as Socket)),
    codes: ["LIMIT_EXCEEDED"],
  },
  "src/api/requests.ts parseRequest": {
    ...json(
      () => undefined,
      ...[draft, { draft }, { circle: "retail-eu", peer: "borealis" }, { draft, wait: { for: "acked", timeoutMs: 9 } }],
      ...[{ records: [{ line: 1, draft }] }, { circle: "retail-eu", limit: 20, since: "2025-11-22T14:30:00Z" }],
      ...[
        { words: ["ip:1.2.3.4"], limit: 9 },
        { indicators: ["203.0.113.24"] },
        { cursor: "12" },
        { name: "retail-eu" },
      ],
    ),
    // Every schema gets every request: most of them refuse it.
    read: (bytes) => {
      const params = attempt(() => JSON.parse(lossy.decode(bytes)) as unknown, SyntaxError);
      return schemas.map((schema) => attempt(() => parseRequest(schema, params)));
    },
  },
  "src/api/query.ts parseQuery": {
    ...text(
      (typed) => parseQuery(typed.split("|"), 0),
      "phish|ip:203.0.113.24|kind:sighting|-org:acme|since:2h|tlp:red",
    ),
    codes: ["INPUT_INVALID", "INDICATOR_INVALID"],
  },
  "src/api/spool-keeper.ts parseSpooled": {
    form: "json",
    samples: [
      utf8(spooledText({ at: 7, method: "post", params: { draft: { kind: "sighting", title: "x" } } as never })),
    ],
    read: (bytes) => parseSpooled(fromUtf8(bytes) ?? ""),
    codes: ["INPUT_INVALID"],
  },
  "src/stix/stix-object.ts readObjects": {
    ...{ form: "json", samples: [utf8(bundle)], read: readObjects, codes: ["INPUT_INVALID"] },
  },
  "src/stix/from-stix.ts readStixBundle": {
    ...{ form: "json", samples: [utf8(bundle)], read: (bytes) => readStixBundle(bytes, { defaultTlp: "amber" }) },
    codes: ["INPUT_INVALID"],
  },
  "src/stix/read-ndjson.ts readNdjsonLine": {
    ...json((typed) => readNdjsonLine(typed, 1, { keyField: "id" }), { ...draft, id: 7 }, { ...draft, id: "a" }),
    codes: ["INPUT_INVALID"],
  },
  "src/stix/pattern.ts indicatorsOfPattern": {
    ...text(indicatorsOfPattern, "[ipv4-addr:value = '203.0.113.24' OR file:hashes.'SHA-256' IN ('aa', 'bb')]"),
    codes: [],
  },
  "keys/certificate.ts parseCertificate": {
    ...{ form: "cbor", samples: [certificate], read: keys.parseCertificate, codes: ["CERTIFICATE_INVALID"] },
    write: ({ bytes }: keys.MemberCertificate) => bytes,
  },
  "keys/vault.ts openVault": {
    ...{ form: "bytes", samples: [vaultFile.bytes], runs: 100, codes: ["VAULT_DAMAGED"], ms: 1_000 },
    read: (bytes) => vaultFile.with(bytes, (path) => keys.openVault(path, "correct horse")),
  },
  "keys/sealed-file.ts readSealedFile": {
    ...{ form: "bytes", samples: [sealedFile.bytes], runs: 100, codes: ["STORE_CORRUPT"] },
    read: (bytes) => sealedFile.with(bytes, (path) => keys.readSealedFile(path, sealedKey, { context: "keyring" })),
  },
  "keys/paper.ts wordsToSeed": { ...text(keys.wordsToSeed, paper), codes: ["INPUT_INVALID"] },
  "keys/paper.ts checkWords": {
    ...text((typed) => keys.checkWords(typed.split(" ")), paper),
    codes: ["INPUT_INVALID"],
  },
  "keys/paper.ts typedWords": { ...text(keys.typedWords, paper), codes: [] },
  "keys/share-words.ts wordsToShare": {
    // Finding the one word that is wrong tries all of them.
    ...{ ...text(keys.wordsToShare, ...shares), codes: ["INPUT_INVALID"], runs: 100, ms: 3_000 },
  },
  "keys/words.ts readWords": { ...text(keys.readWords, paper, "aban ZOO, 3. art"), codes: [] },
  "keys/shares.ts readPaperKeyOrShares": {
    ...text(
      (typed) => keys.readPaperKeyOrShares(typed.split("\n")),
      paper,
      shares.join("\n\n"),
      `# a\n${shares.join("\n")}`,
    ),
    ...{ codes: ["INPUT_INVALID"], runs: 100, ms: 3_000 },
  },
  "keys/fingerprint.ts matchesFingerprint": {
    ...{ ...text((typed) => keys.matchesFingerprint(sealedKey, typed), keys.fingerprint(sealedKey).digits), codes: [] },
  },
  "cli/input-text.ts boundedLines": {
    ...{ form: "text", samples: [utf8("one\r\ntwo\n")], codes: [] },
    read: (bytes) => Array.fromAsync(boundedLines(streamOf(bytes), 1_000)),
  },
  "cli/args.ts readArgs": {
    ...text(
      (typed) => args.readArgs(typed.split(" "), { flags: { ...postingFlags, ...tellingFlags }, operands: ["[TEXT]"] }),
      ...["hello --tlp red --wait acked:2 --ioc ip:1.2.3.4 -c retail", "--dry-run -- -x"],
    ),
    ...usage,
  },
  "cli/rules.ts readRules": {
    ...text(
      (typed) => readRules(typed.split(";")),
      "max-tlp=amber;keep=30d;gossip=no;vouches=2",
      "purpose=a=b;exercise=yes",
    ),
    ...usage,
  },
  "cli/values.ts readDuration": { ...text(values.readDuration, "30s", "7d"), ...usage },
  "cli/values.ts readPast": { ...text(values.readPast, "-2h", "2024-11-22T14:30:00Z"), ...usage },
  "cli/values.ts readHistory": { ...text(values.readHistory, "none", "since:-7d", "since:2024-11-22"), ...usage },
  "cli/values.ts readFuture": { ...text(values.readFuture, "2h", "2124-11-22T14:30:00Z"), ...usage },
  "cli/values.ts readAddress": { ...text(values.readAddress, "203.0.113.5:7443", "[2001:db8::1]:7443"), ...usage },
  "cli/values.ts readTlp": { ...text(values.readTlp, "amber+strict"), ...usage },
  "cli/values.ts readPap": { ...text(values.readPap, "red"), ...usage },
  "cli/values.ts readKind": { ...text(values.readKind, "sight"), ...usage },
  "cli/values.ts readConfidence": { ...text(values.readConfidence, "high", "85"), ...usage },
  "cli/values.ts readNeed": { ...text(values.readNeed, "all", "3"), ...usage },
  "cli/values.ts readWait": { ...text(values.readWait, "delivered:2", "acked"), ...usage },
  "cli/values.ts readSpeed": { ...text(values.readSpeed, "20x"), ...usage },
  "cli/values.ts readText": { ...text(values.readText, "words"), ...usage },
};

/** Exported functions with such a name and such a parameter that read no bytes of others themselves. */
const NOT_DECODERS: Readonly<Record<string, string>> = {
  "keys/atomic-file.ts readWhole": "the bytes of a file as they are",
  "cli/input-text.ts readInput": "the bytes of a file as they are",
  "cli/input-text.ts readFirstLine": "the bytes of a file as they are",
  "cli/values.ts readChoice": "makes a reader of the words that our own table names",
  "src/store/item-codec.ts decodeStored":
    "rows of our own store, sealed under our own key: test/property/store.test.ts",
  "src/scrub/read-lists.ts readWarninglists": "the files of a folder to readWarninglist",
  "src/node/config.ts readTls": "the bytes of two files as they are",
  "src/node/keyring-file.ts readKeyring": "a sealed file to decodeKeyring",
  "src/api/bundle-file.ts readBundleFile":
    "lengths and frames of a file, each to be opened: test/e2e/bundle.test.ts cuts it anywhere",
  "cli/key-words.ts readOrgKey": "a file to readPaperKeyOrShares",
};

const MS_MAX = 50;
const MEMORY_BYTES_MAX = 32 * 1024 * 1024;

describe.each(Object.entries(DECODERS))("%s", (_, decoder) => {
  const { form, read, write, codes, runs = 250, ms = MS_MAX } = decoder;

  test("reads what is right", async () => {
    expect(decoder.samples.length).toBeGreaterThan(0);
    for (const sample of decoder.samples) {
      const value = await read(sample);
      if (write) expect(write(value as never)).toEqual(sample);
    }
  });

  test("answers anything with a value or a refusal, soon and in little memory", async () => {
    await fc.assert(
      fc.asyncProperty(hostile(decoder.samples, form), async (input) => {
        const held = memory();
        let outcome = await outcomeOf(read, input);
        expect(memory() - held).toBeLessThan(MEMORY_BYTES_MAX);
        // The collector and the compiler work once in a while; what is slow by itself is slow again.
        for (let again = 0; again < 3 && outcome.ms > ms; again++) outcome = await outcomeOf(read, input);
        expect(outcome.ms).toBeLessThan(ms);
        if ("code" in outcome) expect(codes ?? [outcome.code]).toContain(outcome.code);
        else if (write) expect(write(outcome.value as never)).toEqual(input);
      }),
      { numRuns: runs, seed: 40 },
    );
  });
});

describe("the table", () => {
  const sources = ["src", "keys", "cli"].flatMap((room) =>
    readdirSync(new URL(`../../${room}`, import.meta.url), { recursive: true, encoding: "utf8" })
      .filter((path) => /\.tsx?$/.test(path))
      .map((path) => ({
        path: `${room}/${path}`,
        text: readFileSync(new URL(`../../${room}/${path}`, import.meta.url), "utf8"),
      })),
  );
  const found = sources.flatMap(({ path, text }) => decodersIn(text).map((name) => `${path} ${name}`));

  test("holds every decoder that the sources export", () => {
    const known = new Set([...Object.keys(DECODERS), ...Object.keys(NOT_DECODERS)]);
    expect(found.filter((name) => !known.has(name))).toEqual([]);
    expect(Object.keys(NOT_DECODERS).filter((name) => !found.includes(name))).toEqual([]);
    expect(found.length).toBeGreaterThan(40);
  });

  test("names nothing that is not there", () => {
    for (const name of Object.keys(DECODERS)) {
      const [path = "", exported = ""] = name.split(" ");
      const source = sources.find((file) => file.path === path)?.text ?? "";
      expect({ name, there: new RegExp(`^export .*\\b${exported}\\b`, "m").test(source) }).toEqual({
        name,
        there: true,
      });
    }
  });

  test.each([
    "export function decodeThing(bytes: Uint8Array): Thing {",
    "export async function readThing(\n  options: { a: () => void },\n  text: string,\n): Promise<Thing> {",
    "export async function* readThings(text: string | Uint8Array): AsyncGenerator<Thing> {",
    "export const parseThing = (value: unknown): Thing => value;",
    "export function parseThing<T extends () => void>(lines: readonly string[]): T {",
  ])("would miss none: %j", (line) => {
    expect(decodersIn(line)).toHaveLength(1);
  });

  test.each([
    "function decodeThing(bytes: Uint8Array): Thing {",
    "export function readThing(shelf: Shelf, limit: number): Thing {",
    "export function thing(bytes: Uint8Array): Thing {",
  ])("takes nothing else for one: %j", (line) => {
    expect(decodersIn(line)).toEqual([]);
  });
});

/** Names of exported functions that read bytes, text or unknown values: told by their name and their parameters. */
function decodersIn(source: string): readonly string[] {
  const starts = source.matchAll(
    /^export (?:async )?(?:function\*? |const )((?:decode|parse|read|unpack)[A-Z]\w*|\w+To(?:Seed|Share)|from(?:Hex|Base32|Utf8)|linesOf)\b/gm,
  );
  return [...starts]
    .filter(({ index, 0: start }) => {
      const after = source.slice(index + start.length).replace(/^ = (async )?/, "");
      // Of a type parameter only its end matters: the parameters follow it.
      const open = after.startsWith("<") ? after.indexOf(">(") + 1 : 0;
      return (
        after[open] === "(" &&
        /: (Uint8Array|unknown|string|readonly string\[\]|Socket|VerifiedRecord)(?!\w)/.test(
          inBrackets(after.slice(open)),
        )
      );
    })
    .map(([, name = ""]) => name);
}

/** What stands between the first bracket and the one that closes it. */
function inBrackets(text: string): string {
  let depth = 0;
  for (const [at, sign] of Array.from(text).entries()) {
    if (sign === "(") depth += 1;
    if (sign === ")" && --depth === 0) return text.slice(0, at);
  }
  return text;
}

type Outcome = { readonly ms: number } & ({ readonly value: unknown } | { readonly code: ErrorCode });

async function outcomeOf(read: Decoder["read"], input: Uint8Array): Promise<Outcome> {
  // Time of this process: what else the machine does is not the decoder's fault.
  const started = process.cpuUsage();
  const msSince = (): number => {
    const { user, system } = process.cpuUsage(started);
    return (user + system) / 1_000;
  };
  try {
    const value = await read(input);
    return { ms: msSince(), value };
  } catch (cause) {
    const ms = msSince();
    if (cause instanceof TocsinError) return { ms, code: cause.code };
    throw new Error(`no refusal by code for ${toHex(input.slice(0, 200))}`, { cause });
  }
}

function memory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function attempt<T>(read: () => T, expected: new (...of: never[]) => Error = TocsinError): T | undefined {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof expected) return undefined;
    throw cause;
  }
}

function refused(): never {
  throw new TocsinError("INPUT_INVALID", "refused");
}

function some<T>(list: readonly T[]): T {
  const [first] = list;
  if (first === undefined) throw new Error("there is none");
  return first;
}

/** The bytes as a stream hands them over, in chunks of uneven length. */
function streamOf(bytes: Uint8Array): PassThrough {
  const stream = new PassThrough();
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 3) % 97)
    stream.write(bytes.subarray(at, at + size));
  return stream.end();
}

/** What the frames of a stream are that ends after these bytes; the stream of libp2p is played by its events. */
async function framesOf(bytes: Uint8Array): Promise<readonly Uint8Array[]> {
  const events = new EventTarget();
  const stream = Object.assign(events, {
    ...{ status: "open", readStatus: "readable", readBufferLength: 0 },
    ...{ abort: () => undefined, pause: () => undefined, resume: () => undefined },
  });
  await using frames = new FrameStream(stream as unknown as Stream, {
    sent: () => undefined,
    received: () => undefined,
  });
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 3) % 97) {
    events.dispatchEvent(Object.assign(new Event("message"), { data: bytes.subarray(at, at + size) }));
  }
  events.dispatchEvent(new Event("end"));
  const all: Uint8Array[] = [];
  for (;;) {
    const some = await frames.readSome();
    if (some.length === 0) return all;
    all.push(...some);
  }
}

type FileSample = {
  readonly bytes: Uint8Array;
  readonly with: <T>(bytes: Uint8Array, read: (path: string) => Promise<T>) => Promise<T>;
};

/** A private file as the program writes it, and the same path with other bytes. */
async function fileFor(name: string, make: (path: string) => Promise<void>): Promise<FileSample> {
  const path = folder.at(name);
  await make(path);
  return {
    bytes: Uint8Array.from(readFileSync(path)),
    with: async (bytes, read) => {
      await writeFile(path, bytes);
      return read(path);
    },
  };
}

/** Records of every kind that a circle makes. */
async function samplesOfACircle(): Promise<{
  readonly acme: ReturnType<typeof party>;
  readonly circle: typeof circle;
  readonly records: readonly VerifiedRecord[];
}> {
  const [acme, borealis, cygnus] = [party("acme"), party("borealis"), party("cygnus")];
  const circle = await circleOfParties([acme, borealis, cygnus]);
  await promote(acme.rooms, circle, memberId(borealis.rooms.me.certificate.memberKey));
  await remove(acme.rooms, circle, cygnus.rooms.me.id);
  await says(acme, circle, "a post", "another");
  const envelopes = await allOf(acme, circle);
  return { acme, circle, records: envelopes.map((bytes) => decodeEnvelope(bytes) as VerifiedRecord) };
}

function changesOf(by: typeof acme): readonly RosterChange[] {
  const [org, node, transport] = [random(32), random(32), random(32)].map(keys.signingKeyFromSeed);
  if (!org || !node || !transport) throw new Error("three keys were made");
  const fields = { org: "acme", memberKey: node.publicKey, notBefore: 1, notAfter: 2 };
  const issued = keys.issueCertificate({ org, transport }, fields);
  const prekey = signPrekey(samples.circle, node, { suite: 1, publicKey: random(32) });
  const [member, freeze] = [memberId(node.publicKey), recordId(random(32))];
  const cuts = [{ lane, length: 3 }];
  const enrolled = { circle: samples.circle, certificate: issued, replaces: [memberId(random(32))] };
  const retired = { circle: samples.circle, org: orgId(org.publicKey), members: [member] };
  const vouch: RosterChange = { op: "vouch", org: retired.org };
  const forked = forgeClear(by, draftOf(by, samples.circle, "roster"), encodeChange(vouch));
  const other = forgeClear(by, draftOf(by, samples.circle, "roster"), encodeChange(vouch));
  const proof = proofOf(forked, other);
  if (!proof) throw new Error("two records at one place prove a fork");
  return [
    vouch,
    { op: "demote", member },
    { op: "leave" },
    { op: "merge" },
    { op: "policy", base: freeze, policy: { ...defaultPolicy, history: 1_764_000_000_000 } },
    { op: "freeze", member, until: 1_764_000_000_000, reason: "odd logins" },
    { op: "lift", freeze },
    { op: "confirm", freeze, until: 1_764_000_000_000 },
    {
      ...{ op: "enrol", member: { certificate: issued, prekey }, replaces: enrolled.replaces, cuts },
      consent: signEnrol(enrolled, org),
    },
    { op: "retire", org: retired.org, members: retired.members, cuts, consent: signRetire(retired, org) },
    { op: "fork", proof, carried: [forked.id, other.id], records: [] },
  ];
}

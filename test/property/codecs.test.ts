// What is encoded decodes to the same, and every value has exactly one encoding.

import { seededRandom } from "../help/seeded-random.ts";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  concat,
  equalBytes,
  fromBase32,
  fromHex,
  fromUtf8,
  toBase32,
  toHex,
  u32,
  u48,
  utf8,
} from "../../src/base/bytes.ts";
import { type Cbor, decodeAny, decodeCbor, encodeAny, encodeCbor } from "../../src/base/cbor.ts";
import { readCommon } from "../../src/base/cbor-pass.ts";
import { limits } from "../../src/base/limits.ts";
import type { RosterChange } from "../../src/circle/change.ts";
import { decodeChange, encodeChange } from "../../src/circle/change-codec.ts";
import {
  decodeAddresses,
  decodeInvite,
  encodeAddresses,
  encodeInvite,
  type InviteNotice,
} from "../../src/circle/notice.ts";
import { parsePrekey, prekeyId, signPrekey } from "../../src/circle/prekey.ts";
import { parseTicket, printTicket } from "../../src/circle/ticket.ts";
import {
  ALERT_STATUSES,
  CERTAINTIES,
  EXPLOITED,
  INCIDENT_STATUSES,
  INDICATOR_TYPES,
  type PostBody,
  SEVERITIES,
  URGENCIES,
  VERDICTS,
} from "../../src/record/body.ts";
import { packContent, unpackContent } from "../../src/record/content.ts";
import { laneFor, circleId, laneId, memberId, orgId, recordId, ticketId } from "../../src/record/ids.ts";
import { PAP_LEVELS, TLP_LEVELS } from "../../src/record/marking.ts";
import { decodePost, encodePost } from "../../src/record/parse-body.ts";
import { RECORD_KINDS } from "../../src/record/record.ts";
import { decodeEnvelope, encodeContext, encodeEnvelope, encodeHeader, hashPayload } from "../../src/record/wire.ts";
import { decodeKeyring, encodeKeyring, type HeldEpoch, type HeldPrekey } from "../../src/seal/keyring.ts";
import { closePolicy, party } from "../help/memory-rooms.ts";

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const moment = fc.nat(8.64e15);
const text = fc.string({ unit: "grapheme", maxLength: 40 });
/** A record of `fields`, each of which may be absent. */
const some = (fields: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<object> =>
  fc.record(fields, { requiredKeys: [] });

describe("deterministic CBOR", () => {
  const value: fc.Arbitrary<Cbor> = fc.letrec<{ any: Cbor }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.oneof(
        fc.constant(null),
        fc.boolean(),
        fc.maxSafeInteger(),
        fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Object.is(n, -0)),
        text,
        fc.uint8Array({ maxLength: 40 }),
      ),
      fc.array(tie("any"), { maxLength: 5 }),
      fc.dictionary(
        text.filter((key) => key !== "__proto__"),
        tie("any"),
        { maxKeys: 5, noNullPrototype: true },
      ),
    ),
  })).any;

  test("gives every value back", () => {
    fc.assert(
      fc.property(value, (one) => {
        expect(decodeCbor(encodeCbor(one), 100_000)).toEqual(one);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  test("is written the same in one pass and by the library", () => {
    fc.assert(
      fc.property(value, (one) => {
        expect(encodeCbor(one)).toEqual(encodeAny(one));
      }),
      { numRuns: 2_000, seed: 2 },
    );
    for (const edge of [0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, -0, -1])
      expect(encodeCbor([edge])).toEqual(encodeAny([edge]));
    for (const length of [23, 24, 255, 256, 65_535, 65_536])
      expect(encodeCbor(["x".repeat(length), new Uint8Array(length)])).toEqual(
        encodeAny(["x".repeat(length), new Uint8Array(length)]),
      );
  });

  test("is read in one pass only where the library reads the same", () => {
    let read = 0;
    const agree = (bytes: Uint8Array): void => {
      const common = readCommon(bytes, limits.cborDepthMax);
      if (common === undefined) return;
      read += 1;
      expect(decodeAny(bytes)).toEqual(common);
    };
    const head = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(fc.array(head, { maxLength: 12 }), (some) => agree(Uint8Array.from(some))),
      {
        numRuns: 20_000,
        seed: 3,
      },
    );
    // One byte of a true encoding is another, or it is cut or longer.
    fc.assert(
      fc.property(value, fc.nat(), head, fc.integer({ min: -2, max: 2 }), (one, place, byte, longer) => {
        const bytes = encodeAny(one);
        const harmed = new Uint8Array(Math.max(0, bytes.length + longer));
        harmed.set(bytes.subarray(0, harmed.length));
        agree(bytes);
        agree(harmed);
        harmed[place % Math.max(1, harmed.length)] = byte;
        agree(harmed);
      }),
      { numRuns: 5_000, seed: 4 },
    );
    for (const depth of [11, 12, 13, 14]) {
      const bytes = Uint8Array.from([...Array.from({ length: depth }, () => 0x81), 0x00]);
      expect(readCommon(bytes, limits.cborDepthMax) !== undefined).toBe(depth <= limits.cborDepthMax);
      agree(bytes);
    }
    expect(read).toBeGreaterThan(2_000);
  });
});

describe("bytes as text and numbers", () => {
  test("come back", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 70 }),
        text,
        fc.nat(2 ** 31),
        fc.nat(2 ** 48 - 1),
        (some, words, small, large) => {
          expect(fromHex(toHex(some))).toEqual(some);
          expect(fromBase32(toBase32(some))).toEqual(some);
          expect(fromBase32(toBase32(some).toLowerCase().replaceAll("0", "o").replaceAll("1", "l"))).toEqual(some);
          expect(fromUtf8(utf8(words))).toBe(words);
          expect(equalBytes(concat(some, u32(small)), some)).toBe(false);
          expect(Number.parseInt(toHex(u32(small)), 16)).toBe(small);
          expect(Number.parseInt(toHex(u48(large)), 16)).toBe(large);
        },
      ),
      { numRuns: 200, seed: 3 },
    );
  });
});

describe("a record", () => {
  const header = fc.record({
    ...{ circle: bytes(32).map(circleId), author: bytes(32).map(memberId), lane: bytes(16).map(laneId), at: moment },
    ...{
      seq: fc.nat(1e9),
      prev: bytes(32).map(recordId),
      kind: fc.constantFrom(...RECORD_KINDS),
      epoch: bytes(32).map(recordId),
    },
    rosterHeads: fc
      .uniqueArray(bytes(32).map(recordId), { maxLength: limits.rosterHeadsMax })
      .map((heads) => heads.sort()),
    ...{ exercise: fc.boolean(), commitment: bytes(32), nonce: bytes(24) },
  });
  const parts = fc.record({
    signature: bytes(64),
    payload: fc.uint8Array({ maxLength: 300 }),
    wraps: fc.array(fc.uint8Array({ maxLength: 90 }), { minLength: 1, maxLength: 4 }),
  });

  test("comes back with every field, and its id is of its header alone", () => {
    fc.assert(
      fc.property(header, parts, ({ nonce, ...fields }, { signature, payload, wraps }) => {
        const post = fields.kind === "post";
        const context = {
          ...fields,
          prev: fields.seq === 0 ? undefined : fields.prev,
          epoch: post ? fields.epoch : undefined,
        };
        const carried = fields.kind === "epoch" ? wraps : [];
        const payloadHash = hashPayload(payload, carried);
        const sealNonce = post ? nonce : new Uint8Array(0);
        const headerBytes = encodeHeader(encodeContext(context), sealNonce, payloadHash);
        const envelope = encodeEnvelope({ headerBytes, signature, payload, wraps: carried });
        const record = decodeEnvelope(envelope);
        expect(record.header).toEqual({ ...context, nonce: sealNonce, payloadHash });
        expect(record).toMatchObject({ headerBytes, signature, payload, wraps: carried, bytes: envelope });
        const resigned = decodeEnvelope(
          encodeEnvelope({ headerBytes, signature: new Uint8Array(64), payload, wraps: carried }),
        );
        expect(resigned.id).toBe(record.id);
      }),
      { numRuns: 200, seed: 4 },
    );
  });

  test("hides the length of its body up to a step of 256 bytes", () => {
    fc.assert(
      fc.property(fc.nat(2_000), bytes(32), (length, salt) => {
        const packed = packContent({ salt, body: new Uint8Array(length).fill(7) }, limits.paddingStepBytes);
        expect(packed.length).toBe(Math.ceil((36 + length) / 256) * 256);
        expect(unpackContent(packed)).toEqual({ salt, body: new Uint8Array(length).fill(7) });
      }),
      { numRuns: 200, seed: 5 },
    );
  });
});

describe("a body", () => {
  const marked = { tlp: fc.constantFrom(...TLP_LEVELS), seat: text };
  const marks = { pap: fc.constantFrom(...PAP_LEVELS), auto: fc.boolean(), expires: moment };
  const told = {
    ...marked,
    indicators: fc.array(
      fc.record({ type: fc.constantFrom(...INDICATOR_TYPES), value: text.filter((value) => value !== "") }),
      { maxLength: 4 },
    ),
    techniques: fc.array(fc.constantFrom("T1110", "T1110.003", "TA0006", "G0016"), { maxLength: 3 }),
  };
  const words = { title: text, text };
  const re = bytes(32).map(recordId);
  const seen = some({ first: moment, last: moment, count: fc.nat(999_999_999) });
  const join = <T extends object>(
    kind: string,
    must: fc.Arbitrary<T>,
    may: fc.Arbitrary<object>,
  ): fc.Arbitrary<PostBody> =>
    fc.tuple(must, may).map(([left, right]) => ({ kind, ...left, ...right }) as unknown as PostBody);
  const severity = fc.constantFrom(...SEVERITIES);
  const line = text.filter((value) => value !== "");
  const links = fc.uniqueArray(bytes(32).map(recordId), { minLength: 1, maxLength: 4 }).map((ids) => ids.sort());
  const who = fc.uniqueArray(bytes(32).map(orgId), { minLength: 1, maxLength: 4 }).map((orgs) => orgs.sort());
  const amendable = fc.oneof(
    join("sighting", fc.record(told), some({ ...marks, ...words, re, seen, confidence: fc.nat(100), source: text })),
    join(
      "alert",
      fc.record({
        ...told,
        severity,
        urgency: fc.constantFrom(...URGENCIES),
        certainty: fc.constantFrom(...CERTAINTIES),
      }),
      fc.oneof(
        some({ ...marks, ...words, ackBy: moment, need: fc.integer({ min: 1, max: limits.membersMax }) }),
        some({ ...marks, who, status: fc.constantFrom(...ALERT_STATUSES) }),
      ),
    ),
    join("ask", fc.record(told), some({ ...marks, ...words, closes: moment })),
    join(
      "answer",
      fc.oneof(
        fc.record({
          ...marked,
          re,
          answer: fc.constantFrom("yes", "unsure"),
          state: fc.constantFrom("seen", "contained"),
        }),
        fc.record({ ...marked, re, answer: fc.constantFrom("no", "unsure"), state: fc.constant("not-seen") }),
        fc.record({ ...marked, re, answer: fc.constantFrom(...VERDICTS) }),
      ),
      some({ ...marks, text, searched: some({ from: moment, to: moment, scope: line }) }),
    ),
    join("reply", fc.record({ ...marked, re, text }), some(marks)),
    join("note", fc.record(told), some({ ...marks, ...words, re })),
    join("incident", fc.record({ ...told, title: line, severity }), some({ ...marks, text })),
    join(
      "update",
      fc.record({ ...marked, re }),
      some({ ...marks, text, links, status: fc.constantFrom(...INCIDENT_STATUSES), decision: fc.constant(true) }),
    ),
    join(
      "vuln",
      fc.record({ ...told, product: line, severity, exploited: fc.constantFrom(...EXPLOITED) }),
      some({ ...marks, ...words, versions: line, fixed: line }),
    ),
    join("msg", fc.record({ ...marked, text }), some({ ...marks, re })),
  );
  const body = fc.oneof(
    amendable,
    join("ack", fc.record({ ...marked, re }), some({ ...marks, note: text })),
    join("nudge", fc.record({ ...marked, re }), some(marks)),
    join("retract", fc.record({ ...marked, re }), some({ ...marks, why: text })),
    fc
      .tuple(amendable, join("amend", fc.record({ ...marked, re }), some({ ...marks, why: text })))
      .map(([now, outer]) => ({ ...outer, tlp: now.tlp, now }) as PostBody),
  );

  test("comes back", () => {
    fc.assert(
      fc.property(body, (one) => {
        expect(decodePost(encodePost(one))).toEqual(one);
        // Whoever spools a post looks at this alone where it is far from too large.
        expect(encodePost(one).length).toBeLessThanOrEqual(utf8(JSON.stringify(one)).length);
      }),
      { numRuns: 300, seed: 6 },
    );
  });
});

describe("control statements", () => {
  const circle = circleId(new Uint8Array(32).fill(9));
  const { me } = party("acme").rooms;
  const prekeys = [
    signPrekey(circle, me.key, { suite: 1, publicKey: new Uint8Array(32).fill(4) }),
    signPrekey(circle, me.key, { suite: 2, publicKey: new Uint8Array(1_216).fill(4) }),
  ];
  const admission = fc.constantFrom(...prekeys).map((prekey) => ({ certificate: me.certificate, prekey }));
  const member = bytes(32).map(memberId);
  const change: fc.Arbitrary<RosterChange> = fc.oneof(
    fc.record({
      op: fc.constant("genesis" as const),
      name: text.filter((name) => name !== ""),
      nonce: bytes(32),
      policy: fc.constant(closePolicy),
      founder: admission,
    }),
    fc.record({
      op: fc.constant("add" as const),
      member: admission,
      lane: fc.constant(laneFor(me.id, seededRandom("lane"))),
      ticket: fc.option(bytes(32).map(ticketId), { nil: undefined }),
    }),
    fc.record({
      op: fc.constant("remove" as const),
      member,
      cuts: fc.array(fc.record({ lane: bytes(16).map(laneId), length: fc.nat() }), { maxLength: 4 }),
    }),
    fc.record({ op: fc.constant("promote" as const), member }),
  );

  test("come back: membership changes and prekeys", () => {
    fc.assert(
      fc.property(change, (one) => {
        expect(decodeChange(encodeChange(one), circle)).toEqual(one);
      }),
      { numRuns: 60, seed: 7 },
    );
    for (const prekey of prekeys) expect(parsePrekey(prekey.bytes, circle)).toEqual(prekey);
  });

  test("come back: invitations and addresses", () => {
    const ticket = bytes(32).map(ticketId);
    const notice: fc.Arbitrary<InviteNotice> = fc.oneof(
      fc.record({ op: fc.constant("open" as const), ticket, for: text, expires: moment }),
      fc.record({ op: fc.constant("revoke" as const), ticket }),
    );
    const addresses = fc.array(
      fc.ipV4().map((host) => `/ip4/${host}/tcp/7443`),
      { maxLength: limits.addressesPerMemberMax },
    );
    fc.assert(
      fc.property(notice, addresses, fc.boolean(), (one, many, relay) => {
        expect(decodeInvite(encodeInvite(one))).toEqual(one);
        const reach = { addresses: many, relay };
        expect(decodeAddresses(encodeAddresses(reach))).toEqual(reach);
      }),
      { numRuns: 100, seed: 8 },
    );
  });
});

describe("a ticket", () => {
  /** One spelling of a multiaddr: an IPv6 host has many. */
  const plainly = (address: string): string => {
    const host = /^\/ip6\/([^/]+)/.exec(address)?.[1];
    return host === undefined ? address : address.replace(host, new URL(`http://[${host}]/`).hostname.slice(1, -1));
  };
  const port = fc.integer({ min: 1, max: 65_535 });
  const address = fc.oneof(
    fc.tuple(fc.ipV4(), port).map(([host, at]) => `/ip4/${host}/tcp/${at}`),
    fc
      .tuple(
        fc.ipV6().filter((host) => !host.includes(".")),
        port,
      )
      .map(([host, at]) => `/ip6/${host}/tcp/${at}`),
    fc
      .tuple(
        fc.constantFrom("dns", "dns4", "dns6"),
        fc.constantFrom("a.example", "tocsin.security.northwind.example"),
        port,
      )
      .map(([kind, host, at]) => `/${kind}/${host}/tcp/${at}`),
  );
  const responder = fc.record({ hash: bytes(16), addresses: fc.tuple(address) });
  const ticket = fc.record({
    circlePrefix: bytes(16),
    secret: bytes(16),
    expires: fc.nat(2 ** 31).map((s) => s * 1_000),
    responders: fc.tuple(responder),
  });

  test("comes back from its line, however the line was wrapped and cased", () => {
    fc.assert(
      fc.property(ticket, fc.nat(100), (one, at) => {
        const line = printTicket(one);
        expect(line.length).toBeLessThanOrEqual(limits.ticketCharsMax);
        const read = parseTicket(` ${line.slice(0, at)}\n  ${line.slice(at).toLowerCase()} `);
        const plain = (from: typeof one | typeof read): unknown => ({
          ...from,
          responders: from.responders.map(({ hash, addresses }) => ({ hash, addresses: addresses.map(plainly) })),
        });
        expect(plain(read)).toEqual(plain(one));
      }),
      { numRuns: 300, seed: 9 },
    );
  });
});

describe("a keyring", () => {
  const circle = bytes(32).map(circleId);
  const supersededAt = fc.option(moment, { nil: undefined });
  const epoch: fc.Arbitrary<HeldEpoch> = fc.record({
    circle,
    id: bytes(32).map(recordId),
    secret: bytes(32),
    firstSeenAt: moment,
    supersededAt,
  });
  const prekey: fc.Arbitrary<HeldPrekey> = fc.record({
    circle,
    id: bytes(32).map(prekeyId),
    suite: fc.constantFrom(1, 2),
    keys: fc.record({ publicKey: bytes(32), privateKey: bytes(32) }),
    madeAt: moment,
    supersededAt,
  });

  test("comes back", () => {
    fc.assert(
      fc.property(fc.array(epoch, { maxLength: 6 }), fc.array(prekey, { maxLength: 6 }), (epochs, prekeys) => {
        const keyring = {
          epochs: new Map(epochs.map((held) => [held.id, held])),
          prekeys: new Map(prekeys.map((held) => [held.id, held])),
        };
        expect(decodeKeyring(encodeKeyring(keyring))).toEqual(keyring);
      }),
      { numRuns: 50, seed: 10 },
    );
  });
});

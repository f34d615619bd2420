// The known answers of docs/protocol.md: records, keys, tickets and rosters from fixed seeds and a fixed time. Another
// implementation that gives these bytes speaks the protocol. It must stay deterministic.

import { signingKeyFromSeed } from "../../keys/index.ts";
import { fromHex, toHex, utf8 } from "../../src/base/bytes.ts";
import { commitmentTo, safetyWords, type Side } from "../../src/circle/safety-words.ts";
import { emptyMemo, evaluate } from "../../src/circle/evaluate.ts";
import type { RosterChange } from "../../src/circle/change.ts";
import { encodeChange } from "../../src/circle/change-codec.ts";
import { parseTicket, printTicket, responderHash, ticketIdOf, ticketSeed } from "../../src/circle/ticket.ts";
import { commitTo } from "../../src/record/content.ts";
import { circleId, laneFor, memberId, type RecordId, recordId, transportId } from "../../src/record/ids.ts";
import { encodePost } from "../../src/record/parse-body.ts";
import { type Draft, signClear } from "../../src/record/sign.ts";
import type { SignedRecord } from "../../src/record/record.ts";
import { encodeContext } from "../../src/record/wire.ts";
import { authorKeys, hedgedNonce } from "../../src/seal/author-key.ts";
import { sealPost } from "../../src/seal/seal.ts";
import { MORNING } from "../help/records.ts";
import {
  adds,
  demotes,
  enrols,
  freezes,
  genesisBy,
  graphOf,
  leaves,
  lifts,
  opOf,
  promotes,
  removes,
  retires,
  sets,
  type Told,
  toOp,
  vouches,
} from "../help/roster-graph.ts";
import { seededRandom } from "../help/seeded-random.ts";
import { auditVectors } from "./audit-vectors.ts";
import { bodyVectors } from "./body-vectors.ts";
import wraps from "./epoch-wraps.json" with { type: "json" };

const random = (name: string): ReturnType<typeof seededRandom> => seededRandom(`tocsin vectors: ${name}`);
const key = signingKeyFromSeed(random("member key")(32));
const author = memberId(key.publicKey);
const circle = circleId(random("circle")(32));
const lane = laneFor(author, random("lane"));
const heads: readonly RecordId[] = [recordId(random("head 0")(32)), recordId(random("head 1")(32))].sort();
const secret = random("epoch secret")(32);
const body = {
  kind: "sighting",
  tlp: "amber",
  seat: "kim",
  text: "seen",
  indicators: [{ type: "ip", value: "203.0.113.24" }],
  techniques: ["T1110.003"],
} as const;

function draft(kind: Draft["kind"], seq: number, epoch?: RecordId): Draft {
  const prev = seq === 0 ? undefined : recordId(random("previous record")(32));
  return { circle, kind, author, lane, seq, prev, rosterHeads: heads, epoch, exercise: false, at: MORNING };
}

const LINE_CHARS = 120;

/** JSON as the formatter leaves it: a list of texts stands on one line where it fits. */
function show(value: unknown): string {
  const lists = /^( *(?:"\w+": )?)\[\n((?: *"[^"\n]*",?\n)+) *\](,?)$/gm;
  const text = JSON.stringify(value, null, 2).replaceAll(lists, (all, before: string, items: string, end: string) => {
    const line = `${before}[${items.trim().replaceAll(/\n\s*/g, " ")}]${end}`;
    return line.length <= LINE_CHARS ? line : all;
  });
  return `${text}\n`;
}

function described(name: string, record: SignedRecord): Readonly<Record<string, unknown>> {
  const { header } = record;
  return {
    name,
    header: {
      ...header,
      prev: header.prev ?? null,
      epoch: header.epoch ?? null,
      commitment: toHex(header.commitment),
      nonce: toHex(header.nonce),
      payloadHash: toHex(header.payloadHash),
    },
    context: toHex(record.sealedContext),
    headerBytes: toHex(record.headerBytes),
    recordId: record.id,
    signature: toHex(record.signature),
    envelope: toHex(record.bytes),
  };
}

function records(): { readonly post: SignedRecord; readonly control: SignedRecord; readonly epoch: SignedRecord } {
  const epochId = recordId(random("epoch")(32));
  const { record: post } = sealPost(draft("post", 7, epochId), encodePost(body), {
    secret,
    key,
    random: random("post"),
  });
  const control = signClear(
    draft("roster", 0),
    { bytes: encodeChange(promotes("bob")) },
    { key, random: random("control") },
  );
  // HPKE draws its own randomness, so the wraps were made once and are stored; the epoch around them is fixed.
  const epochBody = {
    bytes: fromHex(wraps.body) ?? new Uint8Array(0),
    wraps: wraps.wraps.map((wrap) => fromHex(wrap) ?? new Uint8Array(0)),
  };
  const epoch = signClear(draft("epoch", 1), epochBody, { key, random: random("epoch record") });
  return { post, control, epoch };
}

function headerVectors(): string {
  const { post, control } = records();
  return show(
    [described("sealed post", post), described("clear control record at the start of a lane", control)].map(
      (record) => ({ ...record, envelope: undefined }),
    ),
  );
}

function envelopeVectors(): string {
  const { post, control, epoch } = records();
  return show([
    {
      ...described("post", post),
      seed: toHex(random("member key")(32)),
      epochSecret: toHex(secret),
      body: toHex(encodePost(body)),
    },
    { ...described("control", control), body: toHex(encodeChange(promotes("bob"))) },
    { ...described("epoch", epoch), body: wraps.body, wraps: wraps.wraps },
  ]);
}

function keyVectors(): string {
  const content = { salt: random("salt")(32), body: utf8("body") };
  const keys = authorKeys(secret, author, lane);
  const fresh = random("fresh")(32);
  const context = encodeContext({ ...draft("post", 7, heads[0]), commitment: commitTo(content) });
  return show({
    commitment: { salt: toHex(content.salt), body: toHex(content.body), commitment: toHex(commitTo(content)) },
    lane: { author, random: toHex(random("lane")(8)), lane },
    authorKeys: {
      epochSecret: toHex(secret),
      author,
      lane,
      cipherKey: toHex(keys.cipherKey),
      nonceKey: toHex(keys.nonceKey),
    },
    nonce: {
      nonceKey: toHex(keys.nonceKey),
      fresh: toHex(fresh),
      context: toHex(context),
      nonce: toHex(hedgedNonce(keys.nonceKey, fresh, context)),
    },
  });
}

function ticketVectors(): string {
  const hashes = ["first", "second"].map((name) => responderHash(transportId(random(`${name} responder`)(32))));
  const addresses = [
    ["/ip4/203.0.113.24/tcp/7443", "/ip6/2001:db8:0:0:0:0:0:1/tcp/7443"],
    ["/dns4/a.example/tcp/7443"],
  ];
  const one = (count: number): unknown => {
    const responders = hashes
      .slice(0, count)
      .map((hash, at) => ({ hash, addresses: (addresses[at] ?? []).slice(0, 3 - count) }));
    const line = printTicket({
      circlePrefix: random("circle")(16),
      secret: random("ticket secret")(16),
      expires: MORNING,
      responders,
    });
    const ticket = parseTicket(line);
    return {
      line,
      circlePrefix: toHex(ticket.circlePrefix),
      secret: toHex(ticket.secret),
      seed: toHex(ticketSeed(ticket.secret)),
      ticketId: ticketIdOf(ticket.secret),
      expires: ticket.expires,
      responders: ticket.responders.map(({ hash, addresses: at }) => ({ hash: toHex(hash), addresses: at })),
    };
  };
  return show([one(1), one(2)]);
}

const start: readonly Told[] = [
  { name: "g", by: "ann", after: [], does: genesisBy("ann") },
  { name: "b", by: "ann", after: ["g"], does: adds("bob") },
  { name: "c", by: "ann", after: ["b"], does: adds("carl") },
  { name: "p", by: "ann", after: ["c"], does: promotes("bob") },
];
const stories: Readonly<Record<string, readonly Told[]>> = {
  "a founder, a steward and a member": [],
  "a member that is no steward removes another": [{ name: "x", by: "carl", after: ["p"], does: removes("bob") }],
  "a removal annuls what its target did meanwhile": [
    { name: "r", by: "ann", after: ["p"], does: removes("bob") },
    { name: "d", by: "bob", after: ["p"], does: adds("dora") },
  ],
  "two stewards remove each other": [
    { name: "x", by: "ann", after: ["p"], does: removes("bob") },
    { name: "y", by: "bob", after: ["p"], does: removes("ann") },
  ],
  "what rests on an annulled promotion": [
    { name: "r", by: "ann", after: ["p"], does: removes("bob") },
    { name: "q", by: "bob", after: ["p"], does: promotes("carl") },
    { name: "d", by: "carl", after: ["q"], does: adds("dora") },
  ],
  "a removal against a concurrent re-addition": [
    { name: "x", by: "ann", after: ["p"], does: removes("carl") },
    { name: "y", by: "ann", after: ["x"], does: adds("carl") },
    { name: "z", by: "bob", after: ["p"], does: removes("carl") },
  ],
  "a re-addition that saw the removal": [
    { name: "x", by: "ann", after: ["p"], does: removes("carl") },
    { name: "y", by: "bob", after: ["x"], does: adds("carl") },
  ],
  "one ticket used on two sides": [
    { name: "x", by: "ann", after: ["p"], does: adds("dora", "t") },
    { name: "y", by: "bob", after: ["p"], does: adds("emil", "t") },
  ],
  "two votes against one of three stewards": [
    { name: "q", by: "ann", after: ["p"], does: promotes("carl") },
    { name: "x", by: "carl", after: ["q"], does: removes("bob") },
    { name: "y", by: "ann", after: ["q"], does: removes("bob") },
  ],
  "a demotion annuls what took a steward": [
    { name: "x", by: "ann", after: ["p"], does: demotes("bob") },
    { name: "d", by: "bob", after: ["p"], does: adds("dora") },
  ],
  "both stewards leave at once": [
    { name: "x", by: "ann", after: ["p"], does: leaves },
    { name: "y", by: "bob", after: ["p"], does: leaves },
  ],
  "an admission that waits for a vouch": [
    { name: "r", by: "ann", after: ["p"], does: sets("g", { vouches: 2 }) },
    { name: "d", by: "ann", after: ["r"], does: adds("dora") },
    { name: "v", by: "carl", after: ["r"], does: vouches("dora") },
    { name: "e", by: "bob", after: ["r"], does: adds("emil") },
  ],
  "members make a steward": [
    { name: "r", by: "ann", after: ["p"], does: sets("g", { refound: 2 }) },
    { name: "d", by: "ann", after: ["r"], does: adds("dora") },
    { name: "x", by: "carl", after: ["d"], does: promotes("carl") },
    { name: "y", by: "dora", after: ["d"], does: promotes("carl") },
  ],
  "a successor against what the old key did meanwhile": [
    { name: "e", by: "ann2", after: ["p"], does: enrols("ann2", "ann", "ann") },
    { name: "x", by: "ann", after: ["p"], does: removes("carl") },
  ],
  "an org withdraws one of its nodes": [
    { name: "e", by: "bob2", after: ["p"], does: enrols("bob2", "bob") },
    { name: "x", by: "bob2", after: ["e"], does: retires("bob", "bob") },
  ],
  "two sets of rules at once": [
    { name: "x", by: "ann", after: ["p"], does: sets("g", { vouches: 2 }) },
    { name: "y", by: "bob", after: ["p"], does: sets("g", { vouches: 3 }) },
  ],
  "a freeze that is lifted": [
    { name: "f", by: "carl", after: ["p"], does: freezes("bob", 3_600_000), at: 1 },
    { name: "l", by: "ann", after: ["f"], does: lifts("f"), at: 2 },
  ],
  "one signature against one of three stewards": [
    { name: "q", by: "ann", after: ["p"], does: promotes("carl") },
    { name: "x", by: "carl", after: ["q"], does: removes("bob") },
  ],
};

/** What an operation says, without keys: members and orgs are named by their ids. */
function said(told: Told): Readonly<Record<string, unknown>> {
  const op = toOp(told);
  const { change, id, author, lane: on, seq, at, parents } = op;
  return { id, author, lane: on, seq, at, parents, ...saidOf(change) };
}

function saidOf(change: RosterChange): Readonly<Record<string, unknown>> {
  if (change.op === "genesis" || change.op === "add" || change.op === "enrol") {
    const { certificate } = change.op === "genesis" ? change.founder : change.member;
    const more = change.op === "enrol" ? { replaces: change.replaces } : {};
    const ticket = change.op === "add" && change.ticket !== undefined ? { ticket: change.ticket } : {};
    const { memberKey, orgKey, org: name } = certificate;
    return { op: change.op, member: toHex(memberKey), org: toHex(orgKey), orgName: name, ...more, ...ticket };
  }
  if (change.op === "policy") {
    const { base, policy } = change;
    return { op: change.op, base, vouches: policy.vouches, refound: policy.refound, invite: policy.invite };
  }
  if (change.op === "fork")
    return { op: change.op, places: change.proof.headers.map(({ id }) => id), carries: change.carried };
  if (change.op === "retire") return { op: change.op, org: change.org, members: change.members };
  if (change.op === "remove") return { op: change.op, member: change.member };
  return { ...change };
}

function evaluateVectors(): string {
  return show(
    Object.entries(stories).map(([name, story]) => {
      const told = [...start, ...story];
      const graph = graphOf(told.map(toOp));
      const roster = evaluate(graph, graph.heads, emptyMemo());
      const names = new Map(told.map((one) => [opOf(one.name), one.name]));
      return {
        name,
        ops: told.map(said),
        heads: graph.heads,
        members: [...roster.members.values()]
          .map(({ id, seniority, admittedBy }) => ({ id, seniority: seniority ?? null, admittedBy }))
          .sort((left, right) => (left.id < right.id ? -1 : 1)),
        removed: [...roster.removed].map(([id, { op, how }]) => ({ id, op, how })),
        rekeys: roster.rekeys,
        policyBy: roster.policyBy,
        void: [...roster.void]
          .map(([op, why]) => ({ op, why, told: names.get(op) }))
          .sort((left, right) => (left.op < right.op ? -1 : 1)),
      };
    }),
  );
}

function safetyWordVectors(): string {
  const exchange = (name: string): Readonly<Record<string, unknown>> => {
    const side = (role: string): Side & { readonly nonce: Uint8Array } => {
      const org = signingKeyFromSeed(random(`${name}, org key of the ${role}`)(32)).publicKey;
      const member = signingKeyFromSeed(random(`${name}, member key of the ${role}`)(32)).publicKey;
      return { orgKey: org, member: memberId(member), nonce: random(`${name}, nonce of the ${role}`)(32) };
    };
    const [opener, answerer] = [side("opener"), side("answerer")];
    const told = ({ orgKey, member, nonce }: typeof opener): Readonly<Record<string, string>> => ({
      orgKey: toHex(orgKey),
      memberKey: member,
      nonce: toHex(nonce),
    });
    return {
      name,
      opener: told(opener),
      answerer: told(answerer),
      commitment: toHex(commitmentTo(opener.nonce, opener, answerer)),
      words: safetyWords(opener, answerer),
    };
  };
  return show(["first exchange", "second exchange"].map(exchange));
}

/** File name and text of every vector file. */
export function protocolVectors(): Readonly<Record<string, string>> {
  return {
    "header.json": headerVectors(),
    "envelope.json": envelopeVectors(),
    "keys.json": keyVectors(),
    "ticket.json": ticketVectors(),
    "evaluate.json": evaluateVectors(),
    "bodies.json": bodyVectors(show),
    "safety-words.json": safetyWordVectors(),
    ...auditVectors(show),
  };
}

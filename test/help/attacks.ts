// What a member with valid keys may send, one entry for each way of cheating: how it is made, and what every honest node says
// to it. test/fault/hostile-paths.test.ts sends each of them by each way in.

import { issueCertificate, signingKeyFromSeed } from "../../keys/index.ts";
import { encodeCbor } from "../../src/base/cbor.ts";
import { type ErrorCode } from "../../src/base/errors.ts";
import { limits } from "../../src/base/limits.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { Admission, RosterChange } from "../../src/circle/change.ts";
import { encodeChange } from "../../src/circle/change-codec.ts";
import { encodeLaneOpen } from "../../src/circle/notice.ts";
import { signPrekey } from "../../src/circle/prekey.ts";
import { signEnrol, signRetire } from "../../src/circle/statement.ts";
import { secretOf } from "../../src/node/epochs.ts";
import { promote, remove, shownEpoch } from "../../src/node/membership.ts";
import { ownLane } from "../../src/node/rooms.ts";
import { type CircleId, idBytes, laneFor, laneId, orgId, recordId } from "../../src/record/ids.ts";
import { encodePost } from "../../src/record/parse-body.ts";
import type { RecordKind, SignedRecord } from "../../src/record/record.ts";
import { type Draft, signRecord } from "../../src/record/sign.ts";
import { decodeEnvelope, encodeEnvelope, encodeHeader, signedMessage } from "../../src/record/wire.ts";
import { mintEpoch } from "../../src/seal/epoch.ts";
import { generateWrapKeys } from "../../src/seal/hpke.ts";
import { draftOf, forgeClear, forgePost, startOf, type Twist } from "./forge.ts";
import {
  admits,
  allOf,
  circleOfParties,
  closePolicy,
  hands,
  liveOf,
  type Party,
  party,
  prekeysOf,
  says,
  sync,
  words,
} from "./memory-rooms.ts";
import { MORNING } from "./records.ts";
import { seededRandom } from "./seeded-random.ts";

/** Acme is the steward; borealis an honest member; mallory the hostile one; eve was removed; dorado is in and holds nothing yet. */
export type Scene = {
  readonly circle: CircleId;
  readonly acme: Party;
  readonly borealis: Party;
  readonly mallory: Party;
  readonly eve: Party;
  readonly dorado: Party;
};

/** "reject": its sender is provably at fault. "ignore": nothing is proven. */
export type Answer =
  | { readonly refused: ErrorCode; readonly verdict: "reject" | "ignore" }
  /** Kept in its place, and without any effect. "placed": it stands in the graph, and is void. */
  | "kept"
  | "placed"
  | "gap"
  | "duplicate";

export type Attack = {
  readonly title: string;
  readonly answer: Answer;
  readonly makes: (scene: Scene) => Promise<readonly Uint8Array[]> | readonly Uint8Array[];
};

export async function sceneOf(): Promise<Scene> {
  const [acme, borealis, mallory, eve, dorado] = ["acme", "borealis", "mallory", "eve", "dorado"].map((name) =>
    party(name),
  );
  if (!acme || !borealis || !mallory || !eve || !dorado) throw new Error("five parties");
  const circle = await circleOfParties([acme, borealis, mallory, eve], { ...closePolicy, refound: 2 });
  await says(eve, circle, "eve was here");
  await sync(eve, acme, circle);
  await remove(acme.rooms, circle, eve.rooms.me.id);
  await admits(acme, dorado, circle);
  await says(acme, circle, "welcome");
  for (const to of [borealis, mallory]) await sync(acme, to, circle);
  await says(mallory, circle, "hello");
  for (const to of [acme, borealis]) await sync(mallory, to, circle);
  return { circle, acme, borealis, mallory, eve, dorado };
}

const bad = (refused: ErrorCode): Answer => ({ refused, verdict: "reject" });
const unproven = (refused: ErrorCode): Answer => ({ refused, verdict: "ignore" });
const bytesOf = (...records: readonly SignedRecord[]): readonly Uint8Array[] => records.map(({ bytes }) => bytes);

/** The next control record of mallory, or of another one of the scene. */
function tells(
  scene: Scene,
  kind: RecordKind,
  body: Uint8Array,
  { by = scene.mallory, wraps, ...twist }: Twist & { readonly by?: Party } = {},
): readonly Uint8Array[] {
  return bytesOf(forgeClear(by, draftOf(by, scene.circle, kind, twist), body, wraps));
}

const changes = (
  scene: Scene,
  change: RosterChange,
  twist: Twist & { readonly by?: Party } = {},
): readonly Uint8Array[] => tells(scene, "roster", encodeChange(change), twist);

/** The next record of mallory with some fields of its context as they are on the wire. */
function raw({ circle, mallory }: Scene, fields: Readonly<Record<number, unknown>>): readonly Uint8Array[] {
  const honest = forgeClear(mallory, draftOf(mallory, circle, "address"), encodeCbor([]));
  const names = [1, idBytes(circle), 4, idBytes(mallory.rooms.me.id), idBytes(honest.header.lane), honest.header.seq];
  const rest = [honest.header.prev ? idBytes(honest.header.prev) : null, honest.header.rosterHeads.map(idBytes)];
  const context = [...names, ...rest, null, 0, honest.header.at, honest.header.commitment].map((value, index) =>
    index in fields ? fields[index] : value,
  );
  const headerBytes = encodeHeader(encodeCbor(context as never), new Uint8Array(0), honest.header.payloadHash);
  const signature = mallory.rooms.me.key.sign(signedMessage(headerBytes));
  return [encodeEnvelope({ ...honest, headerBytes, signature })];
}

/** The place of a lane that mallory begins now, and what it had seen when it pretends to begin it. */
const freshLane = ({ mallory }: Scene): Pick<Draft, "lane" | "author" | "seq" | "prev"> =>
  startOf(mallory, laneFor(mallory.rooms.me.id, systemRandom));

async function admissionOf(scene: Scene, of: Party, suite: 1 | 2 = 1): Promise<Admission> {
  const { publicKey } = await generateWrapKeys(suite);
  return {
    certificate: of.rooms.me.certificate,
    prekey: signPrekey(scene.circle, of.rooms.me.key, { suite, publicKey }),
  };
}

/** The first record of a further lane of a party. */
function openingOf({ circle }: Scene, of: Party): SignedRecord {
  const { id: from, length, head } = ownLane(of.rooms, liveOf(of, circle));
  const place = startOf(of, laneFor(of.rooms.me.id, systemRandom));
  return forgeClear(of, draftOf(of, circle, "lane-open", place), encodeLaneOpen({ from, length, head }));
}

async function addition(scene: Scene, of: Party): Promise<RosterChange> {
  const member = await admissionOf(scene, of);
  return { op: "add", member, lane: laneFor(of.rooms.me.id, systemRandom), ticket: undefined };
}

/** The org key of a party: the keys of a party follow from its name. */
function orgKeyOf({ name }: Party): ReturnType<typeof signingKeyFromSeed> {
  return signingKeyFromSeed(seededRandom(`keys of ${name}`)(32));
}

/** Mallory, as a steward, with what it saw before it was removed. */
async function removedSteward(scene: Scene): Promise<readonly ReturnType<typeof recordId>[]> {
  const { circle, acme, borealis, mallory } = scene;
  await promote(acme.rooms, circle, mallory.rooms.me.id);
  await sync(acme, mallory, circle);
  const { heads } = liveOf(mallory, circle).state.graph;
  await remove(acme.rooms, circle, mallory.rooms.me.id);
  await sync(acme, borealis, circle);
  return heads;
}

/** Another node of the org of a party: its keys, certified by that org under a name. */
function nodeOf(owner: Party, name = owner.name): Party {
  const base = party(`another node of ${owner.name}`);
  const transport = signingKeyFromSeed(seededRandom(`transport of another node of ${owner.name}`)(32));
  const times = { notBefore: MORNING - 86_400_000, notAfter: MORNING + 86_400_000 };
  const certificate = issueCertificate(
    { org: orgKeyOf(owner), transport },
    { org: name, memberKey: base.rooms.me.key.publicKey, ...times },
  );
  return { ...base, rooms: { ...base.rooms, me: { ...base.rooms.me, certificate } } };
}

/** The enrolment of a node, as its org or somebody else consents to it. */
async function enrolment(
  scene: Scene,
  node: Party,
  by: {
    readonly orgKey: ReturnType<typeof orgKeyOf>;
    readonly circle?: CircleId;
    readonly author?: Party;
    readonly replaces?: readonly Party[];
  },
): Promise<readonly Uint8Array[]> {
  const { orgKey, author = node } = by;
  const member = await admissionOf(scene, node);
  const replaces = (by.replaces ?? []).map(({ rooms }) => rooms.me.id);
  const { certificate } = member;
  const consent = signEnrol({ circle: by.circle ?? scene.circle, certificate, replaces }, orgKey);
  const lane = laneFor(author.rooms.me.id, systemRandom);
  const { graph } = liveOf(scene.mallory, scene.circle).state;
  const draft = { circle: scene.circle, kind: "roster", ...startOf(author, lane), rosterHeads: graph.heads } as const;
  const rest = { epoch: undefined, exercise: false, at: MORNING };
  const body = encodeChange({ op: "enrol", member, replaces, cuts: [], consent });
  return bytesOf(forgeClear(author, { ...draft, ...rest }, body));
}

function retirement(
  scene: Scene,
  of: Party,
  by: { readonly orgKey?: ReturnType<typeof orgKeyOf>; readonly circle?: CircleId } = {},
): readonly Uint8Array[] {
  const { orgKey = orgKeyOf(of), circle = scene.circle } = by;
  const statement = { circle, org: orgId(of.rooms.me.certificate.orgKey), members: [of.rooms.me.id] };
  const consent = signRetire(statement, orgKey);
  return changes(scene, { op: "retire", org: statement.org, members: statement.members, cuts: [], consent });
}

/** An epoch of mallory's, deeper than all others, wrapped to these prekeys. */
async function epochFor(
  scene: Scene,
  prekeys: ReturnType<typeof prekeysOf>,
  { harm, depth = 99, ...twist }: Twist & { readonly harm?: "short" | "reversed"; readonly depth?: number } = {},
): Promise<readonly Uint8Array[]> {
  const mint = { circle: scene.circle, minter: scene.mallory.rooms.me.id, suite: 1, depth, prekeys } as const;
  const minted = await mintEpoch({ ...mint, parentSecrets: [], fresh: systemRandom(32) });
  const wraps =
    harm === "short" ? minted.wraps.slice(1) : harm === "reversed" ? minted.wraps.toReversed() : minted.wraps;
  return tells(scene, "epoch", minted.body, { ...twist, wraps });
}

/** A post of mallory's under the epoch that it sends under, with any body and any secret. */
function postOf(
  { circle, mallory }: Scene,
  body: Uint8Array,
  { secret, ...twist }: Twist & { readonly secret?: Uint8Array } = {},
): SignedRecord {
  const epoch = shownEpoch(mallory.rooms, liveOf(mallory, circle))?.id;
  const held = epoch && secretOf(mallory.rooms, epoch);
  if (!held) throw new Error("an epoch");
  return forgePost(mallory, draftOf(mallory, circle, "post", { epoch, ...twist }), body, secret ?? held);
}

const DAY_MS = 86_400_000;
const other = recordId(new Uint8Array(32).fill(7));
const genesisHead = ({ mallory, circle }: Scene): readonly ReturnType<typeof recordId>[] => [
  ...[...liveOf(mallory, circle).state.graph.ops.values()]
    .filter(({ change }) => change.op === "genesis")
    .map(({ id }) => id),
];

/** A body that is no change, notice or epoch, with what is wrong with it. */
const MALFORMED: readonly (readonly [RecordKind, string, Uint8Array])[] = [
  ["roster", "an unknown change", encodeCbor({ op: "crown", member: new Uint8Array(32) })],
  ["roster", "a change with a field more", encodeCbor({ op: "leave", why: "x" })],
  ["roster", "a removal of a short key", encodeCbor({ op: "remove", member: new Uint8Array(31), cuts: [] })],
  ["roster", "a removal without cuts", encodeCbor({ op: "remove", member: new Uint8Array(32) })],
  ["roster", "rules of another shape", encodeCbor({ op: "policy", base: new Uint8Array(32), policy: {} })],
  ["roster", "an addition of no certificate", encodeCbor({ op: "add", member: {}, ticket: null })],
  ["roster", "an enrolment without consent", encodeCbor({ op: "enrol", replaces: [], cuts: [] })],
  ["roster", "a withdrawal of nobody", encodeCbor({ op: "retire", members: [], cuts: [] })],
  [
    "roster",
    "a freeze until no moment",
    encodeCbor({ op: "freeze", member: new Uint8Array(32), until: -1, reason: "" }),
  ],
  ["roster", "a proof of nothing", encodeCbor({ op: "fork", records: [] })],
  ["roster", "a proof of bytes that are no record", encodeCbor({ op: "fork", records: [new Uint8Array(9)] })],
  ["roster", "bytes that are no CBOR", new Uint8Array([0xff, 0x00])],
  [
    "roster",
    "a map in another order than the canonical one",
    new Uint8Array([0xa1, 0x62, 0x6f, 0x70, 0x78, 5, 108, 101, 97, 118, 101]),
  ],
  ["prekey", "no prekey statement", encodeCbor({})],
  ["epoch", "no epoch", encodeCbor({ suite: 3 })],
  [
    "epoch",
    "an epoch deeper than any can follow",
    encodeCbor({
      suite: 1,
      depth: limits.epochDepthMax + 1,
      keyCommitment: new Uint8Array(32),
      recipients: [[new Uint8Array(32), new Uint8Array(16)]],
    }),
  ],
  ["address", "an address of a file", encodeCbor(["/unix/run/docker.sock"])],
  [
    "address",
    "more addresses than a member has",
    encodeCbor(Array.from({ length: limits.addressesPerMemberMax + 1 }, () => "/ip4/192.0.2.1/tcp/1")),
  ],
  ["invite", "no invitation", encodeCbor({ op: "open" })],
  ["warning", "a warning for another reason", encodeCbor({ orgKey: new Uint8Array(32), reason: "i say so" })],
  ["complaint", "a complaint of nothing", encodeCbor({ epoch: new Uint8Array(3) })],
  ["lane-open", "no opening of a lane", encodeCbor({ from: new Uint8Array(2) })],
];

const AUTHORITY: readonly (readonly [string, (scene: Scene) => RosterChange])[] = [
  [
    "R12: removes another member without being a steward",
    ({ borealis }) => ({ op: "remove", member: borealis.rooms.me.id, cuts: [] }),
  ],
  [
    "R12, R17: removes the steward without being one",
    ({ acme }) => ({ op: "remove", member: acme.rooms.me.id, cuts: [] }),
  ],
  ["R12: demotes the steward without being one", ({ acme }) => ({ op: "demote", member: acme.rooms.me.id })],
  [
    "R12: sets the rules without being a steward",
    (scene) => ({ op: "policy", base: genesisHead(scene)[0] ?? other, policy: { ...closePolicy, invite: "members" } }),
  ],
  [
    "R12: founds the circle once more inside it",
    (scene) => ({
      op: "genesis",
      name: "x",
      nonce: new Uint8Array(32),
      policy: closePolicy,
      founder: founderOf(scene),
    }),
  ],
  ["R12: joins a single head, which any member could do without end", () => ({ op: "merge" })],
  [
    "R43: freezes itself",
    ({ mallory }) => ({ op: "freeze", member: mallory.rooms.me.id, until: MORNING + 1, reason: "" }),
  ],
  [
    "R43: freezes another for two days",
    ({ borealis }) => ({ op: "freeze", member: borealis.rooms.me.id, until: MORNING + 2 * DAY_MS, reason: "" }),
  ],
  ["R44: lifts a freeze that nobody said", () => ({ op: "lift", freeze: other })],
  ["R45: prolongs a freeze without being a steward", () => ({ op: "confirm", freeze: other, until: MORNING + 1 })],
  [
    "R47: vouches for an org that is in",
    ({ borealis }) => ({ op: "vouch", org: orgId(borealis.rooms.me.certificate.orgKey) }),
  ],
  ["R47: makes a steward of whoever is not there", ({ eve }) => ({ op: "promote", member: eve.rooms.me.id })],
];

function founderOf({ mallory, circle }: Scene): Admission {
  const member = liveOf(mallory, circle).state.roster?.members.get(mallory.rooms.me.id);
  if (!member) throw new Error("a member");
  return member;
}

/** Every attack. */
export const ATTACKS: readonly Attack[] = [
  // Forged.
  {
    title: "R1: signs in the name of another",
    answer: bad("RECORD_SIGNATURE_INVALID"),
    makes: ({ circle, borealis, mallory }) =>
      bytesOf(forgeClear(mallory, draftOf(borealis, circle, "address"), encodeCbor([]))),
  },
  {
    title: "R2: puts another payload under the signature of another",
    answer: bad("RECORD_SIGNATURE_INVALID"),
    makes: ({ circle, borealis }) => {
      const draft = draftOf(borealis, circle, "address");
      const [honest, swap] = [[], ["/ip4/192.0.2.1/tcp/1"]].map((body) =>
        forgeClear(borealis, draft, encodeCbor(body)),
      );
      return honest && swap ? [encodeEnvelope({ ...honest, payload: swap.payload })] : [];
    },
  },
  {
    title: "R2: puts wraps in another order than its minter signed",
    answer: bad("RECORD_SIGNATURE_INVALID"),
    makes: async (scene) => {
      const [bytes] = await epochFor(scene, prekeysOf(scene.mallory, scene.circle));
      const record = decodeEnvelope(bytes ?? new Uint8Array(0));
      return [encodeEnvelope({ ...record, wraps: record.wraps.toReversed() })];
    },
  },
  {
    title: "R3: commits to another body than it sends in clear",
    answer: bad("RECORD_COMMITMENT_INVALID"),
    makes: ({ circle, mallory }) => {
      const honest = forgeClear(mallory, draftOf(mallory, circle, "address"), encodeCbor([]));
      const context = { ...honest.header, commitment: new Uint8Array(32) };
      return bytesOf(signRecord(context, { nonce: new Uint8Array(0), payload: honest.payload }, mallory.rooms.me.key));
    },
  },
  {
    title: "R52: enrols a node of another org by its own org key",
    answer: "kept",
    makes: async (scene) => {
      const node = nodeOf(scene.borealis);
      return enrolment(scene, node, { orgKey: orgKeyOf(scene.mallory), author: scene.mallory });
    },
  },
  {
    title: "R10, R52: enrols itself without the consent of the org",
    answer: bad("RECORD_BODY_INVALID"),
    makes: async (scene) => enrolment(scene, nodeOf(scene.borealis), { orgKey: orgKeyOf(scene.mallory) }),
  },
  {
    title: "R52: withdraws the node of another org by its own org key",
    answer: "kept",
    makes: (scene) => retirement(scene, scene.borealis, { orgKey: orgKeyOf(scene.mallory) }),
  },
  {
    title: "R52: withdraws the node of another org with that org's true consent",
    answer: "kept",
    makes: (scene) => retirement(scene, scene.borealis),
  },
  {
    title: "R52: enrols a node of its org in the place of another org's",
    answer: unproven("RECORD_AUTHOR_UNKNOWN"),
    makes: async (scene) =>
      enrolment(scene, nodeOf(scene.mallory), { orgKey: orgKeyOf(scene.mallory), replaces: [scene.acme] }),
  },
  {
    title: "R52: enrols a node under another name of its org",
    answer: unproven("RECORD_AUTHOR_UNKNOWN"),
    makes: async (scene) => enrolment(scene, nodeOf(scene.mallory, "borealis"), { orgKey: orgKeyOf(scene.mallory) }),
  },
  {
    title: "R52: enrols a node of an org that was removed",
    answer: unproven("RECORD_AUTHOR_UNKNOWN"),
    makes: async (scene) => enrolment(scene, nodeOf(scene.eve), { orgKey: orgKeyOf(scene.eve) }),
  },
  {
    title: "R12: adds whoever it likes without being a steward",
    answer: "kept",
    makes: async (scene) => changes(scene, await addition(scene, party("fritz"))),
  },
  {
    title: "R9: adds a member with the prekey of another one",
    answer: "kept",
    makes: async (scene) => {
      const [one, two] = [await admissionOf(scene, party("fritz")), await admissionOf(scene, party("gerda"))];
      const lane = laneFor(party("fritz").rooms.me.id, systemRandom);
      return changes(scene, { op: "add", member: { ...one, prekey: two.prekey }, lane, ticket: undefined });
    },
  },
  ...AUTHORITY.map(([title, change]): Attack => ({
    ...{ title, answer: "kept", makes: (scene) => changes(scene, change(scene)) },
  })),
  // Replayed.
  {
    title: "R4: replays what it said in another circle",
    answer: bad("RECORD_CIRCLE_WRONG"),
    makes: async ({ mallory }) => {
      const elsewhere = await circleOfParties([mallory, party("far")]);
      return allOf(mallory, elsewhere);
    },
  },
  {
    title: "replays what another one said, which everybody holds",
    answer: "duplicate",
    makes: async ({ acme, circle }) => (await allOf(acme, circle)).slice(-1),
  },
  {
    title: "R52: replays the consent that an org gave in another circle",
    answer: bad("RECORD_BODY_INVALID"),
    makes: async (scene) => {
      const elsewhere = await circleOfParties([scene.mallory]);
      return enrolment(scene, nodeOf(scene.mallory), { orgKey: orgKeyOf(scene.mallory), circle: elsewhere });
    },
  },
  {
    title: "R9: tells a prekey that it made for another circle",
    answer: "kept",
    makes: async (scene) => {
      const elsewhere = await circleOfParties([scene.mallory]);
      const { publicKey } = await generateWrapKeys(1);
      return tells(scene, "prekey", signPrekey(elsewhere, scene.mallory.rooms.me.key, { suite: 1, publicKey }).bytes);
    },
  },
  {
    title: "R9: replays the prekey of another member as its own",
    answer: "kept",
    makes: (scene) => {
      const theirs = prekeysOf(scene.mallory, scene.circle).find(({ member }) => member === scene.acme.rooms.me.id);
      return tells(scene, "prekey", theirs?.bytes ?? new Uint8Array(0));
    },
  },
  {
    title: "R9: tells a prekey of another suite than the circle's",
    answer: "kept",
    makes: async (scene) => tells(scene, "prekey", (await admissionOf(scene, scene.mallory, 2)).prekey.bytes),
  },
  // Reordered.
  {
    title: "R6: leaves a place of its lane out",
    answer: "gap",
    makes: (scene) => {
      const { seq } = draftOf(scene.mallory, scene.circle, "address");
      return tells(scene, "address", encodeCbor([]), { seq: seq + 1, prev: other });
    },
  },
  {
    title: "R6: names another record before its own",
    answer: unproven("RECORD_FORKED"),
    makes: (scene) => tells(scene, "address", encodeCbor([]), { prev: other }),
  },
  {
    title: "R5: goes on with the lane of another",
    answer: bad("RECORD_MALFORMED"),
    makes: (scene) => {
      const { id, length: seq, head: prev } = ownLane(scene.acme.rooms, liveOf(scene.acme, scene.circle));
      return tells(scene, "address", encodeCbor([]), { lane: id, seq, prev });
    },
  },
  {
    title: "R5: begins a lane that proves nobody",
    answer: bad("RECORD_MALFORMED"),
    makes: (scene) => tells(scene, "address", encodeCbor([]), startOf(scene.mallory, laneId(systemRandom(16)))),
  },
  {
    title: "R8: leans on membership that nobody has",
    answer: "gap",
    makes: (scene) => tells(scene, "address", encodeCbor([]), { rosterHeads: [other] }),
  },
  {
    title: "R8: forgets membership that its lane had named",
    answer: bad("RECORD_MALFORMED"),
    makes: (scene) => tells(scene, "address", encodeCbor([]), { rosterHeads: genesisHead(scene) }),
  },
  {
    title: "R8: names a change together with what that change had seen",
    answer: bad("RECORD_MALFORMED"),
    makes: (scene) => {
      const { heads } = liveOf(scene.mallory, scene.circle).state.graph;
      return tells(scene, "address", encodeCbor([]), { rosterHeads: [...heads, ...genesisHead(scene)].sort() });
    },
  },
  {
    title: "R8: names no membership at all",
    answer: bad("RECORD_MALFORMED"),
    makes: (scene) => tells(scene, "address", encodeCbor([]), { rosterHeads: [] }),
  },
  // Equivocating.
  {
    title: "R7: makes two notices at one place",
    answer: unproven("RECORD_FORKED"),
    makes: async (scene) => {
      const second = tells(scene, "address", encodeCbor([]));
      await says(scene.mallory, scene.circle, "the other side");
      for (const to of [scene.acme, scene.borealis]) await sync(scene.mallory, to, scene.circle);
      return second;
    },
  },
  {
    title: "R7: makes two posts at one place",
    answer: unproven("RECORD_FORKED"),
    makes: async (scene) => {
      const second = postOf(scene, encodePost(words("to the others")));
      await says(scene.mallory, scene.circle, "to these");
      for (const to of [scene.acme, scene.borealis]) await sync(scene.mallory, to, scene.circle);
      return bytesOf(second);
    },
  },
  {
    title: "R7: makes two epochs at one place",
    answer: unproven("RECORD_FORKED"),
    makes: async (scene) => {
      const second = await epochFor(scene, prekeysOf(scene.mallory, scene.circle));
      await says(scene.mallory, scene.circle, "to these");
      for (const to of [scene.acme, scene.borealis]) await sync(scene.mallory, to, scene.circle);
      return second;
    },
  },
  {
    title: "R49: brings a proof of a fork that is none",
    answer: "kept",
    makes: (scene) => proof(scene, genesisHead(scene)),
  },
  {
    title: "R49: brings a proof that leans on changes which nobody has",
    answer: "kept",
    makes: (scene) => proof(scene, [other]),
  },
  // Back-dated, and by whoever may not speak any more.
  {
    title: "R10: speaks after it has seen its removal",
    answer: unproven("RECORD_AUTHOR_UNKNOWN"),
    makes: async (scene) => {
      await removedSteward(scene);
      return tells(scene, "address", encodeCbor([]), {
        rosterHeads: liveOf(scene.acme, scene.circle).state.graph.heads,
      });
    },
  },
  {
    title: "R10: carries the word of a removed member that has seen its removal",
    answer: unproven("RECORD_AUTHOR_UNKNOWN"),
    makes: (scene) => {
      const { heads } = liveOf(scene.mallory, scene.circle).state.graph;
      return tells(scene, "address", encodeCbor([]), { by: scene.eve, rosterHeads: heads });
    },
  },
  {
    title: "R10: carries the word of an outsider",
    answer: unproven("RECORD_AUTHOR_UNKNOWN"),
    makes: ({ circle, mallory }) => {
      const outsider = party("oscar");
      const lane = laneFor(outsider.rooms.me.id, systemRandom);
      const draft = { ...draftOf(mallory, circle, "address"), ...startOf(outsider, lane) };
      return bytesOf(forgeClear(outsider, draft, encodeCbor([])));
    },
  },
  {
    title: "R11: founds another circle under the name of this one",
    answer: bad("RECORD_MALFORMED"),
    makes: (scene) =>
      changes(
        scene,
        { op: "genesis", name: "x", nonce: systemRandom(32), policy: closePolicy, founder: founderOf(scene) },
        { ...freshLane(scene), rosterHeads: [] },
      ),
  },
  ...(
    [
      ["R13: removes its remover as of before", ({ acme }) => ({ op: "remove", member: acme.rooms.me.id, cuts: [] })],
      [
        "R13: removes another member as of before",
        ({ borealis }) => ({ op: "remove", member: borealis.rooms.me.id, cuts: [] }),
      ],
      ["R13: makes a friend steward as of before", ({ borealis }) => ({ op: "promote", member: borealis.rooms.me.id })],
      ["R13: demotes its remover as of before", ({ acme }) => ({ op: "demote", member: acme.rooms.me.id })],
      [
        "R13: sets the rules as of before",
        (scene) => ({
          op: "policy",
          base: genesisHead(scene)[0] ?? other,
          policy: { ...closePolicy, invite: "members" },
        }),
      ],
      [
        "R13: freezes its remover as of before",
        ({ acme }) => ({ op: "freeze", member: acme.rooms.me.id, until: MORNING + DAY_MS, reason: "" }),
      ],
      ["R13: vouches for a friend as of before", () => ({ op: "vouch", org: orgId(new Uint8Array(32).fill(9)) })],
    ] as readonly (readonly [string, (scene: Scene) => RosterChange])[]
  ).map(([title, change]): Attack => ({
    title: `as a removed steward, ${title}`,
    answer: "placed",
    makes: async (scene) => {
      const rosterHeads = await removedSteward(scene);
      return changes(scene, change(scene), { rosterHeads });
    },
  })),
  {
    title: "as a removed steward, R13: adds as of before whom it likes",
    answer: "placed",
    makes: async (scene) => {
      const rosterHeads = await removedSteward(scene);
      return changes(scene, await addition(scene, scene.eve), { rosterHeads });
    },
  },
  {
    title: "R57: as one of three stewards, removes another alone, in a new lane and as of when there were two",
    answer: "kept",
    makes: async (scene) => {
      const { circle, acme, borealis, mallory } = scene;
      await promote(acme.rooms, circle, mallory.rooms.me.id);
      await sync(acme, mallory, circle);
      const { heads: rosterHeads } = liveOf(mallory, circle).state.graph;
      await promote(acme.rooms, circle, borealis.rooms.me.id);
      for (const node of [borealis, mallory]) await sync(acme, node, circle);
      const change: RosterChange = { op: "remove", member: acme.rooms.me.id, cuts: [] };
      return changes(scene, change, { ...freshLane(scene), rosterHeads });
    },
  },
  {
    title: "R57: takes in a lane of its own",
    answer: "kept",
    makes: (scene) => changes(scene, { op: "lane", opening: openingOf(scene, scene.mallory) }),
  },
  {
    title: "R57: takes in a lane that its author never opened",
    answer: "kept",
    makes: (scene) => {
      const { headerBytes, header, id } = openingOf(scene, scene.acme);
      const { signature } = openingOf(scene, scene.mallory);
      return changes(scene, { op: "lane", opening: { headerBytes, header, id, signature } });
    },
  },
  {
    title: "R13: as a removed org, enrols another node as of before",
    answer: "placed",
    makes: async (scene) => {
      const node = nodeOf(scene.mallory);
      const made = await enrolment(scene, node, { orgKey: orgKeyOf(scene.mallory) });
      await remove(scene.acme.rooms, scene.circle, scene.mallory.rooms.me.id);
      await sync(scene.acme, scene.borealis, scene.circle);
      return made;
    },
  },
  {
    title: "R19: posts around its removal, under an epoch from before it",
    answer: "kept",
    makes: async (scene) => {
      const post = postOf(scene, encodePost(words("around my removal")));
      await remove(scene.acme.rooms, scene.circle, scene.mallory.rooms.me.id);
      await sync(scene.acme, scene.borealis, scene.circle);
      return bytesOf(post);
    },
  },
  // Key-injecting.
  {
    title: "R24: mints an epoch for an outsider",
    answer: "kept",
    makes: async (scene) => {
      const { prekey } = await admissionOf(scene, party("oscar"));
      return epochFor(scene, [...prekeysOf(scene.mallory, scene.circle), prekey]);
    },
  },
  {
    title: "R24: mints an epoch that leaves a member out",
    answer: "kept",
    makes: async (scene) => {
      const { id } = scene.borealis.rooms.me;
      return epochFor(
        scene,
        prekeysOf(scene.mallory, scene.circle).filter(({ member }) => member !== id),
      );
    },
  },
  {
    title: "R26: wraps to prekeys that their members never told",
    answer: "kept",
    makes: async (scene) => {
      const { publicKey } = await generateWrapKeys(1);
      const members = [scene.acme, scene.borealis, scene.mallory, scene.dorado];
      return epochFor(
        scene,
        members.map(({ rooms }) => signPrekey(scene.circle, rooms.me.key, { suite: 1, publicKey })),
      );
    },
  },
  {
    title: "R20: gives each member the wrap of another",
    answer: "kept",
    makes: async (scene) => epochFor(scene, prekeysOf(scene.mallory, scene.circle), { harm: "reversed" }),
  },
  {
    title: "mints an epoch with a wrap less than it has recipients",
    answer: "kept",
    makes: async (scene) => epochFor(scene, prekeysOf(scene.mallory, scene.circle), { harm: "short" }),
  },
  {
    title: "R25: mints an epoch that covers an old view, for those who were in then",
    answer: "kept",
    makes: async (scene) => {
      const prekeys = prekeysOf(scene.mallory, scene.circle).filter(({ member }) => member === scene.acme.rooms.me.id);
      return epochFor(scene, prekeys, { ...freshLane(scene), rosterHeads: oldHeads(scene) });
    },
  },
  {
    title: "R22: seals under another secret than the epoch's",
    answer: "kept",
    makes: (scene) => bytesOf(postOf(scene, encodePost(words("x")), { secret: new Uint8Array(32) })),
  },
  {
    title: "R22: posts under an epoch that is none",
    answer: "kept",
    makes: (scene) => bytesOf(postOf(scene, encodePost(words("x")), { epoch: other })),
  },
  {
    title: "R18: marks a post stricter than the circle takes",
    answer: "kept",
    makes: (scene) => bytesOf(postOf(scene, encodePost({ ...words("x"), tlp: "red" }))),
  },
  {
    title: "posts what is no body",
    answer: "kept",
    makes: (scene) => bytesOf(postOf(scene, encodeCbor({ kind: "ransom" }))),
  },
  {
    title: "posts a text longer than any may be",
    answer: "kept",
    makes: (scene) => bytesOf(postOf(scene, encodeCbor({ ...words("x".repeat(limits.textCharsMax + 1)) }))),
  },
  {
    title: "R32: opens a ticket without being a steward",
    answer: "kept",
    makes: (scene) =>
      tells(scene, "invite", encodeCbor({ op: "open", ticket: systemRandom(32), for: "x", expires: MORNING + DAY_MS })),
  },
  // Oversized.
  {
    title: "sends a payload larger than any may be",
    answer: bad("LIMIT_EXCEEDED"),
    makes: (scene) => tells(scene, "address", new Uint8Array(limits.recordBytesMax + 1)),
  },
  {
    title: "sends an envelope larger than any may be",
    answer: bad("LIMIT_EXCEEDED"),
    makes: () => [new Uint8Array(limits.envelopeBytesMax + 1)],
  },
  {
    title: "sends wraps larger than any may be",
    answer: bad("LIMIT_EXCEEDED"),
    makes: (scene) =>
      tells(scene, "epoch", encodeCbor({}), { wraps: [new Uint8Array(limits.wrapsBytesMax), new Uint8Array(1)] }),
  },
  {
    title: "sends more wraps than a circle has members",
    answer: bad("RECORD_MALFORMED"),
    makes: (scene) =>
      tells(scene, "epoch", encodeCbor({}), {
        wraps: Array.from({ length: limits.membersMax + 1 }, () => new Uint8Array(1)),
      }),
  },
  {
    title: "names more heads than a record may",
    answer: bad("RECORD_MALFORMED"),
    makes: (scene) => raw(scene, { 7: Array.from({ length: 17 }, (_, n) => new Uint8Array(32).fill(n)) }),
  },
  {
    title: "opens more lanes than it may",
    answer: unproven("LANES_EXCEEDED"),
    makes: async (scene) => {
      const lanes = Array.from({ length: limits.lanesPerMemberMax }, () =>
        tells(scene, "address", encodeCbor([]), freshLane(scene)),
      ).flat();
      for (const to of [scene.acme, scene.borealis]) await takes(scene, to, lanes.slice(0, -1));
      return lanes.slice(-1);
    },
  },
  // Malformed.
  ...(
    [
      ["of another version of the protocol", { 0: 2 }],
      ["of an unknown kind", { 2: 99 }],
      ["with a flag that means nothing", { 9: 2 }],
      ["dated after all calendars", { 10: limits.momentMaxMs + 1 }],
      ["with a lane of another length", { 4: new Uint8Array(15) }],
      ["sealed, of a kind that is not", { 8: new Uint8Array(32) }],
      ["with a place before the first", { 5: -1 }],
    ] as const
  ).map(([what, fields]): Attack => ({
    ...{ title: `sends a record ${what}`, answer: bad("RECORD_MALFORMED"), makes: (scene) => raw(scene, fields) },
  })),
  {
    title: "sends bytes that are no record",
    answer: bad("CBOR_INVALID"),
    makes: () => [new Uint8Array([0xff, 0xff, 0xff])],
  },
  {
    title: "sends a list of the wrong length",
    answer: bad("RECORD_MALFORMED"),
    makes: () => [encodeCbor([new Uint8Array(3)])],
  },
  ...MALFORMED.map(([kind, what, body]): Attack => ({
    title: `sends as ${kind} ${what}`,
    answer: "kept",
    makes: (scene) => tells(scene, kind, body, kind === "epoch" ? { wraps: [new Uint8Array(80)] } : {}),
  })),
];

/** A proof of a fork with one change alone, which leans on these heads. */
function proof(scene: Scene, rosterHeads: readonly ReturnType<typeof recordId>[]): readonly Uint8Array[] {
  const vouch = (fill: number): Uint8Array => encodeChange({ op: "vouch", org: orgId(new Uint8Array(32).fill(fill)) });
  const first = forgeClear(scene.mallory, draftOf(scene.mallory, scene.circle, "roster", { rosterHeads }), vouch(1));
  return tells(scene, "roster", encodeCbor({ op: "fork", records: [first.bytes] }));
}

/** The view in which mallory had just come in. */
function oldHeads({ circle, mallory }: Scene): readonly ReturnType<typeof recordId>[] {
  const member = liveOf(mallory, circle).state.roster?.members.get(mallory.rooms.me.id);
  return member ? [member.addedBy] : [];
}

async function takes({ circle, mallory }: Scene, to: Party, envelopes: readonly Uint8Array[]): Promise<void> {
  await hands(to, mallory, { circle, envelopes });
}

// The known bytes of everything that is said in the clear: certificates, prekeys, each membership change and each notice, what an
// org key signs, and the body of each kind of post. From fixed seeds and a fixed time.

import { issueCertificate, type MemberCertificate, type SigningKey, signingKeyFromSeed } from "../../keys/index.ts";
import { toHex } from "../../src/base/bytes.ts";
import { type Admission, circleOf, defaultPolicy, type RosterChange } from "../../src/circle/change.ts";
import { decodeChange, encodeChange } from "../../src/circle/change-codec.ts";
import { proofOf } from "../../src/circle/fork.ts";
import {
  encodeAddresses,
  encodeComplaint,
  encodeConsent,
  encodeInvite,
  encodeLaneOpen,
  encodeWarning,
} from "../../src/circle/notice.ts";
import { signPrekey } from "../../src/circle/prekey.ts";
import { signEnrol, signRetire } from "../../src/circle/statement.ts";
import { type CircleId, laneFor, memberId, orgId, recordId, ticketId } from "../../src/record/ids.ts";
import { signClear } from "../../src/record/sign.ts";
import { decodePost, encodePost } from "../../src/record/parse-body.ts";
import { BODIES } from "../help/bodies.ts";
import { MORNING } from "../help/records.ts";
import { seededRandom } from "../help/seeded-random.ts";

const random = (name: string): ReturnType<typeof seededRandom> => seededRandom(`tocsin vectors: ${name}`);
const YEAR_MS = 365 * 86_400_000;

type Node = {
  readonly orgKey: SigningKey;
  readonly key: SigningKey;
  readonly certificate: MemberCertificate;
  readonly admit: (circle: CircleId) => Admission;
  readonly seeds: { readonly org: Uint8Array; readonly member: Uint8Array; readonly transport: Uint8Array };
};

/** A node of an org, from the names of both. */
function node(org: string, name: string): Node {
  const [orgSeed, memberSeed, transportSeed] = [`${org} org`, `${name} member`, `${name} transport`].map((one) =>
    random(one)(32),
  );
  if (!orgSeed || !memberSeed || !transportSeed) throw new Error("three seeds");
  const keys = { org: signingKeyFromSeed(orgSeed), transport: signingKeyFromSeed(transportSeed) };
  const key = signingKeyFromSeed(memberSeed);
  const fields = { org, memberKey: key.publicKey, notBefore: MORNING, notAfter: MORNING + YEAR_MS };
  const certificate = issueCertificate(keys, fields);
  const admit = (circle: CircleId): Admission => ({
    certificate,
    prekey: signPrekey(circle, key, { suite: 1, publicKey: random(`${name} prekey`)(32) }),
  });
  return {
    orgKey: keys.org,
    key,
    certificate,
    admit,
    seeds: { org: orgSeed, member: memberSeed, transport: transportSeed },
  };
}

/** The text of the file. `show` writes JSON as the formatter leaves it. */
export function bodyVectors(show: (value: unknown) => string): string {
  const [acme, borealis, second] = [node("acme", "acme"), node("borealis", "borealis"), node("acme", "acme 2")];
  const policy = { ...defaultPolicy, purpose: "vectors" };
  const nonce = random("genesis nonce")(32);
  const circle = circleOf({ name: "retail-eu", nonce, policy, certificate: acme.certificate });
  const [member, other] = [memberId(acme.key.publicKey), memberId(borealis.key.publicKey)];
  const lane = laneFor(other, random("borealis lane"));
  const cuts = [{ lane, length: 7 }];
  const id = recordId(random("some record")(32));
  const org = orgId(acme.certificate.orgKey);
  const enrolment = { circle, certificate: second.certificate, replaces: [member] };
  const withdrawal = { circle, org, members: [member] };
  const twice = ["one side", "other side"].map((side) =>
    signClear(
      {
        circle,
        kind: "roster",
        author: other,
        lane,
        seq: 3,
        prev: id,
        rosterHeads: [id],
        epoch: undefined,
        exercise: false,
        at: MORNING,
      },
      { bytes: encodeChange({ op: "vouch", org: orgId(random(side)(32)) }) },
      { key: borealis.key, random: random(side) },
    ),
  );
  const [one, two] = twice;
  const proof = one && two && proofOf(one, two);
  if (!proof) throw new Error("two records at one place prove a fork");
  const further = laneFor(other, random("borealis other lane"));
  const opening = signClear(
    {
      ...{ circle, kind: "lane-open", author: other, lane: further, seq: 0, prev: undefined, rosterHeads: [id] },
      ...{ epoch: undefined, exercise: false, at: MORNING },
    },
    { bytes: encodeLaneOpen({ from: lane, length: 7, head: id }) },
    { key: borealis.key, random: random("opening") },
  );
  const changes: readonly RosterChange[] = [
    { op: "genesis", name: "retail-eu", nonce, policy, founder: acme.admit(circle) },
    { op: "add", member: borealis.admit(circle), lane, ticket: ticketId(random("ticket")(32)) },
    { op: "lane", opening },
    { op: "remove", member: other, cuts },
    { op: "promote", member: other },
    { op: "demote", member: other },
    { op: "leave" },
    { op: "policy", base: id, policy: { ...policy, history: MORNING, vouches: 2 } },
    { op: "vouch", org: orgId(borealis.certificate.orgKey) },
    {
      ...{ op: "enrol", member: second.admit(circle), replaces: [member], cuts },
      consent: signEnrol(enrolment, acme.orgKey),
    },
    { ...{ op: "retire", org, members: [member], cuts }, consent: signRetire(withdrawal, acme.orgKey) },
    { op: "freeze", member: other, until: MORNING + 3_600_000, reason: "odd logins" },
    { op: "lift", freeze: id },
    { op: "confirm", freeze: id, until: MORNING + 86_400_000 },
    { op: "fork", proof, carried: [], records: [] },
    { op: "merge" },
  ];
  const notices: Readonly<Record<string, Uint8Array>> = {
    "prekey, generation 1": signPrekey(circle, acme.key, {
      ...{ suite: 1, publicKey: random("next prekey")(32), generation: 1 },
    }).bytes,
    address: encodeAddresses({
      ...{ addresses: ["/ip4/203.0.113.24/tcp/7443", "/dns4/a.example/tcp/7443"], relay: false },
    }),
    "invite, open": encodeInvite({
      op: "open",
      ticket: ticketId(random("ticket")(32)),
      for: "cygnus",
      expires: MORNING,
    }),
    "invite, revoke": encodeInvite({ op: "revoke", ticket: ticketId(random("ticket")(32)) }),
    complaint: encodeComplaint(id),
    consent: encodeConsent(id),
    warning: encodeWarning({ orgKey: borealis.certificate.orgKey, reason: "words differ" }),
    "lane-open": encodeLaneOpen({ from: lane, length: 7, head: id }),
  };
  return show({
    circle,
    nodes: [acme, borealis, second].map(({ certificate, seeds }) => ({
      org: certificate.org,
      orgSeed: toHex(seeds.org),
      memberSeed: toHex(seeds.member),
      transportSeed: toHex(seeds.transport),
      certificate: toHex(certificate.bytes),
    })),
    changes: changes.map((change) => {
      const bytes = encodeChange(change);
      // What cannot be read back is no vector.
      decodeChange(bytes, circle);
      return { op: change.op, body: toHex(bytes) };
    }),
    // Of each kind the least and the most that it says.
    posts: Object.values(BODIES).flatMap((bodies) =>
      bodies.map((post) => {
        const bytes = encodePost(post);
        decodePost(bytes);
        return { kind: post.kind === "unknown" ? `${post.named} (unknown)` : post.kind, body: toHex(bytes) };
      }),
    ),
    notices: Object.entries(notices).map(([name, bytes]) => ({ name, body: toHex(bytes) })),
  });
}

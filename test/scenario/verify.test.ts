// Two people compare words, over real sockets: what is verified, what is blocked, and what a man in the middle achieves.

import { describe, expect, test } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import { TocsinError } from "../../src/base/errors.ts";
import { systemRandom } from "../../src/base/random.ts";
import { systemClock } from "../../src/base/clock.ts";
import { type Member, transportOf } from "../../src/circle/roster.ts";
import type { Net } from "../../src/net/net.ts";
import { commitmentTo } from "../../src/circle/safety-words.ts";
import { limits } from "../../src/base/limits.ts";
import { encodeChange } from "../../src/circle/change-codec.ts";
import { signEnrol } from "../../src/circle/statement.ts";
import { openCircle } from "../../src/node/membership.ts";
import { freshPrekey } from "../../src/node/prekeys.ts";
import { declare } from "../../src/node/post.ts";
import type { CircleId } from "../../src/record/ids.ts";
import { trustOf } from "../../src/node/trust.ts";
import { answerVerification, beginWords, type WordsToSay } from "../../src/node/verification.ts";
import { decodeVerifyAnswer, encodeVerify } from "../../src/node/verify-wire.ts";
import { compareFingerprint, hearWords } from "../../src/node/vetting.ts";
import { fingerprint, issueCertificate, type SigningKey, signingKeyFromSeed } from "../../keys/index.ts";
import { allOf, circleOfParties, hands, liveOf, type Party, party, says } from "../help/memory-rooms.ts";
import { seededRandom } from "../help/seeded-random.ts";
import { circleOf, type Org, sees, sighting, type World } from "../help/world.ts";

const patient = { timeout: 20_000, interval: 10 };

/** `org` as `by` has it in its roster, once the two are linked. */
async function linkedPeer(by: Org, org: Org): Promise<Member> {
  const id = org.rooms.me.id;
  const linked = (): boolean =>
    by.rooms
      .net()
      .links()
      .some((link) => link.member === id && link.state === "linked");
  await expect.poll(linked, patient).toBe(true);
  const [live] = by.rooms.circles.values();
  const member = live?.state.roster?.members.get(id);
  if (!member) throw new Error(`${by.name} does not know ${org.name}`);
  return member;
}

const begin = async (by: Org, of: Org): Promise<WordsToSay> =>
  beginWords(by.rooms, await linkedPeer(by, of), AbortSignal.timeout(20_000));

const hears = async (by: Org, of: Org, words: readonly string[]): Promise<void> =>
  hearWords(by.rooms, await linkedPeer(by, of), { typed: words.join(" ") });

const trust = (by: Org, of: Org): string => trustOf(by.rooms, of.rooms.me.certificate);

const warnings = (by: Org, world: World, author: Org): readonly string[] =>
  (by.rooms.circles.get(world.circle)?.state.warnings.get(author.rooms.me.id) ?? []).map(({ orgKey }) => toHex(orgKey));

describe("verification by voice", () => {
  test("right words verify both sides, and a restart keeps it", async () => {
    await using world = await circleOf("acme", "borealis");
    const [acme, borealis] = [world.org("acme"), world.org("borealis")];
    expect([trust(acme, borealis), trust(borealis, acme)]).toEqual(["unverified", "unverified"]);
    const [atAcme, atBorealis] = await Promise.all([begin(acme, borealis), begin(borealis, acme)]);
    expect([atAcme.say.length, atBorealis.say.length]).toEqual([3, 3]);
    expect(new Set([atAcme.from, atAcme.hearFrom])).toEqual(new Set([1, 4]));
    expect([atBorealis.from, atBorealis.hearFrom]).toEqual([atAcme.hearFrom, atAcme.from]);
    // Nobody can say "they match" without having heard: neither half tells the other.
    expect(atAcme.say).not.toEqual(atBorealis.say);
    await hears(acme, borealis, atBorealis.say);
    await hears(borealis, acme, atAcme.say);
    expect([trust(acme, borealis), trust(borealis, acme)]).toEqual(["verified", "verified"]);
    await borealis.stop();
    await borealis.start();
    expect(trust(borealis, acme)).toBe("verified");
    // One comparison for each exchange: the same words are worth nothing a second time.
    await expect(hears(acme, borealis, atBorealis.say)).rejects.toMatchObject({ code: "VERIFY_BROKEN" });
  });

  test("wrong words block the peer, tell the circle and leave no second guess; a typing error is no guess", async () => {
    await using world = await circleOf("acme", "borealis", "cygnus");
    const [acme, borealis, cygnus] = [world.org("acme"), world.org("borealis"), world.org("cygnus")];
    const [, atBorealis] = await Promise.all([begin(acme, borealis), begin(borealis, acme)]);
    const typo = [...atBorealis.say.slice(0, 2), "qwertz"];
    await expect(hears(acme, borealis, typo)).rejects.toMatchObject({
      code: "INPUT_INVALID",
      details: { position: 3 },
    });
    await expect(hears(acme, borealis, atBorealis.say.slice(0, 2))).rejects.toMatchObject({ code: "INPUT_INVALID" });
    expect(trust(acme, borealis)).toBe("unverified");
    const wrong = [...atBorealis.say.slice(0, 2), atBorealis.say[2] === "zoo" ? "zone" : "zoo"];
    await expect(hears(acme, borealis, wrong)).rejects.toMatchObject({ code: "WORDS_DIFFER" });
    expect(trust(acme, borealis)).toBe("blocked");
    await expect(hears(acme, borealis, atBorealis.say)).rejects.toMatchObject({ code: "VERIFY_BROKEN" });
    const accused = [toHex(borealis.rooms.me.certificate.orgKey)];
    for (const org of world.orgs) await expect.poll(() => warnings(org, world, acme), patient).toEqual(accused);
    expect(trust(cygnus, borealis)).toBe("unverified");
    await acme.stop();
    await acme.start();
    expect([trust(acme, borealis), warnings(acme, world, acme)]).toEqual(["blocked", accused]);

    // R42: nothing is posted to a circle with a blocked peer, unless the writer says so; reading goes on.
    const body = sighting("ip:203.0.113.24");
    await expect(acme.posts(world.circle, body)).rejects.toMatchObject({
      code: "PEER_BLOCKED",
      hint: "tocsin verify borealis",
    });
    await sees(acme, await cygnus.posts(world.circle, body));
    expect(await acme.items(world.circle)).toHaveLength(1);
    await compareFingerprint(
      acme.rooms,
      await linkedPeer(acme, borealis),
      fingerprint(borealis.rooms.me.certificate.orgKey).digits,
    );
    expect(trust(acme, borealis)).toBe("verified");
    expect(await acme.posts(world.circle, body)).toHaveLength(1);
  });

  test("a man in the middle of two nodes is found by the words, whatever it relays", async () => {
    await using world = await circleOf("acme", "borealis", "mallory");
    const [acme, borealis, mallory] = [world.org("acme"), world.org("borealis"), world.org("mallory")];
    // Acme and borealis each take mallory for the other. First mallory runs an honest exchange with each of them.
    const [atAcme] = await Promise.all([begin(acme, mallory), begin(mallory, acme)]);
    const [atBorealis] = await Promise.all([begin(borealis, mallory), begin(mallory, borealis)]);
    expect(atAcme.say).not.toEqual(atBorealis.say);
    // Acme's person hears what borealis' person reads: the true words, of another exchange.
    await expect(hears(acme, mallory, atBorealis.say)).rejects.toMatchObject({ code: "WORDS_DIFFER" });
    await expect(hears(borealis, mallory, atAcme.say)).rejects.toMatchObject({ code: "WORDS_DIFFER" });
    expect([trust(acme, mallory), trust(borealis, mallory)]).toEqual(["blocked", "blocked"]);
  });

  test("R41: who answers without a commitment, or with two, learns no words and ends the exchange", async () => {
    await using world = await circleOf("acme", "mallory");
    const [acme, mallory] = [world.org("acme"), world.org("mallory")];
    const says = async (by: Org, to: Org, message: Parameters<typeof encodeVerify>[0]) => {
      const peer = await linkedPeer(by, to);
      return decodeVerifyAnswer(await by.rooms.net().verify(transportOf(peer), encodeVerify(message)));
    };
    // Whichever of the two is to answer waits for words; the other one is not what it should be.
    const lower = toHex(acme.rooms.me.certificate.orgKey) < toHex(mallory.rooms.me.certificate.orgKey);
    const [liar, honest] = lower ? [acme, mallory] : [mallory, acme];
    expect(await says(liar, honest, { op: "commit", commitment: systemRandom(32) })).toEqual({ op: "wait" });
    const outcome = async (): Promise<string> =>
      begin(honest, liar).then(
        () => "words",
        (cause: unknown) => (cause instanceof TocsinError ? cause.code : "a bug"),
      );
    const refusal = { code: "PEER_REFUSED", details: { remote: "VERIFY_BROKEN" } };
    const committed = async (): Promise<Uint8Array> => {
      const commitment = systemRandom(32);
      const answered = async (): Promise<string> => (await says(liar, honest, { op: "commit", commitment })).op;
      await expect.poll(answered, patient).toBe("nonce");
      return commitment;
    };

    // Whoever knows our nonce may not choose its own any more.
    let ended = outcome();
    await committed();
    await expect(says(liar, honest, { op: "commit", commitment: systemRandom(32) })).rejects.toMatchObject(refusal);
    expect(await ended).toBe("VERIFY_BROKEN");

    ended = outcome();
    await committed();
    await expect(says(liar, honest, { op: "reveal", nonce: systemRandom(32) })).rejects.toMatchObject(refusal);
    expect(await ended).toBe("VERIFY_BROKEN");

    ended = outcome();
    await expect.poll(() => honest.rooms.verifications.size, patient).toBe(1);
    await expect(says(liar, honest, { op: "reveal", nonce: systemRandom(32) })).rejects.toMatchObject(refusal);
    expect(await ended).toBe("VERIFY_BROKEN");
    expect([trust(honest, liar), honest.rooms.verifications.size]).toEqual(["unverified", 0]);
  });

  test("waiting ends by itself and says whether the other side is there", async () => {
    await using world = await circleOf("acme", "borealis");
    const [acme, borealis] = [world.org("acme"), world.org("borealis")];
    const peer = await linkedPeer(acme, borealis);
    const waiting = async () => beginWords(acme.rooms, peer, AbortSignal.timeout(300));
    await expect(waiting()).rejects.toMatchObject({ code: "TIMEOUT" });
    await borealis.stop();
    await expect(waiting()).rejects.toMatchObject({ code: "PEER_UNREACHABLE" });
    expect(acme.rooms.verifications.size).toBe(0);
    const self = acme.rooms.circles.get(world.circle)?.state.roster?.members.get(acme.rooms.me.id);
    if (!self) throw new Error("acme is no member");
    await expect(beginWords(acme.rooms, self, AbortSignal.timeout(300))).rejects.toMatchObject({
      code: "INPUT_INVALID",
    });
  });
});

describe("words that nobody compares", () => {
  test("are over after five minutes, for both people and for the other node", async () => {
    let laterMs = 0;
    const monotonic = (): number => systemClock.monotonic() + laterMs;
    const clock = { ...systemClock, monotonic, advance: (ms: number) => void (laterMs += ms) };
    const [acme, borealis] = [party("acme", { clock }), party("borealis", { clock })];
    const circle = await circleOfParties([acme, borealis]);
    wire([acme, borealis]);
    const begins = async (by: Party, of: Party): Promise<Member> => {
      const member = liveOf(by, circle).state.roster?.members.get(of.rooms.me.id);
      if (!member) throw new Error("a member");
      await beginWords(by.rooms, member, AbortSignal.timeout(10_000));
      return member;
    };
    const opens = toHex(acme.rooms.me.certificate.orgKey) < toHex(borealis.rooms.me.certificate.orgKey);
    const [opener, answerer] = opens ? [acme, borealis] : [borealis, acme];
    const [, member] = await Promise.all([begins(opener, answerer), begins(answerer, opener)]);
    const again = async (): Promise<string> => {
      const side = ({ me }: Party["rooms"]) => ({ orgKey: me.certificate.orgKey, member: me.id });
      const nonce = opener.rooms.verifications.get(toHex(answerer.rooms.me.certificate.orgKey))?.exchange.nonce;
      const commitment = commitmentTo(nonce ?? new Uint8Array(32), side(opener.rooms), side(answerer.rooms));
      const said = encodeVerify({ op: "commit", commitment });
      return decodeVerifyAnswer(await answerVerification(answerer.rooms, opener.rooms.me.id, said)).op;
    };
    clock.advance(limits.verifyMs - 60_000);
    // The same message again is answered alike ...
    expect(await again()).toBe("nonce");
    clock.advance(60_000);
    // ... until it is over.
    expect(await again()).toBe("wait");
    const late = hearWords(answerer.rooms, member, { typed: "orbit velvet canyon" });
    await expect(late).rejects.toMatchObject({ code: "VERIFY_BROKEN" });
    expect(trustOf(answerer.rooms, opener.rooms.me.certificate)).toBe("unverified");
  });
});

describe("an org of two nodes", () => {
  test("is verified at whichever of them its person sits, and a third node changes it", async () => {
    const clock = { ...systemClock, advance: () => undefined };
    const [acme, first, second] = [party("acme", { clock }), party("borealis", { clock }), party("laptop", { clock })];
    const third = party("phone", { clock });
    for (const node of [second, third]) becomesNodeOf(node, first);
    const circle = await circleOfParties([acme, first]);
    await enrols(second, { circle, first, teller: acme });
    wire([acme, first, second]);
    const nodes = (): readonly Member[] => [...(liveOf(acme, circle).state.roster?.members.values() ?? [])];
    const node = (of: Party): Member => {
      const found = nodes().find(({ id }) => id === of.rooms.me.id);
      if (!found) throw new Error(`${of.name} is no member`);
      return found;
    };
    const words = async (by: Party, of: Party): Promise<WordsToSay> =>
      beginWords(by.rooms, node(of), AbortSignal.timeout(10_000));
    const [, atLaptop] = await Promise.all([words(acme, first), words(second, acme)]);
    await hearWords(acme.rooms, node(first), { typed: atLaptop.say.join(" ") });
    expect(trustOf(acme.rooms, first.rooms.me.certificate)).toBe("verified");
    expect(trustOf(acme.rooms, second.rooms.me.certificate)).toBe("verified");
    await enrols(third, { circle, first, teller: acme });
    expect(trustOf(acme.rooms, first.rooms.me.certificate)).toBe("changed");
    await expect(says(acme, circle, "to all three")).rejects.toMatchObject({ code: "PEER_KEY_CHANGED" });
    await compareFingerprint(acme.rooms, node(third), fingerprint(first.rooms.me.certificate.orgKey).words.join(" "));
    expect(await says(acme, circle, "to all three")).toHaveLength(1);
  });
});

/** Org key, member key and transport key of a party, as `party` draws them. */
function keysOf({ name }: Party): readonly SigningKey[] {
  const draw = seededRandom(`keys of ${name}`);
  return [draw(32), draw(32), draw(32)].map(signingKeyFromSeed);
}

/** The node enters the circle under its org key; `teller` tells it the circle, and sees it there from then on. */
async function enrols(
  node: Party,
  { circle, first, teller }: { readonly circle: CircleId; readonly first: Party; readonly teller: Party },
): Promise<void> {
  const { certificate } = node.rooms.me;
  const [org] = keysOf(first);
  if (!org) throw new Error("an org key");
  node.rooms.circles.set(circle, openCircle(node.rooms, { id: circle, name: "retail-eu", joinedAt: node.clock.now() }));
  await hands(node, teller, { circle, envelopes: await allOf(teller, circle) });
  const member = { certificate, prekey: await freshPrekey(node.rooms, circle, 1) };
  const consent = signEnrol({ circle, certificate, replaces: [] }, org);
  const change = { op: "enrol", member, replaces: [], cuts: [], consent } as const;
  await declare(node.rooms, liveOf(node, circle), [{ kind: "roster", body: encodeChange(change) }]);
  // The membership alone is of interest here, so it is handed over as the value that both compute.
  const { graph, roster, memo } = liveOf(node, circle).state;
  liveOf(teller, circle).state = { ...liveOf(teller, circle).state, graph, roster, memo };
}

/** Makes the node another one of the org of `first`: certified by its org key, under keys of its own. */
function becomesNodeOf(node: Party, first: Party): void {
  const [[org], [, , transport]] = [keysOf(first), keysOf(node)];
  if (!org || !transport) throw new Error("three keys");
  const { notBefore, notAfter } = first.rooms.me.certificate;
  const fields = { org: first.name, memberKey: node.rooms.me.certificate.memberKey, notBefore, notAfter };
  Object.assign(node.rooms.me, { certificate: issueCertificate({ org, transport }, fields) });
}

/** Links the parties: a message about words is answered by the node that it is for. */
function wire(parties: readonly Party[]): void {
  for (const from of parties) {
    const others = parties.filter((party) => party !== from);
    const silent = from.rooms.net();
    const net: Net = {
      ...silent,
      links: () =>
        others.map(({ rooms }) => ({ transport: rooms.net().transport, member: rooms.me.id, state: "linked" })),
      verify: async (peer, message) => {
        const to = others.find(({ rooms }) => rooms.net().transport === peer);
        if (!to) throw new TocsinError("PEER_UNREACHABLE", "nobody there");
        return answerVerification(to.rooms, from.rooms.me.id, message);
      },
    };
    Object.assign(from.rooms, { net: () => net });
  }
}

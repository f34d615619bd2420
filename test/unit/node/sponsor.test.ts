// What is said for another member: asked for in the closed circle of the two, and said so that nobody else can tell for whom.

import { describe, expect, test } from "vitest";
import { compareBytes, toHex, utf8 } from "../../../src/base/bytes.ts";
import { encodeCbor } from "../../../src/base/cbor.ts";
import { encodePost } from "../../../src/record/parse-body.ts";
import { sayable } from "../../../src/record/plain.ts";
import type { Staff } from "../../../src/api/held-posts.ts";
import { scrubbingOf } from "../../../src/api/scrubbing.ts";
import { keepSponsoring } from "../../../src/api/sponsoring.ts";
import { throughSponsor } from "../../../src/api/via.ts";
import { closedPolicy } from "../../../src/node/closed-circle.ts";
import { found } from "../../../src/node/membership.ts";
import { post } from "../../../src/node/post.ts";
import { delayMs, errandOf, isErrand, saidBySelf, spokenFor, tokenDigest } from "../../../src/node/sponsor.ts";
import type { Amendable, Errand, PostBody, Sayable } from "../../../src/record/body.ts";
import { type CircleId, orgId } from "../../../src/record/ids.ts";
import type { Item } from "../../../src/store/store.ts";
import { BODIES } from "../../help/bodies.ts";
import { owner, staffOf } from "../../help/callers.ts";
import {
  admits,
  circleOfParties,
  enrols,
  hands,
  heldClock,
  liveOf,
  offered,
  type Party,
  party,
  sync,
} from "../../help/memory-rooms.ts";
import { opened } from "../../help/release-desk.ts";

const MINUTE = 60_000;

type Stage = {
  readonly acme: Party;
  readonly borealis: Party;
  readonly cygnus: Party;
  readonly circle: CircleId;
  readonly closed: CircleId;
};

/** A circle of three, and the closed one of the first two. */
async function stage(): Promise<Stage> {
  const clock = heldClock();
  const [acme, borealis, cygnus] = ["acme", "borealis", "cygnus"].map((name) => party(name, { clock })) as [
    Party,
    Party,
    Party,
  ];
  const circle = await circleOfParties([acme, borealis, cygnus]);
  const only = [acme, borealis].map(({ rooms }) => rooms.me.certificate.orgKey).sort(compareBytes);
  const { row } = await found(acme.rooms, "acme + borealis", closedPolicy(only));
  await admits(acme, borealis, row.id);
  await sync(acme, borealis, row.id);
  return { acme, borealis, cygnus, circle, closed: row.id };
}

const sighting = (text: string, more: Partial<Amendable> = {}): Amendable =>
  ({ kind: "sighting", tlp: "amber", seat: "kim", text, indicators: [], techniques: [], ...more }) as Amendable;

/** What an author asks its sponsor for, as the sponsor holds it. */
async function asks(
  { acme, borealis, circle, closed }: Stage,
  body: Sayable,
): Promise<Item & { readonly body: Errand }> {
  const prepared = { live: liveOf(acme, circle), utterance: { body: body as PostBody, exercise: false } };
  const { live, utterance } = await throughSponsor(acme.rooms, prepared, { via: "borealis", caller: owner });
  expect(live.row.id).toBe(closed);
  return hears({ acme, borealis, closed }, utterance.body);
}

/** A request that an author's node would not make. */
async function hears(
  { acme, borealis, closed }: Pick<Stage, "acme" | "borealis" | "closed">,
  body: PostBody,
): Promise<Item & { readonly body: Errand }> {
  const [posted] = await post(acme.rooms, closed, [{ body, exercise: false }]);
  await sync(acme, borealis, closed);
  const item = posted && (await borealis.rooms.store.item(posted.id));
  if (!item || !isErrand(item)) throw new Error("the sponsor holds no request");
  return item;
}

/** Says what is asked for and hands it to all; answers it as another holds it. */
async function speaks(
  { acme, borealis, cygnus, circle }: Stage,
  item: Item & { readonly body: Errand },
  at: Party = cygnus,
): Promise<Item> {
  const spoken = await spokenFor(borealis.rooms, item);
  const [posted] = await post(borealis.rooms, spoken.live.row.id, [spoken]);
  for (const other of [acme, cygnus]) await sync(borealis, other, circle);
  const heard = posted && (await at.rooms.store.item(posted.id));
  if (!heard) throw new Error("it was not heard");
  return heard;
}

describe("what is said for another member", () => {
  test("R79: names nobody, and holds nothing of its author, whatever that one put into its request", async () => {
    const set = await stage();
    const written = (): number =>
      liveOf(set.acme, set.circle).state.lanes.get(liveOf(set.acme, set.circle).row.lane)?.length ?? 0;
    const before = written();
    const item = await asks(
      set,
      sighting("“they” came — again…", { auto: true, source: "indicator--acme", seen: { last: 1_700_000_000_123 } }),
    );
    expect(item.body.say).toMatchObject({
      seat: "",
      text: '"they" came - again...',
      seen: { last: 1_699_999_200_000 },
    });
    expect(await speaks(set, item)).toMatchObject({
      author: set.borealis.rooms.me.id,
      body: { seat: "", sponsored: tokenDigest(item.body.token), text: '"they" came - again...' },
    });
    expect(written()).toBe(before);
    // A request of another program than ours is made plain by the sponsor.
    const say = sighting("“mine”", { seat: "kim of acme", source: "indicator--acme", auto: true, caveat: "ask  kim" });
    const raw = await hears(set, { ...item.body, token: new Uint8Array(32).fill(1), say });
    const heard = await speaks(set, raw);
    expect(heard.body).toEqual({
      ...{
        kind: "sighting",
        tlp: "amber",
        seat: "",
        text: '"mine"',
        caveat: "ask kim",
        indicators: [],
        techniques: [],
      },
      sponsored: tokenDigest(new Uint8Array(32).fill(1)),
    });
  });

  test("R79: not a byte that the circle receives tells of its author", async () => {
    const set = await stage();
    const { acme, borealis, cygnus, circle, closed } = set;
    for (const who of [acme, cygnus]) await sync(who, borealis, circle);
    await sync(borealis, cygnus, circle);
    // Whatever a body can hold, and a moment that nobody else can know.
    const moment = 1_700_000_000_123;
    for (const [, most] of Object.values(BODIES)) {
      const said = sayable(most);
      if (!said || "re" in said) continue;
      const body = { ...said, to: undefined, seat: "kim of acme", tlp: "amber", expires: moment } as const;
      const { to: _to, who: _who, need: _need, ...rest } = body as Record<string, unknown>;
      const item = await asks(set, {
        ...rest,
        ...("seen" in rest ? { seen: { last: moment } } : {}),
      } as unknown as Sayable);
      const spoken = await spokenFor(borealis.rooms, item);
      await post(borealis.rooms, circle, [spoken]);
      const envelopes = await offered(borealis, cygnus, circle);
      await hands(cygnus, borealis, { circle, envelopes });
      const opened = await Array.fromAsync(cygnus.rooms.store.feed({ circle, limit: 1 }));
      const received = [...envelopes, ...opened.map((one) => encodePost(one.body))].map(toHex).join(" ");
      const { certificate, id } = acme.rooms.me;
      const keys = [certificate.orgKey, certificate.transportKey, certificate.memberKey, item.body.token];
      const needles = [
        ...keys.map(toHex),
        id,
        item.id,
        closed,
        toHex(utf8("acme")),
        toHex(utf8("kim")),
        toHex(encodeCbor(moment)),
      ];
      expect(opened[0]?.body).toMatchObject({ kind: said.kind, sponsored: tokenDigest(item.body.token) });
      expect(needles.filter((needle) => received.includes(needle))).toEqual([]);
    }
    // They are found where they stand: of what its author says itself.
    await post(acme.rooms, circle, [{ body: sighting("x", { expires: moment }), exercise: false }]);
    const own = (await offered(acme, borealis, circle)).map(toHex).join(" ");
    expect(own).toContain(acme.rooms.me.id);
  });

  test("is known to its author and its sponsor by the token, and to nobody else", async () => {
    const set = await stage();
    const item = await asks(set, sighting("x"));
    const heard = await speaks(set, item);
    expect(heard.body.sponsored).not.toEqual(item.body.token);
    for (const who of [set.acme, set.borealis]) expect((await errandOf(who.rooms, heard))?.id).toBe(item.id);
    expect(await errandOf(set.cygnus.rooms, heard)).toBeUndefined();
    // Two of one author have nothing in common.
    const other = await asks(set, sighting("y"));
    expect(other.body.token).not.toEqual(item.body.token);
  });

  test("is said anew and withdrawn for whoever shows its token, through the same sponsor", async () => {
    const set = await stage();
    const heard = await speaks(set, await asks(set, sighting("x")));
    const marks = { tlp: "amber", seat: "kim" } as const;
    const now = { ...sighting("y"), sponsored: heard.body.sponsored } as Amendable;
    const amended = await speaks(set, await asks(set, { kind: "amend", ...marks, re: heard.id, now }));
    expect(amended.body).toMatchObject({
      kind: "amend",
      seat: "",
      sponsored: heard.body.sponsored,
      now: { seat: "", text: "y", sponsored: heard.body.sponsored },
    });
    expect((await speaks(set, await asks(set, { kind: "retract", ...marks, re: heard.id }))).body.kind).toBe("retract");
    const late = asks(set, { kind: "amend", ...marks, re: heard.id, now });
    await expect(late.then(async (item) => spokenFor(set.borealis.rooms, item))).rejects.toMatchObject({
      code: "POST_REFUSED",
    });
  });

  test("R79: a wrong token, another one's item or another circle's changes nothing", async () => {
    const set = await stage();
    const { acme, borealis, circle } = set;
    const marks = { tlp: "amber", seat: "" } as const;
    const first = await asks(set, sighting("x"));
    const heard = await speaks(set, first);
    const [own] = await post(borealis.rooms, circle, [{ body: sighting("borealis says"), exercise: false }]);
    await sync(borealis, acme, circle);
    if (!own) throw new Error("nothing was posted");
    const change = (re: Item["id"], token: Uint8Array): PostBody => ({
      ...first.body,
      token,
      say: { kind: "retract", ...marks, re },
    });
    for (const body of [
      change(heard.id, new Uint8Array(32)),
      change(own.id, first.body.token),
      change(first.id, first.body.token),
    ]) {
      const item = await hears(set, body);
      await expect(spokenFor(borealis.rooms, item)).rejects.toMatchObject({ code: "POST_REFUSED" });
    }
    // The author's own node does not even ask: it has no token for what was not said for it.
    const item = await acme.rooms.store.item(own.id);
    await expect(asks(set, { kind: "retract", ...marks, re: item?.id ?? own.id })).rejects.toMatchObject({
      code: "POST_REFUSED",
    });
  });

  test("R79: whoever is not in a circle has nothing said there, nor asks in a circle of more", async () => {
    const set = await stage();
    const { acme, borealis, cygnus } = set;
    const item = await asks(set, sighting("x"));
    const { row } = await found(
      borealis.rooms,
      "without acme",
      liveOf(borealis, set.circle).state.roster?.policy ?? closedPolicy([]),
    );
    await admits(borealis, cygnus, row.id);
    const elsewhere = await hears(set, { ...item.body, circle: row.id });
    await expect(spokenFor(borealis.rooms, elsewhere)).rejects.toMatchObject({ code: "POST_REFUSED" });
    const [open] = await post(acme.rooms, set.circle, [{ body: item.body, exercise: false }]);
    await sync(acme, borealis, set.circle);
    const asked = open && (await borealis.rooms.store.item(open.id));
    if (!asked || !isErrand(asked)) throw new Error("it is no request");
    await expect(spokenFor(borealis.rooms, asked)).rejects.toMatchObject({ code: "POST_REFUSED" });
  });

  test.each(["ack", "answer", "update", "msg", "nudge", "widen"] as const)(
    "%s is nobody else's to say",
    async (kind) => {
      const set = await stage();
      const body = {
        kind,
        tlp: "amber",
        seat: "kim",
        re: "0".repeat(64),
        text: "x",
        answer: "yes",
        limit: "green",
      } as unknown as Sayable;
      await expect(asks(set, body)).rejects.toMatchObject({ code: "INPUT_INVALID" });
    },
  );

  test("is for the same readers where it names any: beside the sponsor its author, and not itself", async () => {
    const set = await stage();
    const [borealis, cygnus] = [set.borealis, set.cygnus].map(({ rooms }) => orgId(rooms.me.certificate.orgKey));
    if (!borealis || !cygnus) throw new Error("two orgs");
    const item = await asks(set, sighting("x", { to: [borealis, cygnus].sort() }));
    const { body } = await spokenFor(set.borealis.rooms, item);
    expect(body.to).toEqual([orgId(set.acme.rooms.me.certificate.orgKey), cygnus].sort());
    const narrow = asks(set, sighting("x", { to: [borealis] }));
    await expect(narrow).rejects.toMatchObject({ code: "RECIPIENTS_REFUSED" });
  });

  test("leaves at a random moment after its approval, also after a restart, and not if somebody thinks better of it", async () => {
    const set = await stage();
    const { borealis, circle } = set;
    const spoken = await spokenFor(borealis.rooms, await asks(set, sighting("x")));
    const releases = await opened(borealis, { able: ["kim", "lee"] });
    const hold = async (key: string) => releases.hold(circle, [{ ...spoken, key }], { seat: "for acme", token: "" });
    const [held] = await hold("sponsor:1");
    if (!held) throw new Error("nothing is held");
    const approved = await releases.approve(held.post, "kim");
    expect(approved.state).toBe("approved");
    const inMs = approved.dueAt - borealis.clock.now();
    expect(inMs).toBeGreaterThanOrEqual(MINUTE);
    expect(inMs).toBeLessThanOrEqual(15 * MINUTE);
    expect(releases.nextDueAt()).toBe(approved.dueAt);
    borealis.clock.advance(inMs - 1);
    await releases.resume();
    expect(await saidBySelf(borealis.rooms, circle, spoken.body)).toBeUndefined();
    const again = await opened(borealis, { able: ["kim", "lee"] });
    expect(again.nextDueAt()).toBe(approved.dueAt);
    borealis.clock.advance(1);
    await again.resume();
    expect((await saidBySelf(borealis.rooms, circle, spoken.body))?.body).toEqual(spoken.body);
    expect(again.nextDueAt()).toBeUndefined();

    const other = await spokenFor(borealis.rooms, await asks(set, sighting("y")));
    const [second] = await releases.hold(circle, [{ ...other, key: "sponsor:2" }], { seat: "for acme", token: "" });
    if (!second) throw new Error("nothing is held");
    await releases.approve(second.post, "kim");
    expect(await releases.reject(second.post, { seat: "kim", reason: "no" })).toMatchObject({
      state: "rejected",
      dueAt: 0,
    });
    borealis.clock.advance(15 * MINUTE);
    await releases.resume();
    expect(await saidBySelf(borealis.rooms, circle, other.body)).toBeUndefined();
  });

  test("is said once where two nodes of the sponsor agree to it", async () => {
    const set = await stage();
    const { acme, borealis, circle, closed } = set;
    const north = party("north", { of: "borealis", clock: borealis.clock });
    for (const one of [circle, closed]) {
      await enrols(north, acme, one);
      for (const from of [acme, borealis]) await sync(from, north, one);
      for (const to of [acme, borealis]) await sync(north, to, one);
    }
    const item = await asks(set, sighting("x"));
    await sync(acme, north, closed);
    await speaks(set, item);
    await sync(borealis, north, circle);
    const spoken = await spokenFor(north.rooms, item);
    const releases = await opened(north, { able: ["kim", "lee"] });
    const [held] = await releases.hold(circle, [{ ...spoken, key: `sponsor:${item.id}` }], {
      seat: "for acme",
      token: "",
    });
    if (!held) throw new Error("nothing is held");
    await releases.approve(held.post, "kim");
    north.clock.advance(15 * MINUTE);
    await releases.resume();
    const said = await Array.fromAsync(north.rooms.store.feed({ circle, limit: 10 }));
    expect(said.filter(({ body }) => body.sponsored)).toHaveLength(1);
  });
});

describe("a sponsor's node", () => {
  /** Runs while a request comes in; its waits end with it. */
  const keeps = async ({ borealis }: Stage): Promise<{ staff: Staff; stop: () => Promise<void> }> => {
    const waits = async (_ms: number, signal?: AbortSignal): Promise<void> =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }));
    const rooms = { ...borealis.rooms, clock: { ...borealis.clock, wait: waits } };
    const staff = await staffOf(rooms);
    const keeper = keepSponsoring(rooms, staff, scrubbingOf(rooms, { path: "" }));
    return { staff, stop: async () => keeper[Symbol.asyncDispose]() };
  };
  const answers = async ({ borealis, closed }: Stage): Promise<readonly unknown[]> =>
    (await Array.fromAsync(borealis.rooms.store.feed({ circle: closed, limit: 100 }))).flatMap(({ body }) =>
      body.kind === "reply" ? [[body.re, body.text]] : [],
    );

  test("holds what it is asked for once, before and after a stop, and tells of whoever asks by the log's short ids alone", async () => {
    const set = await stage();
    const first = await keeps(set);
    const item = await asks(set, sighting("10.1.2.3 calls out"));
    await expect.poll(async () => (await first.staff.releases.held()).length).toBe(1);
    await first.stop();
    set.acme.clock.advance(1);
    const later = await asks(set, sighting("x"));
    const again = await keeps(set);
    await expect.poll(async () => (await again.staff.releases.held()).length).toBe(2);
    await again.stop();
    const held = await again.staff.releases.held();
    expect(held.map(({ key, seat, token }) => [key, seat, token])).toEqual([
      [`sponsor:${item.id}`, "for acme", ""],
      [`sponsor:${later.id}`, "for acme", ""],
    ]);
    // What the review found is left to whoever decides.
    expect(held[0]?.said?.clearance?.scrub).toMatchObject({ result: "kept", found: [["own-organisation", 1]] });
    expect(JSON.stringify(set.borealis.events.filter(({ event }) => event.startsWith("sponsor")))).not.toMatch(/acme/);
  });

  test("declines at once what it cannot say, once, and leaves what is old or its own", async () => {
    const set = await stage();
    const keeper = await keeps(set);
    const item = await asks(set, sighting("x"));
    const say = { kind: "retract", tlp: "amber", seat: "", re: item.id } as const;
    const wrong = await hears(set, { ...item.body, say });
    await expect.poll(async () => answers(set)).toEqual([[wrong.id, "it cannot be said there: POST_REFUSED"]]);
    await keeper.stop();
    await post(set.borealis.rooms, set.closed, [
      { body: { ...item.body, token: new Uint8Array(32) }, exercise: false },
    ]);
    await hears(set, { ...item.body, token: new Uint8Array(32).fill(2) });
    set.borealis.clock.advance(8 * 24 * 60 * MINUTE);
    const late = await keeps(set);
    const fresh = await hears(set, { ...item.body, token: new Uint8Array(32).fill(3) });
    await expect
      .poll(async () => (await late.staff.releases.held()).map(({ key }) => key))
      .toContain(`sponsor:${fresh.id}`);
    expect(await late.staff.releases.held()).toHaveLength(2);
    await late.stop();
    expect(await answers(set)).toHaveLength(1);
  });
});

test("the moment of it lies between the longest and a fifteenth of that, evenly", () => {
  const at = (byte: number): number => delayMs(() => new Uint8Array(4).fill(byte), 15 * MINUTE);
  expect([at(0), Math.round(at(0x80) / MINUTE), at(0xff)]).toEqual([MINUTE, 8, 15 * MINUTE]);
});

// Reading what is held sealed: who is given what (R39), what is taken of an answer (R40), and what asking costs.

import { describe, expect, test } from "vitest";
import { decodeEntry } from "../../../src/audit/entry.ts";
import { toHex } from "../../../src/base/bytes.ts";
import { auditRoutes } from "../../../src/api/routes-audit.ts";
import { encodeCbor } from "../../../src/base/cbor.ts";
import { TocsinError } from "../../../src/base/errors.ts";
import { limits } from "../../../src/base/limits.ts";
import type { Policy } from "../../../src/circle/change.ts";
import { encodeChange } from "../../../src/circle/change-codec.ts";
import { prekeyOf, rosterOf } from "../../../src/node/circle-state.ts";
import { askAround, type Desks } from "../../../src/node/history.ts";
import { promote, remove } from "../../../src/node/membership.ts";
import { declare } from "../../../src/node/post.ts";
import { askFor, reseal } from "../../../src/node/reseal.ts";
import { checkTrail } from "../../../src/node/trail-check.ts";
import { encodePost } from "../../../src/record/parse-body.ts";
import type { CircleId, RecordId } from "../../../src/record/ids.ts";
import type { SignedRecord } from "../../../src/record/record.ts";
import { decodeEnvelope } from "../../../src/record/wire.ts";
import { emptyKeyring } from "../../../src/seal/keyring.ts";
import {
  type Ask,
  decodeAsk,
  encodeAsk,
  type Exchange,
  type Given,
  openGiven,
  sealGiven,
} from "../../../src/seal/reseal.ts";
import type { Store } from "../../../src/store/store.ts";
import { owner } from "../../help/callers.ts";
import {
  admits,
  circleOfParties,
  closePolicy,
  hears,
  heldClock,
  links,
  liveOf,
  type Party,
  party,
  says,
  sync,
} from "../../help/memory-rooms.ts";
import { memoryStore } from "../../help/memory-store.ts";
import { MORNING } from "../../help/records.ts";
import { refusalOf } from "../../help/refusal.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const calm = new AbortController().signal;

const round = async (node: Party, circle: CircleId, desks: Desks = new Map()): Promise<number> =>
  askAround(node.rooms, liveOf(node, circle), { desks, signal: calm });

const sealedIn = async (node: Party, circle: CircleId): Promise<readonly { readonly record: SignedRecord }[]> =>
  (await Array.fromAsync(node.rooms.store.sealed(circle, 0))).map(({ envelope }) => ({
    record: decodeEnvelope(envelope),
  }));

/** What a member answers to a question for everything that the asker holds sealed, whatever the asker may have. */
const demand = async (asker: Party, giver: Party, circle: CircleId): Promise<readonly string[]> => {
  const posts = await sealedIn(asker, circle);
  const given = await askFor(asker.rooms, giver.rooms.me.id, { circle, posts, signal: calm });
  expect(given?.covered).toBe(posts.length);
  const bodies = await Promise.all(
    [...(given?.openings.keys() ?? [])].map(async (index) =>
      giver.rooms.store.item(posts[index]?.record.id as RecordId),
    ),
  );
  return bodies.map((item) => (item && "text" in item.body ? (item.body.text ?? "") : "")).sort();
};

/** Two members talk for two days; then dorado comes, and the one that has not heard of it speaks on. */
async function newcomer(
  history: Policy["history"],
): Promise<{ circle: CircleId; acme: Party; borealis: Party; dorado: Party }> {
  const clock = heldClock();
  const [acme, borealis, dorado] = ["acme", "borealis", "dorado"].map((name) => party(name, { clock }));
  if (!acme || !borealis || !dorado) throw new Error("three parties");
  const circle = await circleOfParties([acme, borealis], { ...closePolicy, history });
  await says(acme, circle, "old");
  clock.advance(DAY_MS);
  await says(borealis, circle, "later");
  await sync(borealis, acme, circle);
  clock.advance(DAY_MS);
  await admits(acme, dorado, circle);
  clock.advance(HOUR_MS);
  await says(borealis, circle, "meanwhile");
  await sync(borealis, acme, circle);
  await says(acme, circle, "new");
  await sync(acme, dorado, circle);
  links(dorado, acme);
  return { circle, acme, borealis, dorado };
}

describe("R39: a newcomer is given", () => {
  test("nothing from before it came where the policy says none, but what was said by who had not heard of it", async () => {
    const { circle, acme, dorado } = await newcomer("none");
    expect(await hears(dorado, circle)).toEqual(["new"]);
    expect(await demand(dorado, acme, circle)).toEqual(["meanwhile"]);
    await round(dorado, circle);
    expect(await hears(dorado, circle)).toEqual(["meanwhile", "new"]);
    expect(await dorado.rooms.store.sealedCount(circle)).toBe(2);
  });

  test("everything where it says all", async () => {
    const { circle, dorado } = await newcomer("all");
    await round(dorado, circle);
    expect(await hears(dorado, circle)).toEqual(["later", "meanwhile", "new", "old"]);
    expect(await dorado.rooms.store.sealedCount(circle)).toBe(0);
  });

  test("what was posted at or after a moment where it names one", async () => {
    const at = await newcomer(MORNING + DAY_MS);
    expect(await demand(at.dorado, at.acme, at.circle)).toEqual(["later", "meanwhile"]);
    await round(at.dorado, at.circle);
    expect(await hears(at.dorado, at.circle)).toEqual(["later", "meanwhile", "new"]);
    const after = await newcomer(MORNING + DAY_MS + 1);
    expect(await demand(after.dorado, after.acme, after.circle)).toEqual(["meanwhile"]);
  });

  test("by one that was given itself, when the author is away for good", async () => {
    const { circle, acme, dorado } = await newcomer("all");
    await round(dorado, circle);
    const ember = party("ember", { clock: dorado.clock });
    await admits(acme, ember, circle);
    await sync(acme, dorado, circle);
    await sync(acme, ember, circle);
    links(ember, dorado);
    await round(ember, circle);
    expect(await hears(ember, circle)).toEqual(["later", "meanwhile", "new", "old"]);
  });
});

describe("the trail of disclosures", () => {
  const opened = async ({ rooms }: Party): Promise<readonly (readonly [string, readonly string[]])[]> =>
    (await Array.fromAsync(rooms.store.trail(0))).flatMap(({ entry }) => {
      const row = entry && decodeEntry(entry);
      return row?.op === "opened" ? [[row.reader[2], row.records.map(toHex)] as const] : [];
    });

  test("tells once for whom own posts were opened later, and of the posts of others nothing", async () => {
    const { circle, acme, dorado } = await newcomer("all");
    const items = await Array.fromAsync(acme.rooms.store.feed({ circle, limit: 10 }));
    const old = items.find(({ body }) => "text" in body && body.text === "old");
    expect(await opened(acme)).toEqual([]);
    for (let times = 0; times < 3; times++) await demand(dorado, acme, circle);
    expect(await opened(acme)).toEqual([["dorado", [old?.id]]]);
    await round(dorado, circle);
    expect(await opened(acme)).toHaveLength(1);
    expect((await checkTrail(acme.rooms)).judged().faults).toEqual([]);
    // It does not say whether it was a drill: whoever asks for either is told.
    const routes = auditRoutes(acme.rooms);
    for (const exercise of [true, false]) {
      const { rows } = await routes["audit.list"]({ exercise, limit: 100 }, { signal: calm, caller: owner });
      expect(rows.map(({ op }) => op).filter((op) => op === "opened")).toEqual(["opened"]);
      expect(rows.some(({ op }) => op === "disclosed")).toBe(!exercise);
    }
    // Whom the epoch names is told of by the row of its readers; a node that only passes on what others said has no row of it.
    const ember = party("ember", { clock: dorado.clock });
    await admits(acme, ember, circle);
    for (const to of [dorado, ember]) await sync(acme, to, circle);
    links(ember, dorado);
    await round(ember, circle);
    expect(await hears(ember, circle)).toContain("old");
    expect(await opened(dorado)).toEqual([]);
  });

  test("comes first: what cannot be written down is not given", async () => {
    const { circle, acme, dorado } = await newcomer("all");
    const posts = await sealedIn(dorado, circle);
    const { store } = acme.rooms;
    const full: Store = {
      ...store,
      commit: async (change) => {
        if (change.trail) throw new TocsinError("DISK_FULL", "the disk is full");
        return store.commit(change);
      },
    };
    const question = encodeAsk({ challenge: new Uint8Array(32), ids: posts.map(({ record }) => record.id) });
    const asks = async (): Promise<unknown> =>
      reseal({ ...acme.rooms, store: full }, dorado.rooms.me.id, { circle, question });
    expect(await refusalOf(asks)).toBe("DISK_FULL");
    expect(await opened(acme)).toEqual([]);
  });
});

describe("R39: an asker is given", () => {
  test("nothing where it is no member, or asks in a circle of its own for what was said in another", async () => {
    const { circle, acme, borealis, dorado } = await newcomer("all");
    const posts = await sealedIn(dorado, circle);
    const question = encodeAsk({ challenge: new Uint8Array(32), ids: posts.map(({ record }) => record.id) });
    const stranger = party("ember").rooms.me.id;
    expect(await refusalOf(() => reseal(acme.rooms, stranger, { circle, question }))).toBe("PEER_REFUSED");
    const other = await circleOfParties([acme, party("fjord", { clock: acme.clock })], {
      ...closePolicy,
      history: "all",
    });
    await admits(acme, dorado, other);
    await sync(acme, dorado, other);
    const answer = await reseal(acme.rooms, dorado.rooms.me.id, { circle: other, question });
    const exchange = {
      circle: other,
      giver: acme.rooms.me.id,
      asker: dorado.rooms.me.id,
      challenge: new Uint8Array(32),
    };
    const given = await openGiven(answer, exchange, (id) => dorado.rooms.keyring.value().prekeys.get(id));
    expect([given?.covered, given?.openings.size]).toEqual([posts.length, 0]);
    expect(borealis.rooms.circles.has(other)).toBe(false);
  });

  test("nothing while its org is frozen, and everything when that is over", async () => {
    const { circle, acme, dorado } = await newcomer("all");
    const until = acme.clock.now() + HOUR_MS;
    const freeze = { op: "freeze", member: dorado.rooms.me.id, until, reason: "laptop stolen" } as const;
    await declare(acme.rooms, liveOf(acme, circle), [{ kind: "roster", body: encodeChange(freeze) }]);
    expect(await refusalOf(() => demand(dorado, acme, circle))).toBe("PEER_REFUSED");
    acme.clock.advance(HOUR_MS);
    expect(await demand(dorado, acme, circle)).toEqual(["later", "meanwhile", "old"]);
  });

  test("what it was a recipient of, though its keyring is lost; what was posted while it was out is history", async () => {
    const clock = heldClock();
    const [acme, borealis, cygnus] = ["acme", "borealis", "cygnus"].map((name) => party(name, { clock }));
    if (!acme || !borealis || !cygnus) throw new Error("three parties");
    const circle = await circleOfParties([acme, borealis, cygnus]);
    await says(acme, circle, "in");
    clock.advance(HOUR_MS);
    await remove(acme.rooms, circle, cygnus.rooms.me.id);
    await says(acme, circle, "out");
    clock.advance(HOUR_MS);
    await cygnus.rooms.keyring.update(() => emptyKeyring);
    await admits(acme, cygnus, circle);
    await says(acme, circle, "back");
    await sync(acme, cygnus, circle);
    links(cygnus, acme);
    expect(await hears(cygnus, circle)).toEqual(["back"]);
    expect(await demand(cygnus, acme, circle)).toEqual(["in"]);
    await round(cygnus, circle);
    expect(await hears(cygnus, circle)).toEqual(["back", "in"]);
  });

  test("nothing of what a removed member sent around its removal", async () => {
    const clock = heldClock();
    const [acme, borealis, cygnus, dorado] = ["acme", "borealis", "cygnus", "dorado"].map((name) =>
      party(name, { clock }),
    );
    if (!acme || !borealis || !cygnus || !dorado) throw new Error("four parties");
    const circle = await circleOfParties([acme, borealis, cygnus], { ...closePolicy, history: "all" });
    await says(cygnus, circle, "counts");
    await sync(cygnus, acme, circle);
    await says(cygnus, circle, "around");
    await sync(cygnus, borealis, circle);
    expect(await hears(borealis, circle)).toContain("around");
    await remove(acme.rooms, circle, cygnus.rooms.me.id);
    await sync(acme, borealis, circle);
    await admits(acme, dorado, circle);
    await sync(acme, borealis, circle);
    await sync(borealis, dorado, circle);
    links(dorado, borealis);
    expect(await demand(dorado, borealis, circle)).toEqual(["counts"]);
    await round(dorado, circle);
    expect(await hears(dorado, circle)).toEqual(["counts"]);
  });

  test("no more of the past than who admitted it, whatever that one's clock says", async () => {
    const { circle, acme, dorado } = await newcomer("none");
    await promote(acme.rooms, circle, dorado.rooms.me.id);
    await sync(acme, dorado, circle);
    const early = party("dorado", { store: dorado.rooms.store, clock: heldClock(1) });
    await early.rooms.keyring.update(() => dorado.rooms.keyring.value());
    early.rooms.circles.set(circle, liveOf(dorado, circle));
    const ember = party("ember", { clock: acme.clock });
    await admits(early, ember, circle);
    await sync(early, acme, circle);
    await sync(acme, ember, circle);
    links(ember, acme);
    expect(await demand(ember, acme, circle)).toEqual(["meanwhile", "new"]);
  });
});

/** A page as a hostile giver would make it. */
type Forge = (
  ask: Ask,
  honest: {
    readonly exchange: Exchange;
    readonly records: readonly SignedRecord[];
    readonly openings: Given["openings"];
  },
) => Promise<Uint8Array> | Uint8Array;

describe("R40: of an answer", () => {
  /** Has borealis answer first, by `forge`, and acme after it. */
  async function attacked(forge: Forge): Promise<void> {
    const { circle, acme, borealis, dorado } = await newcomer("all");
    await sync(acme, borealis, circle);
    const prekey = (): ReturnType<typeof prekeyOf> => {
      const { state } = liveOf(borealis, circle);
      const member = rosterOf(state).members.get(dorado.rooms.me.id);
      if (!member) throw new Error("dorado is a member");
      return prekeyOf(state, member);
    };
    let lies = 0;
    dorado.neighbours.clear();
    dorado.neighbours.set(borealis.rooms.me.id, async (_, question) => {
      lies += 1;
      const ask = decodeAsk(question);
      const { challenge } = ask;
      const exchange = { circle, giver: borealis.rooms.me.id, asker: dorado.rooms.me.id, challenge };
      const openings = new Map<number, { salt: Uint8Array; body: Uint8Array }>();
      const records: SignedRecord[] = [];
      for (const [index, id] of ask.ids.entries()) {
        const opening = await borealis.rooms.store.opening(id);
        if (!opening) throw new Error("borealis holds everything open");
        records.push(decodeEnvelope(opening.envelope));
        openings.set(index, { salt: opening.salt, body: encodePost(opening.body) });
      }
      return forge(ask, { exchange: { ...exchange, prekey: prekey() } as Exchange, records, openings });
    });
    const before = [await hears(dorado, circle), await dorado.rooms.store.sealedCount(circle)];
    const desks: Desks = new Map();
    await round(dorado, circle, desks);
    expect(lies).toBe(1);
    expect([await hears(dorado, circle), await dorado.rooms.store.sealedCount(circle)]).toEqual(before);
    const refusals = dorado.events.filter(({ event }) => event === "history-refused");
    expect(refusals.map(({ fields }) => fields["reason"])).toEqual(["RESEAL_INVALID"]);
    // Left alone for a while, and the next member is asked.
    links(dorado, acme);
    await round(dorado, circle, desks);
    expect(lies).toBe(1);
    expect(await hears(dorado, circle)).toEqual(["later", "meanwhile", "new", "old"]);
  }

  const sealAs = async (given: Given, exchange: Exchange): Promise<Uint8Array> => {
    const { prekey } = exchange as Exchange & { readonly prekey: ReturnType<typeof prekeyOf> };
    const page = await sealGiven(given, exchange, prekey);
    if (!page) throw new Error("the prekey is sound");
    return page;
  };
  const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, index) => (index === 5 ? byte ^ 1 : byte));

  test.each<readonly [string, Forge]>([
    [
      "a body with one bit flipped",
      (_, { exchange, openings }) => {
        const twisted = [...openings].map(([index, one]) => [index, { ...one, body: flipped(one.body) }] as const);
        return sealAs({ covered: openings.size, openings: new Map(twisted) }, exchange);
      },
    ],
    [
      "one wrong salt among right ones",
      (_, { exchange, openings }) => {
        const last = openings.size - 1;
        const twisted = [...openings].map(
          ([index, one]) => [index, index === last ? { ...one, salt: flipped(one.salt) } : one] as const,
        );
        return sealAs({ covered: openings.size, openings: new Map(twisted) }, exchange);
      },
    ],
    [
      "what another record says",
      (_, { exchange, openings }) => {
        const [first, second] = openings.values();
        if (!first || !second) throw new Error("two openings");
        return sealAs({ covered: openings.size, openings: new Map([[0, second]]) }, exchange);
      },
    ],
    [
      "a post that was not asked for",
      ({ ids }, { exchange, openings }) => {
        const [first] = openings.values();
        if (!first) throw new Error("an opening");
        return sealAs({ covered: ids.length, openings: new Map([[ids.length, first]]) }, exchange);
      },
    ],
    [
      "what it does not cover",
      (_, { exchange, openings }) => sealAs({ covered: openings.size - 1, openings }, exchange),
    ],
    ["nothing that was asked for", (_, { exchange }) => sealAs({ covered: 0, openings: new Map() }, exchange)],
    [
      "more than was asked for",
      ({ ids }, { exchange }) => sealAs({ covered: ids.length + 1, openings: new Map() }, exchange),
    ],
    [
      "a page made for another circle",
      (_, { exchange, openings }) =>
        sealAs({ covered: openings.size, openings }, { ...exchange, circle: "ab".repeat(32) as CircleId }),
    ],
    [
      "a page made for another asker",
      (_, { exchange, openings }) =>
        sealAs({ covered: openings.size, openings }, { ...exchange, asker: exchange.giver }),
    ],
    [
      "a page of another giver",
      (_, { exchange, openings }) =>
        sealAs({ covered: openings.size, openings }, { ...exchange, giver: exchange.asker }),
    ],
    [
      "a page that answered an earlier question",
      (_, { exchange, openings }) =>
        sealAs({ covered: openings.size, openings }, { ...exchange, challenge: new Uint8Array(32) }),
    ],
    [
      "a page with a bit flipped",
      async (_, { exchange, openings }) =>
        (await sealAs({ covered: openings.size, openings }, exchange)).map((byte, index) =>
          index === 90 ? byte ^ 1 : byte,
        ),
    ],
    ["no page at all", () => encodeCbor(["nothing"])],
  ])("that gives %s nothing is taken, and the next member is asked", async (_, forge) => {
    await attacked(forge);
  });

  test("that is larger than a page nothing is decoded", async () => {
    const { circle, acme, dorado } = await newcomer("all");
    dorado.neighbours.set(acme.rooms.me.id, async () => new Uint8Array(limits.frameBytesMax));
    const before = await hears(dorado, circle);
    await round(dorado, circle);
    expect(await hears(dorado, circle)).toEqual(before);
    const refusals = dorado.events.filter(({ event }) => event === "history-refused");
    expect(refusals.map(({ fields }) => fields["reason"])).toEqual(["LIMIT_EXCEEDED"]);
  });

  test("that is sealed to a prekey which is not held any more nothing is taken, and nobody is blamed", async () => {
    const { circle, dorado } = await newcomer("all");
    await dorado.rooms.keyring.update(() => emptyKeyring);
    await round(dorado, circle);
    expect(await hears(dorado, circle)).toEqual(["new"]);
    expect(dorado.events.filter(({ event }) => event === "history-refused")).toEqual([]);
  });
});

describe("asking", () => {
  /** A store that counts the sealed posts that are walked. */
  function counted(): { readonly store: Store; readonly walked: () => number } {
    const store = memoryStore();
    let walked = 0;
    const sealed: Store["sealed"] = async function* (circle, after) {
      for await (const row of store.sealed(circle, after)) {
        walked += 1;
        yield row;
      }
    };
    return { store: { ...store, sealed }, walked: () => walked };
  }

  test("costs nothing for what nobody may give: it is looked at once, and nobody is asked", async () => {
    const clock = heldClock();
    const { store, walked } = counted();
    const [acme, dorado] = [party("acme", { clock }), party("dorado", { clock, store })];
    const circle = await circleOfParties([acme]);
    await says(acme, circle, ...Array.from({ length: 300 }, (_, n) => `old ${n}`));
    clock.advance(HOUR_MS);
    await admits(acme, dorado, circle);
    await sync(acme, dorado, circle);
    let asked = 0;
    dorado.neighbours.set(acme.rooms.me.id, async () => {
      asked += 1;
      return new Uint8Array(1);
    });
    const desks: Desks = new Map();
    for (let day = 0; day < 30; day++) {
      await round(dorado, circle, desks);
      clock.advance(DAY_MS);
    }
    expect([asked, walked()]).toEqual([0, 300]);
  });

  test("a member that withholds is asked again after pauses that double up to six hours; new posts are asked for at once", async () => {
    const { circle, acme, borealis, dorado } = await newcomer("all");
    let asked = 0;
    dorado.neighbours.set(acme.rooms.me.id, async (_, question) => {
      asked += 1;
      const { challenge, ids } = decodeAsk(question);
      const { state } = liveOf(acme, circle);
      const member = rosterOf(state).members.get(dorado.rooms.me.id);
      if (!member) throw new Error("dorado is a member");
      const exchange = { circle, giver: acme.rooms.me.id, asker: dorado.rooms.me.id, challenge };
      const page = await sealGiven({ covered: ids.length, openings: new Map() }, exchange, prekeyOf(state, member));
      return page ?? new Uint8Array(1);
    });
    const desks: Desks = new Map();
    const start = dorado.clock.monotonic();
    for (let due = start; due < start + 7 * DAY_MS;) {
      due = await round(dorado, circle, desks);
      dorado.clock.advance(due - dorado.clock.monotonic());
    }
    expect(asked).toBeGreaterThan(25);
    expect(asked).toBeLessThan(45);
    await round(dorado, circle, desks);
    const before = asked;
    await round(dorado, circle, desks);
    expect(asked).toBe(before);
    await says(borealis, circle, "still not told");
    await sync(borealis, acme, circle);
    await sync(acme, dorado, circle);
    await round(dorado, circle, desks);
    expect(asked).toBe(before + 1);
  });

  test("a member that is gone or silent is left alone, and the others are asked", async () => {
    const { circle, acme, borealis, dorado } = await newcomer("all");
    await sync(acme, borealis, circle);
    dorado.neighbours.set(acme.rooms.me.id, async () => Promise.reject(new Error("the stream broke")));
    links(dorado, borealis);
    await round(dorado, circle);
    expect(await hears(dorado, circle)).toEqual(["later", "meanwhile", "new", "old"]);
  });

  test("takes answers in parts where they do not fit one", async () => {
    const clock = heldClock();
    const [acme, dorado] = [party("acme", { clock }), party("dorado", { clock })];
    const circle = await circleOfParties([acme], { ...closePolicy, history: "all" });
    const texts = Array.from({ length: 40 }, (_, n) => `${n} ${"x".repeat(15_000)}`);
    await says(acme, circle, ...texts);
    await admits(acme, dorado, circle);
    await sync(acme, dorado, circle);
    let asked = 0;
    dorado.neighbours.set(acme.rooms.me.id, async (_, question) => {
      asked += 1;
      const answer = await reseal(acme.rooms, dorado.rooms.me.id, { circle, question });
      expect(answer.length).toBeLessThan(limits.frameBytesMax);
      return answer;
    });
    await round(dorado, circle);
    expect(await hears(dorado, circle)).toEqual([...texts].sort());
    expect(asked).toBe(3);
  });
});

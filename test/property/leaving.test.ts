// The promise of markings, for everything that people can do to carry words somewhere: random lives of three circles, and after each step
// every word that a node holds, hands to a program, writes as evidence or shows is held against a table of who may have it. The table is
// written down here once more, from the documents and not from the code that is tried.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { postRoutes } from "../../src/api/routes-post.ts";
import { mayHook } from "../../src/api/may-hook.ts";
import { presentItem } from "../../src/api/present.ts";
import { scrubbingOf } from "../../src/api/scrubbing.ts";
import { TocsinError } from "../../src/base/errors.ts";
import { defaultPolicy, type Policy } from "../../src/circle/change.ts";
import { arrivalOf } from "../../cli/notice-words.ts";
import { compileEvidence } from "../../src/node/evidence.ts";
import { askAround } from "../../src/node/history.ts";
import { found, remove } from "../../src/node/membership.ts";
import { newBook, note } from "../../src/notify/notify.ts";
import type { CircleId } from "../../src/record/ids.ts";
import { printId } from "../../src/record/ids.ts";
import { type Pap, PAP_LEVELS, type Tlp, TLP_LEVELS } from "../../src/record/marking.ts";
import type { Item } from "../../src/store/store.ts";
import { owner, staffOf } from "../help/callers.ts";
import { admits, heldClock, links, liveOf, type Party, party, sync } from "../help/memory-rooms.ts";

const ORGS = ["acme", "borealis", "cygnus", "dorado"] as const;
type Org = (typeof ORGS)[number];
const HOUR_MS = 3_600_000;
const session = { signal: AbortSignal.timeout(600_000), caller: owner };

/** The circles: who is in at first, the founder and only steward first, and the rules that the table needs. */
const CIRCLES = [
  {
    name: "inner",
    members: ["acme", "borealis", "cygnus"],
    rules: { unverified: "withhold", export: "members", maxTlp: "red", history: "none" },
  },
  {
    name: "wide",
    members: ["borealis", "cygnus", "dorado"],
    rules: { unverified: "read", export: "stewards", maxTlp: "red", history: "all" },
  },
  {
    name: "shut",
    members: ["cygnus", "acme"],
    rules: { unverified: "read", export: "nobody", maxTlp: "amber", history: "all" },
  },
] as const satisfies readonly { name: string; members: readonly Org[]; rules: Partial<Policy> }[];

const KINDS = ["sighting", "note", "alert", "ask", "incident", "vuln"] as const;
const org = fc.constantFrom(...ORGS);
const circle = fc.nat(CIRCLES.length - 1);
const tlp = fc.constantFrom(...TLP_LEVELS);
const pap = fc.option(fc.constantFrom(...PAP_LEVELS), { nil: undefined });
const which = fc.nat(20);
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      does: fc.constant("say"),
      which,
      org,
      circle,
      tlp,
      pap,
      kind: fc.constantFrom(...KINDS),
      named: fc.constantFrom("nobody", "all", "one"),
      soon: fc.boolean(),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ does: fc.constant("relay"), org, which, circle, tlp: fc.option(tlp, { nil: undefined }) }),
  },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("widen"), which, tlp, credit: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant("amend"), which, tlp: fc.option(tlp, { nil: undefined }) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("retract"), which }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant("verify"), org, other: org }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("admit"), circle, org }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("remove"), circle, org }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("wait") }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const rank = (level: Tlp): number => TLP_LEVELS.indexOf(level);
/** What was said, as the table sees it. */
type Said = {
  readonly item: string;
  readonly circle: number;
  readonly by: Org;
  readonly pap: Pap | undefined;
  readonly expires: number | undefined;
  /** The marking and the canary that stand now, and every canary that stood. */
  tlp: Tlp;
  canaries: string[];
  /** As if it were marked so, for the words that stand. */
  limit: Tlp | undefined;
  credit: boolean;
  /** Who may know these words, by any way. */
  readonly readers: Set<Org>;
  withdrawn: boolean;
};

/** The circles and everything that is known of them. */
class World {
  readonly clock = heldClock();
  readonly parties = new Map<Org, Party>();
  readonly ids: CircleId[] = [];
  readonly members: Set<Org>[] = CIRCLES.map(({ members }) => new Set<Org>(members));
  readonly gone: Set<Org>[] = CIRCLES.map(() => new Set<Org>());
  readonly verified = new Set<string>();
  readonly said: Said[] = [];
  canaries = 0;

  at(name: Org): Party {
    const one = this.parties.get(name);
    if (!one) throw new Error(`no ${name}`);
    return one;
  }

  idOf(index: number): CircleId {
    const id = this.ids[index];
    if (!id) throw new Error("no such circle");
    return id;
  }

  fresh(): string {
    return `canary${this.canaries++}q`;
  }
}

async function founded(): Promise<World> {
  const world = new World();
  for (const name of ORGS) world.parties.set(name, party(name, { clock: world.clock }));
  for (const { name, members, rules } of CIRCLES) {
    const [first, ...others] = members.map((one) => world.at(one)) as [Party, ...Party[]];
    const { row } = await found(first.rooms, name, { ...defaultPolicy, suite: 1, gossip: false, refound: 0, ...rules });
    for (const other of others) await admits(first, other, row.id);
    world.ids.push(row.id);
  }
  for (const one of world.parties.values())
    for (const other of world.parties.values()) if (one !== other) links(one, other);
  await settle(world);
  return world;
}

/** Everybody holds everything, and asks for what its rules let it open. */
async function settle(world: World): Promise<void> {
  for (const [index, id] of world.ids.entries()) {
    const members = [...(world.members[index] ?? [])].map((name) => world.at(name));
    for (let round = 0; round < 2; round++)
      for (const from of members) for (const to of members) if (from !== to) await sync(from, to, id);
    for (const node of members)
      await askAround(node.rooms, liveOf(node, id), { desks: new Map(), signal: session.signal });
  }
}

/** The table: why something should not have been posted in a circle. */
function whyNotPosted(
  world: World,
  index: number,
  by: Org,
  { tlp: marked, to }: { tlp: Tlp; to: readonly Org[] | undefined },
): string | undefined {
  const rules = CIRCLES[index]?.rules;
  const others = [...(world.members[index] ?? [])].filter((one) => one !== by);
  if (!rules || !world.members[index]?.has(by)) return "its author is no member";
  if (rank(marked) > rank(rules.maxTlp)) return "stricter than the circle takes";
  if (marked === "red" && !to) return "RED that names nobody";
  if (to && (to.length !== others.length || !others.every((one) => to.includes(one))))
    return "others read it than it names";
  const isWithheld = rules.unverified === "withhold" && rank(marked) > rank("amber");
  return isWithheld && others.some((one) => !world.verified.has(`${by} ${one}`))
    ? "somebody is not verified"
    : undefined;
}

/** The table: why something should not have been carried to a circle, and how it may be marked there at the widest. */
function whyNotCarried(world: World, said: Said, by: Org, index: number): { why: string | undefined; widest: Tlp } {
  const widest = said.limit !== undefined && rank(said.limit) < rank(said.tlp) ? said.limit : said.tlp;
  const rules = CIRCLES[said.circle]?.rules;
  const others = [...(world.members[index] ?? [])].filter((one) => one !== by);
  const readsFirst = world.members[said.circle]?.has(by) || said.readers.has(by);
  if (!readsFirst) return { why: "who carries it cannot read it", widest };
  if (said.withdrawn) return { why: "it was withdrawn", widest };
  if (widest === "red") return { why: "RED is carried", widest };
  if (said.by === by) return { why: undefined, widest };
  const founder = CIRCLES[said.circle]?.members[0];
  if (rules?.export === "nobody" || (rules?.export === "stewards" && founder !== by))
    return { why: "the rules let nobody export it", widest };
  if (rank(widest) > rank("green") && others.some((one) => !said.readers.has(one)))
    return { why: "AMBER reaches new readers", widest };
  return { why: undefined, widest };
}

/** Asks a node to post as its owner; what it refuses is no matter here. */
async function tries(
  world: World,
  by: Org,
  what: "post" | "relay",
  params: Record<string, unknown>,
): Promise<string | undefined> {
  const { rooms } = world.at(by);
  const routes = postRoutes(rooms, await staffOf(rooms), scrubbingOf(rooms, { path: "" }));
  try {
    const result = await routes[what](params, session);
    return result.state === "held" || result.id === "" ? undefined : result.id;
  } catch (cause) {
    if (cause instanceof TocsinError && cause.code !== "INTERNAL") return undefined;
    throw cause;
  }
}

async function itemOf(node: Party, printed: string): Promise<Item | undefined> {
  const items = await Promise.all(
    [...node.rooms.circles.keys()].map(async (id) =>
      Array.fromAsync(node.rooms.store.feed({ circle: id, limit: 1_000 })),
    ),
  );
  return items.flat().find(({ id, body }) => printId(body.kind, id) === printed);
}

/** Mostly somebody who has business there; now and then anybody. */
function somebody(orgs: Iterable<Org>, asked: Org, chance: number): Org {
  const all = [...orgs];
  return chance % 5 === 0 ? asked : (all[ORGS.indexOf(asked) % Math.max(1, all.length)] ?? asked);
}

async function act(world: World, one: Step): Promise<void> {
  world.clock.advance(60_000);
  if (one.does === "wait") return world.clock.advance(2 * HOUR_MS);
  if (one.does === "verify") {
    if (one.org === one.other) return;
    const { certificate, id } = world.at(one.other).rooms.me;
    const word = {
      orgKey: certificate.orgKey,
      state: "verified",
      how: "words",
      at: world.clock.now(),
      seat: "kim",
      org: one.other,
      members: [id],
    } as const;
    await world.at(one.org).rooms.trust.put(word);
    world.verified.add(`${one.org} ${one.other}`);
    return;
  }
  if (one.does === "admit" || one.does === "remove") return changeMembers(world, one);
  if (one.does === "say") return say(world, one);
  const said = world.said[one.which % Math.max(1, world.said.length)];
  if (!said) return;
  if (one.does === "relay") return relay(world, said, one);
  // Whoever was removed and has not heard of it corrects nothing for the others.
  if (!world.members[said.circle]?.has(said.by)) return;
  const about = { circle: world.idOf(said.circle) };
  if (one.does === "widen") {
    if (
      await tries(world, said.by, "post", {
        ...about,
        draft: { kind: "widen", re: said.item, limit: one.tlp, ...(one.credit && { credit: true }) },
      })
    ) {
      said.limit = one.tlp;
      said.credit = one.credit;
    }
  } else if (one.does === "retract") {
    if (await tries(world, said.by, "post", { ...about, draft: { kind: "retract", re: said.item } }))
      said.withdrawn = true;
  } else {
    const canary = world.fresh();
    const draft = { kind: "amend", re: said.item, text: canary, ...(one.tlp && { tlp: one.tlp }) };
    if (await tries(world, said.by, "post", { ...about, draft })) {
      // An amendment is marked as what stands, or more strictly.
      if (one.tlp && rank(one.tlp) > rank(said.tlp)) said.tlp = one.tlp;
      said.canaries.push(canary);
      said.limit = undefined;
      said.credit = false;
      for (const reader of world.members[said.circle] ?? []) said.readers.add(reader);
    }
  }
}

async function say(world: World, asked: Extract<Step, { does: "say" }>): Promise<void> {
  const members = world.members[asked.circle] ?? new Set();
  const one = { ...asked, org: somebody(members, asked.org, asked.which) };
  const canary = world.fresh();
  const others = [...(world.members[one.circle] ?? [])].filter((name) => name !== one.org);
  const to = one.named === "nobody" ? undefined : one.named === "all" ? others : others.slice(0, 1);
  const expires = one.soon ? world.clock.now() + HOUR_MS : undefined;
  const draft = {
    ...{ kind: one.kind, tlp: one.tlp, title: `${canary}t`, text: canary, indicators: [`domain:${canary}.example`] },
    ...(one.pap && { pap: one.pap }),
    ...(to && to.length > 0 && { to }),
    ...(expires !== undefined && { expires: new Date(expires).toISOString() }),
    ...(one.kind === "vuln" && { product: `${canary}p`, severity: "minor", exploited: "known" }),
  };
  const item = await tries(world, one.org, "post", { circle: world.idOf(one.circle), draft });
  if (!item) return;
  // Who was removed and has not heard of it speaks to nobody.
  const isMember = world.members[one.circle]?.has(one.org) === true;
  const why = isMember
    ? whyNotPosted(world, one.circle, one.org, { tlp: one.tlp, to: to?.length === 0 ? undefined : to })
    : undefined;
  expect([why, one]).toEqual([undefined, one]);
  const readers = new Set(isMember ? world.members[one.circle] : [one.org]);
  world.said.push({
    item,
    circle: one.circle,
    by: one.org,
    pap: one.pap,
    expires,
    tlp: one.tlp,
    canaries: [canary],
    limit: undefined,
    credit: false,
    readers,
    withdrawn: false,
  });
}

async function relay(world: World, said: Said, asked: Extract<Step, { does: "relay" }>): Promise<void> {
  const members = world.members[asked.circle] ?? new Set();
  const one = {
    ...asked,
    org: somebody(
      [...members].filter((name) => said.readers.has(name)),
      asked.org,
      asked.which,
    ),
  };
  const copy = await tries(world, one.org, "relay", {
    id: said.item,
    circle: world.idOf(one.circle),
    ...(one.tlp && { tlp: one.tlp }),
  });
  if (!copy) return;
  const { why, widest } = whyNotCarried(world, said, one.org, one.circle);
  expect([why, one, said]).toEqual([undefined, one, said]);
  const item = await itemOf(world.at(one.org), copy);
  if (!item) throw new Error("what was carried is not there");
  const { tlp: marked } = item.body;
  expect([rank(marked) < rank(widest), marked, one]).toEqual([false, marked, one]);
  const others = [...(world.members[one.circle] ?? [])].filter((name) => name !== one.org);
  const to = item.body.to && others;
  expect(item.body.to === undefined || item.body.to.length === others.length).toBe(true);
  const isMember = world.members[one.circle]?.has(one.org) === true;
  if (isMember) expect([whyNotPosted(world, one.circle, one.org, { tlp: marked, to }), one]).toEqual([undefined, one]);
  // Whose it is and where from is told to those who know, and to others as author and label let it be.
  const isNews = others.some((name) => !said.readers.has(name));
  const from = "relayed" in item.body ? item.body.relayed : undefined;
  if (isNews && widest !== "clear") expect(from?.circle).toBeUndefined();
  if (isNews && said.by !== one.org && !said.credit) expect(from?.org).toBeUndefined();
  const readers = new Set(isMember ? world.members[one.circle] : [one.org]);
  for (const reader of readers) said.readers.add(reader);
  const copied = world.said.find((known) => known.item === copy);
  if (!copied)
    world.said.push({
      item: copy,
      circle: one.circle,
      by: one.org,
      pap: said.pap,
      expires: said.expires,
      tlp: marked,
      canaries: [...said.canaries],
      limit: undefined,
      credit: false,
      readers,
      withdrawn: false,
    });
}

async function changeMembers(world: World, one: Extract<Step, { does: "admit" | "remove" }>): Promise<void> {
  const [members, id] = [world.members[one.circle], world.idOf(one.circle)];
  const founder = CIRCLES[one.circle]?.members[0];
  if (!members || !founder || one.org === founder || world.gone[one.circle]?.has(one.org)) return;
  if (one.does === "remove") {
    if (!members.has(one.org)) return;
    await remove(world.at(founder).rooms, id, world.at(one.org).rooms.me.id);
    members.delete(one.org);
    world.gone[one.circle]?.add(one.org);
  } else if (!members.has(one.org)) {
    await admits(world.at(founder), world.at(one.org), id);
    members.add(one.org);
    // What the rules give of the time before; never what names its recipients.
    if (CIRCLES[one.circle]?.rules.history !== "all") return;
    for (const said of world.said) {
      const item = await itemOf(world.at(said.by), said.item);
      if (said.circle === one.circle && item && !item.body.to) said.readers.add(one.org);
    }
  }
}

/** Looks at everything that every node has and gives. */
async function look(world: World): Promise<void> {
  const readersOf = (canary: string): ReadonlySet<Org> =>
    new Set(world.said.filter(({ canaries }) => canaries.includes(canary)).flatMap(({ readers }) => [...readers]));
  const found = (text: string): readonly string[] => [
    ...new Set([...text.matchAll(/canary\d+q/g)].map(([one]) => one)),
  ];
  for (const [name, node] of world.parties) {
    for (const [index, id] of world.ids.entries()) {
      if (!node.rooms.circles.has(id)) continue;
      for (const item of await Array.fromAsync(node.rooms.store.feed({ circle: id, limit: 1_000 }))) {
        const words = found(JSON.stringify(item.body));
        const strangers = words.filter((canary) => !readersOf(canary).has(name));
        expect([name, strangers]).toEqual([name, []]);
        const printed = printId(item.body.kind, item.id);
        const said = world.said.find((one) => one.item === printed);
        if (!said || !world.members[index]?.has(name)) continue;
        await leaves(world, { name, node, item, said });
        // Nobody who heard of it has a word of what was withdrawn.
        if (said.withdrawn) expect([name, words]).toEqual([name, []]);
      }
    }
  }

  /** To programs, files and people over whose shoulders others look. */
  async function leaves(
    _: World,
    { name, node, item, said }: { name: Org; node: Party; item: Item; said: Said },
  ): Promise<void> {
    const document = await presentItem(node.rooms, item);
    const isOver = said.withdrawn || (said.expires !== undefined && said.expires <= world.clock.now());
    for (const [index, does] of (["passive", "third-party", "active"] as const).entries())
      for (const cap of ["clear", "green", "amber", "amber+strict"] as const) {
        const deeds = { red: 1, amber: 2, green: 3, clear: 3 }[said.pap ?? "clear"];
        const may = !isOver && rank(said.tlp) <= rank(cap) && index < deeds;
        expect([name, said.item, does, cap, mayHook(document, { maxTlp: cap, does })]).toEqual([
          name,
          said.item,
          does,
          cap,
          may,
        ]);
      }
    const arrival = arrivalOf(document, name);
    const settings = { rules: [{ tell: "now" }], zone: "UTC", pierce: [], digest: [], words: true } as const;
    const noted =
      arrival &&
      note(settings, newBook(settings, world.clock.now()), arrival, { now: world.clock.now(), perMinute: 10 });
    const shown = found(JSON.stringify(noted?.notices ?? []));
    if (rank(said.tlp) > rank("green") || said.withdrawn)
      expect([name, said.item, shown]).toEqual([name, said.item, []]);
    const rules = CIRCLES[said.circle]?.rules;
    const exports =
      rules?.export === "members" || (rules?.export === "stewards" && CIRCLES[said.circle]?.members[0] === name);
    const isOwn = said.by === name;
    const mayFile = !said.withdrawn && said.tlp !== "red" && (isOwn || (exports && rank(said.tlp) <= rank("green")));
    const file = await compileEvidence(node.rooms, item, { body: true }).catch((cause: unknown) => {
      if (cause instanceof TocsinError && cause.code !== "INTERNAL") return undefined;
      throw cause;
    });
    const written = found(Buffer.from(file?.file ?? []).toString("latin1"));
    if (!mayFile) expect([name, said.item, written]).toEqual([name, said.item, []]);
  }
}

test(
  "no word leaves above its marking, whatever is said, carried, widened, amended, withdrawn and waited for, by whomever",
  { timeout: 300_000 },
  async () => {
    let posted = 0;
    let carried = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60, size: "max" }), async (steps) => {
        const world = await founded();
        for (const one of steps) {
          const before = world.said.length;
          await act(world, one);
          if (one.does === "relay") carried += world.said.length - before;
          else posted += world.said.length - before;
          if (one.does !== "verify") await settle(world);
        }
        await look(world);
      }),
      { numRuns: 15, endOnFailure: true },
    );
    // Where nothing is said nothing leaks.
    expect([posted > 30, carried > 1, posted, carried]).toEqual([true, true, posted, carried]);
  },
);

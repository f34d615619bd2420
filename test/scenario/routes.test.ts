// What the local API answers about a real circle: pages that fit a line, threads, delivery, status.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keyRoutes } from "../../src/api/routes-keys.ts";
import { circleRoutes } from "../../src/api/routes-circle.ts";
import { postRoutes } from "../../src/api/routes-post.ts";
import { scrubbingOf } from "../../src/api/scrubbing.ts";
import { readRoutes, subscribeTo } from "../../src/api/routes-read.ts";
import { presentStatus } from "../../src/api/status.ts";
import type { FeedDocument } from "../../src/api/documents.ts";
import { limits } from "../../src/base/limits.ts";
import { readMark } from "../../src/node/reading.ts";
import { owner, staffOf } from "../help/callers.ts";
import type { Session } from "../../src/api/desk.ts";
import type { Staff } from "../../src/api/held-posts.ts";
import { circleOf, type Org, sees, sighting, type World } from "../help/world.ts";

const session = (): Session => ({ signal: AbortSignal.timeout(20_000), caller: owner });
const daemon = { pid: 1, version: "0", uptimeMs: 1, locked: false };

describe("the routes of a node in a circle of two", () => {
  let world: World;
  let acme: Org;
  let borealis: Org;
  let staff: Staff;

  beforeAll(async () => {
    world = await circleOf("acme", "borealis");
    [acme, borealis] = [world.org("acme"), world.org("borealis")];
    staff = await staffOf(acme.rooms);
  });
  afterAll(async () => world[Symbol.asyncDispose]());

  const routes = (
    org: Org,
  ): ReturnType<typeof postRoutes> & ReturnType<typeof readRoutes> & ReturnType<typeof circleRoutes> => ({
    ...postRoutes(org.rooms, staff, scrubbingOf(org.rooms, { path: "" })),
    ...readRoutes(org.rooms),
    ...circleRoutes(org.rooms),
  });

  test("a feed of large items comes in pages that fit one line, and the pages leave nothing out", async () => {
    const ids: string[] = [];
    for (let turn = 0; turn < 60; turn++) {
      const { id } = await routes(acme).post(
        { draft: { kind: "sighting", text: `${turn} ${"x".repeat(15_000)}` } },
        session(),
      );
      ids.push(id);
    }
    const found: string[] = [];
    let pages = 0;
    for (let before: string | null | undefined; before !== null; pages += 1) {
      const page: FeedDocument = await routes(acme).feed(
        { limit: 1_000, ...(before === undefined ? {} : { before }) },
        session(),
      );
      expect(JSON.stringify(page).length).toBeLessThan(limits.apiLineBytesMax);
      found.push(...page.items.map((one) => one.id));
      before = page.next;
    }
    expect(pages).toBeGreaterThan(1);
    expect(found).toEqual(ids.toReversed());
  });

  test("a rekey answers the new epoch and who has it, and is what the other sends under from then on", async () => {
    const document = await keyRoutes(borealis.rooms)["circle.rekey"](
      { circle: "retail-eu", compromised: true },
      session(),
    );
    expect(document).toMatchObject({ schema: "tocsin.rekey/1", circle: "retail-eu", compromised: true });
    expect([...document.recipients].sort()).toEqual(["acme", "borealis"]);
    const shown = async (): Promise<string | undefined> =>
      (await routes(acme)["circle.show"]({ circle: "retail-eu" }, session())).epoch?.id;
    for (let seen = acme.rooms.changes.count(); (await shown()) !== document.epoch; seen = acme.rooms.changes.count())
      await acme.rooms.changes.after(seen, session().signal);
    const [post] = await acme.posts(world.circle, sighting("ip:203.0.113.9"));
    expect(post?.epoch).toBe(document.epoch);
    if (post) await sees(borealis, [post]);
  });

  test("a page of the asked length tells where the next one starts, and the last one that there is none", async () => {
    const first = await routes(acme).feed({ limit: 2 }, session());
    expect(first.items).toHaveLength(2);
    expect(first.next).toBe(first.items.at(-1)?.cursor);
    const all = await routes(acme).feed({ limit: 1, since: "2999-01-01T00:00:00Z" }, session());
    expect(all).toMatchObject({ items: [], next: null });
  });

  test("an alert gathers what others say: acknowledgements, replies, who saw it too", async () => {
    const alert = await routes(acme).post(
      {
        draft: { kind: "alert", title: "phish", tlp: "red", to: ["borealis"] },
        wait: { for: "delivered", timeoutMs: 10_000 },
      },
      session(),
    );
    expect(alert).toMatchObject({ state: "delivered", tlp: "red", delivered: { held: ["borealis"], of: 1 } });
    const ack = { kind: "ack", re: alert.id.slice(0, 8).toLowerCase(), text: "blocked" } as const;
    await routes(borealis).post({ draft: ack }, session());
    await routes(borealis).post({ draft: { kind: "sighting", re: alert.id } }, session());
    const reply = await routes(borealis).post(
      { draft: { kind: "reply", re: alert.id, text: "two users" }, wait: { for: "delivered", timeoutMs: 10_000 } },
      session(),
    );
    // An answer is marked as what it answers.
    expect(reply.tlp).toBe("red");
    const shown = await routes(acme).show({ id: alert.id }, session());
    expect(shown).toMatchObject({
      alert: { acks: [{ org: "borealis", note: "blocked" }] },
      sawToo: ["borealis"],
      delivery: [{ org: "borealis", state: "acked" }],
      threadCut: false,
    });
    expect(shown.thread.map((one) => one.kind).sort()).toEqual(["ack", "reply", "sighting"]);
    expect([...shown.audience].sort()).toEqual(["acme", "borealis"]);
  });

  test("a dry run says whom it would reach and posts nothing", async () => {
    const before = await acme.items(world.circle);
    const rehearsed = await routes(acme).post({ draft: { kind: "sighting", text: "x" }, dryRun: true }, session());
    expect(rehearsed).toMatchObject({ id: "", state: "queued", delivered: { held: [], of: 1 } });
    expect(await acme.items(world.circle)).toHaveLength(before.length);
  });

  test("a record of an import that is too large for one is rejected alone, whether it has a key or not", async () => {
    const large = Array.from({ length: 400 }, (_, index) => `other:${index}-${"x".repeat(190)}`);
    const records = [
      { key: "k1", draft: { kind: "sighting", text: "fits" } },
      { key: "k2", draft: { kind: "sighting", indicators: large } },
      { draft: { kind: "sighting", indicators: large } },
      { key: "k3", draft: { kind: "sighting", text: "fits as well" } },
    ] as const;
    const { results } = await routes(acme).import({ records }, session());
    expect(results.map(({ state }) => state)).toEqual(["queued", "rejected", "rejected", "queued"]);
    expect(results[1]?.error).toMatchObject({ code: "bad_input" });
  });

  test("a key makes a repeat answer the first item", async () => {
    const first = await routes(acme).post({ draft: { kind: "sighting", text: "once" }, key: "edr-1" }, session());
    const again = await routes(acme).post({ draft: { kind: "sighting", text: "twice" }, key: "edr-1" }, session());
    expect(again).toMatchObject({ id: first.id, state: "duplicate" });
  });

  test("unread items are counted until they are marked as read; acknowledgements are no news", async () => {
    const items = await borealis.items(world.circle);
    await sees(acme, items);
    const open = (await presentStatus(acme.rooms, daemon)).circles[0];
    expect(open).toMatchObject({ unread: 2, needAck: 0, behind: 0, members: 2 });
    const { cursor } = await routes(acme).feed({ limit: 1 }, session());
    await routes(acme)["read.mark"]({ circle: "retail-eu", cursor }, session());
    expect((await presentStatus(acme.rooms, daemon)).circles[0]).toMatchObject({ unread: 0 });
    expect((await routes(acme).feed({ limit: 10, unread: true }, session())).items).toEqual([]);
    // The other side has not acknowledged its own copy of nothing: its alert count is about others' alerts.
    expect((await presentStatus(borealis.rooms, daemon)).circles[0]).toMatchObject({ needAck: 0 });
  });

  test("what is unread is the same, page by page, as what the whole feed has after the mark", async () => {
    const said = { kind: "sighting", tlp: "green", seat: "kim", indicators: [], techniques: [] } as const;
    for (let turn = 0; turn < 7; turn++) await borealis.posts(world.circle, { ...said, text: `unread ${turn}` });
    await sees(acme, await borealis.items(world.circle));
    await routes(acme).post({ draft: { kind: "sighting", text: "our own is no news" } }, session());
    const mark = await readMark(acme.rooms, world.circle);
    expect(mark).toBeGreaterThan(0);
    const { items: whole } = await routes(acme).feed({ limit: 1_000 }, session());
    const wanted = whole.filter(({ mine, cursor }) => !mine && Number(cursor) > mark).map(({ id }) => id);
    expect(wanted).toHaveLength(7);
    const found: string[] = [];
    for (let before: string | null | undefined; before !== null;) {
      const asked = { limit: 3, unread: true, ...(before === undefined ? {} : { before }) };
      const page: FeedDocument = await routes(acme).feed(asked, session());
      found.push(...page.items.map(({ id }) => id));
      before = page.next;
    }
    expect(found).toEqual(wanted);
    expect((await routes(acme).feed({ limit: 9, unread: true, kinds: ["alert"] }, session())).items).toEqual([]);
    const { cursor } = await routes(acme).feed({ limit: 1 }, session());
    await routes(acme)["read.mark"]({ circle: "retail-eu", cursor }, session());
  });

  test("a subscription goes on from its cursor and misses nothing", async () => {
    const stop = new AbortController();
    const opened = await subscribeTo(acme.rooms)({ after: "" }, { signal: stop.signal, caller: owner });
    const posted = await borealis.posts(world.circle, {
      kind: "sighting",
      tlp: "green",
      seat: "kim",
      text: "live",
      indicators: [],
      techniques: [],
    });
    const texts: (string | null)[] = [];
    for await (const event of opened.events) {
      if (event.kind !== "item") continue;
      texts.push(event.item.text);
      if (texts.length === posted.length) stop.abort();
    }
    expect(texts).toEqual(["live"]);
    const again = new AbortController();
    const from = await subscribeTo(acme.rooms)({ after: opened.cursor }, { signal: again.signal, caller: owner });
    for await (const event of from.events) {
      if (event.kind === "item") expect(event.item.text).toBe("live");
      again.abort();
    }
  });

  test.each([
    ["an unknown field", { draft: { kind: "sighting", text: "x", tpl: "red" } }],
    ["an item that does not exist", { draft: { kind: "reply", re: "s-000000", text: "x" } }],
    ["a kind that does not exist", { draft: { kind: "poem", text: "x" } }],
  ])("%s is refused and posts nothing", async (_, params) => {
    const before = (await acme.items(world.circle)).length;
    await expect(routes(acme).post(params, session())).rejects.toMatchObject({ name: "TocsinError" });
    expect(await acme.items(world.circle)).toHaveLength(before);
  });
});

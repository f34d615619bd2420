// The promise of a retraction, for everything that a node can be asked: random lives of a circle, and after each step every way in which
// a node gives something is looked through for words that it knows to be withdrawn; at the end its disk is.

import * as fc from "fast-check";
import { owner, staffOf } from "../help/callers.ts";
import { expect, test } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import { auditRoutes } from "../../src/api/routes-audit.ts";
import { boardRoutes } from "../../src/api/routes-board.ts";
import { custodyRoutes } from "../../src/api/routes-custody.ts";
import { outboxRoutes } from "../../src/api/routes-outbox.ts";
import { readRoutes, subscribeTo } from "../../src/api/routes-read.ts";
import { presentStatus } from "../../src/api/status.ts";
import { errorDocumentOf } from "../../src/api/problem.ts";
import { isHeldBy } from "../../src/circle/hold.ts";
import { carried } from "../../src/node/bundle.ts";
import { hold, release } from "../../src/node/custody.ts";
import { asTocsinError } from "../../src/base/errors.ts";
import { compileEvidence } from "../../src/node/evidence.ts";
import { loadCircles } from "../../src/node/load.ts";
import { post } from "../../src/node/post.ts";
import { eraseExpired } from "../../src/node/retention.ts";
import { circleNamed, type Rooms } from "../../src/node/rooms.ts";
import { type Amendable, isAmendable, type PostBody } from "../../src/record/body.ts";
import { type CircleId, printId, type RecordId } from "../../src/record/ids.ts";
import { decodeEnvelope } from "../../src/record/wire.ts";
import type { Store } from "../../src/store/store.ts";
import {
  allOf,
  circleOfParties,
  closePolicy,
  enrols,
  hands,
  type HeldClock,
  heldClock,
  liveOf,
  offered,
  type Party,
  party,
  sync,
} from "../help/memory-rooms.ts";
import { memoryStore } from "../help/memory-store.ts";
import { seededRandom } from "../help/seeded-random.ts";
import { tempDir } from "../help/temp-dir.ts";
import { type WatchedDisk, watchedDisk } from "../help/watched-disk.ts";

const DAY_MS = 86_400_000;
const session = { signal: AbortSignal.timeout(600_000), caller: owner };

type Step =
  | { readonly does: "say" | "answer"; readonly who: number; readonly which: number; readonly kind: number }
  | { readonly does: "amend" | "retract" | "hold" | "release"; readonly who: number; readonly which: number }
  | { readonly does: "send"; readonly who: number; readonly to: number; readonly share: number; readonly from: number }
  | { readonly does: "restart"; readonly who: number }
  | { readonly does: "wait"; readonly days: number };

const who = fc.nat(3);
const which = fc.nat(9);
const does = <D extends Step["does"]>(...names: readonly D[]): fc.Arbitrary<D> => fc.constantFrom(...names);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ does: does("say", "answer"), who, which, kind: fc.nat(4) }) },
  { weight: 3, arbitrary: fc.record({ does: does("amend"), who, which }) },
  { weight: 3, arbitrary: fc.record({ does: does("retract"), who, which }) },
  { weight: 2, arbitrary: fc.record({ does: does("hold", "release"), who, which }) },
  { weight: 7, arbitrary: fc.record({ does: does("send"), who, to: who, share: fc.nat(10), from: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ does: does("restart"), who }) },
  { weight: 2, arbitrary: fc.record({ does: does("wait"), days: fc.integer({ min: 1, max: 8 }) }) },
);

/** Something that was said, with every word of it and of its amendments; words are canaries. */
type Said = {
  readonly id: RecordId;
  readonly org: string;
  readonly body: PostBody;
  readonly words: string[];
  /** The records that hold the words: itself and its amendments. */
  readonly records: RecordId[];
  readonly retractions: RecordId[];
};

const marks = { tlp: "green", seat: "kim" } as const;
const tells = (canary: string) => ({
  ...{ ...marks, title: `${canary}t`, text: `${canary}x`, techniques: [] },
  indicators: [{ type: "domain", value: `${canary}.example` }] as const,
});

/** A body of one of the kinds that stand by themselves. */
function newBody(canary: string, kind: number): Amendable {
  const rating = { severity: "severe", urgency: "immediate", certainty: "likely" } as const;
  const bodies: readonly Amendable[] = [
    { kind: "sighting", ...tells(canary) },
    { kind: "alert", ...tells(canary), ...rating },
    { kind: "ask", ...tells(canary) },
    { kind: "incident", ...tells(canary), severity: "minor" },
    {
      kind: "vuln",
      ...tells(canary),
      product: `${canary}p`,
      severity: "minor",
      exploited: "known",
      fixed: `${canary}f`,
    },
  ];
  return bodies[kind % bodies.length] ?? { kind: "note", ...tells(canary) };
}

/** What can be said about an item. */
function answerTo({ id, body }: Said, canary: string, kind: number): PostBody {
  const about = { ...marks, re: id };
  if (body.kind === "alert" && kind % 2 === 0) return { kind: "ack", ...about, note: `${canary}n` };
  if (body.kind === "ask" && kind % 2 === 0) return { kind: "answer", ...about, answer: "yes", text: `${canary}a` };
  if (body.kind === "incident" && kind % 2 === 0) return { kind: "update", ...about, text: `${canary}u` };
  return kind % 3 === 0
    ? { kind: "reply", ...about, text: `${canary}r` }
    : { kind: "sighting", ...tells(canary), re: id };
}

/** The same body with other words. */
function reworded(body: Amendable, canary: string): Amendable {
  const words = newBody(canary, 0);
  if ("indicators" in body && "indicators" in words)
    return { ...body, title: `${canary}t`, text: `${canary}x`, indicators: words.indicators };
  return { ...body, text: `${canary}x` };
}

/** Everything that a node gives, to people, scripts, members and counsel, as one text. */
async function outputsOf(node: Party, circle: CircleId, words: readonly string[]): Promise<string> {
  const { rooms, events } = node;
  const staff = await staffOf(rooms);
  const [read, boards] = [readRoutes(rooms), boardRoutes(rooms, staff)];
  const [audit, custody] = [auditRoutes(rooms), custodyRoutes(rooms)];
  const asked: unknown[] = [];
  const ask = async (answer: () => Promise<unknown>): Promise<void> => {
    asked.push(
      await answer().catch((cause: unknown) => {
        const error = asTocsinError(cause);
        if (error.code === "INTERNAL") throw cause;
        return errorDocumentOf(error);
      }),
    );
  };
  const items = await Array.fromAsync(rooms.store.feed({ circle, limit: 10_000 }));
  for (const item of items) {
    await ask(async () => read.show({ id: printId(item.body.kind, item.id) }, session));
    if (item.body.kind === "alert") await ask(async () => boards.acks({ id: printId("alert", item.id) }, session));
    const file = async (): Promise<Uint8Array> => (await compileEvidence(rooms, item, { body: true })).file;
    await ask(async () => Buffer.from(await file()).toString("latin1"));
  }
  await ask(async () => read.feed({ limit: 1_000 }, session));
  await ask(async () => read.search({ words: ["canary"], limit: 1_000 }, session));
  for (const word of words) {
    // What was asked for is no output of what was said.
    const [found, { hits }] = [
      await read.search({ words: [`domain:${word}.example`], limit: 100 }, session),
      await read.check({ indicators: [`${word}.example`] }, session),
    ];
    asked.push(found.items, hits);
  }
  await ask(async () => boards.acks({}, session));
  await ask(async () => custody["hold.list"]({}, session));
  await ask(async () => outboxRoutes(rooms, staff)["outbox.list"]({}, session));
  await ask(async () => presentStatus(rooms, { pid: 1, version: "0", uptimeMs: 1, locked: false }));
  await ask(async () => audit["audit.list"]({ all: true, limit: 1_000 }, session));
  const { rows } = await audit["audit.export"]({ after: 0 }, session);
  asked.push(rows.map(({ entry }) => Buffer.from(entry ?? "", "hex").toString("latin1")));
  asked.push(await streamed(rooms, items.length));
  const carry = await Array.fromAsync(carried(rooms, circleNamed(rooms, circle)));
  asked.push([...(await allOf(node, circle)), ...carry].map(wholeIn));
  asked.push(await Promise.all(items.map(async ({ id }) => rooms.store.opening(id))));
  return JSON.stringify([asked, items, events]);
}

/** The first items of a stream from the beginning. */
async function streamed(rooms: Rooms, count: number): Promise<readonly unknown[]> {
  const ended = new AbortController();
  const seen: unknown[] = [];
  if (count === 0) return seen;
  const { events } = await subscribeTo(rooms)({ after: "0" }, { signal: ended.signal, caller: owner });
  for await (const event of events) {
    seen.push(event);
    if (seen.length === count) break;
  }
  ended.abort();
  return seen;
}

/** Names an envelope that is given with its payload. */
function wholeIn(envelope: Uint8Array): string {
  const { id, payload } = decodeEnvelope(envelope);
  return payload.length > 0 ? `whole ${id}` : "";
}

test(
  "R72: nothing that a node gives, and nothing on its disk, has a word of what it knows to be withdrawn",
  {
    timeout: 300_000,
  },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 45 }), async (steps) => {
        await using folder = await tempDir();
        const disk = watchedDisk(folder.at("store"));
        const clock = heldClock();
        const homes: readonly Home[] = [
          { name: "acme", store: memoryStore() },
          { name: "acme-2", of: "acme", store: memoryStore() },
          { name: "borealis", store: await disk.open(), disk },
          { name: "cygnus", store: memoryStore() },
        ].map((home) => ({ ...home, node: undefined as never, starts: 0 }));
        for (const home of homes) home.node = started(home, clock);
        const [acme, second, borealis, cygnus] = homes.map(({ node }) => node) as [Party, Party, Party, Party];
        const circle = await circleOfParties([acme, borealis, cygnus], { ...closePolicy, keepDays: 20 });
        await enrols(second, acme, circle);
        for (const node of [second, borealis, cygnus]) await sync(acme, node, circle);
        for (const { store, node } of homes) await store.commit({ circle, records: [], row: liveOf(node, circle).row });
        const said: Said[] = [];
        const homeAt = (at: number): Home => homes[at % homes.length] ?? some(homes);
        for (const one of steps) {
          clock.advance(1_000);
          if (one.does === "wait") {
            clock.advance(one.days * DAY_MS);
            for (const { node } of homes) await eraseExpired(node.rooms, circle);
            for (const home of homes) await look(home);
            continue;
          }
          const home = homeAt(one.who);
          if (one.does === "restart") await restart(home, clock);
          else if (one.does === "send") {
            const to = homeAt(one.to);
            const all = turned(await offered(home.node, to.node, circle), one.from);
            await hands(to.node, home.node, {
              circle,
              envelopes: all.slice(0, Math.ceil((all.length * one.share) / 10)),
            });
            await look(to);
          } else await act(home.node, one);
          await look(home);
        }
        for (let round = 0; round < 3; round++)
          for (const from of homes) for (const to of homes) if (from !== to) await sync(from.node, to.node, circle);
        for (const home of homes) await look(home);
        await lookAtDisk(some(homes.filter((home) => home.disk)));

        async function say({ rooms }: Party, body: PostBody): Promise<RecordId | undefined> {
          return (await post(rooms, circle, [{ body, exercise: false }]))[0]?.id;
        }

        async function act(node: Party, one: Extract<Step, { readonly which: number }>): Promise<void> {
          const isCorrecting = one.does === "amend" || one.does === "retract";
          // Only what its own org said is corrected.
          const known = said.filter(
            ({ org, body }) => !isCorrecting || (org === node.rooms.me.org && isAmendable(body)),
          );
          const about = known[one.which % Math.max(1, known.length)];
          const canary = `canary${said.length}q${said.reduce((sum, { words }) => sum + words.length, 0)}q`;
          if (one.does === "say" || one.does === "answer") {
            if (one.does === "answer" && !about) return;
            const body = one.does === "answer" && about ? answerTo(about, canary, one.kind) : newBody(canary, one.kind);
            const id = await say(node, body);
            const { org } = node.rooms.me;
            if (id) said.push({ id, org, body, words: [canary], records: [id], retractions: [] });
          } else if (!about) return;
          else if (one.does === "hold") await hold(node.rooms, circle, about.id, "");
          else if (one.does === "release") await release(node.rooms, circle, about.id).catch(() => undefined);
          else if (about.org === node.rooms.me.org && isAmendable(about.body)) {
            // A node corrects what it has not received yet as well: its person heard of it by telephone.
            if (one.does === "amend") {
              about.words.push(canary);
              const id = await say(node, { kind: "amend", ...marks, re: about.id, now: reworded(about.body, canary) });
              if (id) about.records.push(id);
            } else {
              const id = await say(node, { kind: "retract", ...marks, re: about.id, why: "withdrawn" });
              if (id) about.retractions.push(id);
            }
          }
        }

        /** What a node knows to be withdrawn. */
        async function withdrawnAt({ rooms }: Party): Promise<readonly Said[]> {
          const known: Said[] = [];
          for (const one of said) {
            const heard = await Promise.all(one.retractions.map(async (id) => rooms.store.item(id)));
            if (heard.some((item) => item !== undefined)) known.push(one);
          }
          return known;
        }

        async function look({ node }: Home): Promise<void> {
          const withdrawn = await withdrawnAt(node);
          if (withdrawn.length === 0) return;
          const words = withdrawn.flatMap((one) => one.words);
          const outputs = await outputsOf(node, circle, words);
          for (const word of words) expect(outputs).not.toContain(word);
          for (const id of withdrawn.flatMap(({ records }) => records)) expect(outputs).not.toContain(`whole ${id}`);
        }

        /** Looks through the files for all that was ever written of what is withdrawn, and is under no hold. */
        async function lookAtDisk({ node, disk: watched }: Home): Promise<void> {
          const gone = new Set<string>();
          const { state } = liveOf(node, circle);
          for (const { id: about, records } of await withdrawnAt(node))
            for (const id of records) {
              const envelope = await node.rooms.store.envelope(id);
              const isHeld = isHeldBy(state, node.rooms.me.certificate.orgKey, { id, about });
              if (envelope && !isHeld) gone.add(toHex(decodeEnvelope(envelope).signature));
            }
          await node.rooms.store.purge(true);
          expect(await watched?.found((of) => gone.has(of))).toBe(0);
          await node.rooms.store[Symbol.asyncDispose]();
        }
      }),
      { numRuns: 25 },
    );
  },
);

/** A home whose node may be started again. */
type Home = {
  readonly name: string;
  readonly of?: string;
  readonly disk?: WatchedDisk;
  store: Store;
  node: Party;
  starts: number;
};

function started({ name, of, store, starts }: Home, clock: HeldClock): Party {
  const random = seededRandom(`start ${starts} of ${name}`);
  return party(name, { store, clock, random, ...(of === undefined ? {} : { of }) });
}

/** Starts a node again from its disk and its keyring. */
async function restart(home: Home, clock: HeldClock): Promise<void> {
  const { node, disk } = home;
  await node.rooms.turns.idle();
  await node.rooms.delivery.flush();
  if (disk) {
    await home.store[Symbol.asyncDispose]();
    home.store = await disk.open();
  }
  home.starts += 1;
  home.node = started(home, clock);
  await home.node.rooms.keyring.update(() => node.rooms.keyring.value());
  await loadCircles(home.node.rooms);
}

/** The lanes of what is offered, one after the other from some lane on, as a link may bring them. */
function turned(envelopes: readonly Uint8Array[], from: number): readonly Uint8Array[] {
  const lanes = [...Map.groupBy(envelopes, (envelope) => decodeEnvelope(envelope).header.lane).values()];
  const at = lanes.length === 0 ? 0 : from % lanes.length;
  return [...lanes.slice(at), ...lanes.slice(0, at)].flat();
}

function some<T>(of: readonly T[]): T {
  const [first] = of;
  if (first === undefined) throw new Error("there is none");
  return first;
}

// What circles say, amend, withdraw, hold and outlive, in any order and however it travels: what was withdrawn is in no output of whoever
// has heard of it.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { presentItem } from "../../src/api/present.ts";
import { hold, release } from "../../src/node/custody.ts";
import { post } from "../../src/node/post.ts";
import { eraseExpired } from "../../src/node/retention.ts";
import type { PostBody } from "../../src/record/body.ts";
import type { CircleId, RecordId } from "../../src/record/ids.ts";
import { decodeEnvelope } from "../../src/record/wire.ts";
import {
  allOf,
  circleOfParties,
  closePolicy,
  enrols,
  hands,
  heldClock,
  offered,
  type Party,
  party,
  sync,
  words,
} from "../help/memory-rooms.ts";

const DAY_MS = 86_400_000;

type Step =
  | { readonly does: "post" | "amend" | "retract" | "hold" | "release"; readonly who: number; readonly which: number }
  | { readonly does: "send"; readonly who: number; readonly to: number; readonly share: number; readonly mix: number }
  | { readonly does: "wait"; readonly days: number };

const who = fc.nat({ max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant("post" as const), who, which: fc.nat(9) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      ...{ does: fc.constantFrom("amend" as const, "retract" as const, "hold" as const, "release" as const) },
      ...{ who, which: fc.nat(9) },
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ does: fc.constant("send" as const), who, to: who, share: fc.nat(10), mix: fc.nat() }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("wait" as const), days: fc.integer({ min: 1, max: 8 }) }) },
);

/** A post with everything that was ever said in it. */
type Said = {
  readonly id: RecordId;
  readonly org: string;
  readonly canaries: string[];
  readonly retractions: RecordId[];
};

/** The lanes of what is offered, one after the other in some order: each lane in its own, as a link may bring them. */
function mixed(envelopes: readonly Uint8Array[], mix: number): readonly Uint8Array[] {
  const lanes = [...Map.groupBy(envelopes, (envelope) => decodeEnvelope(envelope).header.lane).values()];
  const turn = lanes.length === 0 ? 0 : mix % lanes.length;
  return [...lanes.slice(turn), ...lanes.slice(0, turn)].flat();
}

/** Everything that a node gives: to people, to members in whatever way, and to its screens. */
async function outputsOf(node: Party, circle: CircleId): Promise<string> {
  const { rooms } = node;
  const items = await Array.fromAsync(rooms.store.feed({ circle, limit: 10_000 }));
  const documents = await Promise.all(items.map((item) => presentItem(rooms, item)));
  const openings = await Promise.all(items.map(({ id }) => rooms.store.opening(id)));
  const payloads = (await allOf(node, circle)).flatMap((envelope) => {
    const { id, payload } = decodeEnvelope(envelope);
    return payload.length > 0 ? [`whole ${id}`] : [];
  });
  return JSON.stringify([items, documents, await rooms.store.after(0, 10_000), openings, payloads]);
}

test("R72: after a retraction has arrived no output of an honest node has the body", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 40 }), async (steps) => {
      const clock = heldClock();
      const acme = party("acme", { clock });
      const second = party("acme-2", { clock, of: "acme" });
      const [borealis, cygnus] = [party("borealis", { clock }), party("cygnus", { clock })];
      const circle = await circleOfParties([acme, borealis, cygnus], { ...closePolicy, keepDays: 20 });
      await enrols(second, acme, circle);
      for (const node of [second, borealis, cygnus]) await sync(acme, node, circle);
      const nodes = [acme, second, borealis, cygnus];
      const said: Said[] = [];
      let canaries = 0;
      const say = async ({ rooms }: Party, body: PostBody): Promise<RecordId | undefined> =>
        (await post(rooms, circle, [{ body, exercise: false }]))[0]?.id;
      for (const one of steps) {
        if (one.does === "wait") {
          clock.advance(one.days * DAY_MS);
          for (const { rooms } of nodes) await eraseExpired(rooms, circle);
          continue;
        }
        const node = nodes[one.who] ?? acme;
        if (one.does === "send") {
          const to = nodes[one.to] ?? borealis;
          const all = mixed(await offered(node, to, circle), one.mix);
          await hands(to, node, { circle, envelopes: all.slice(0, Math.ceil((all.length * one.share) / 10)) });
          continue;
        }
        const canary = `canary-${canaries++}-`;
        const about = said[one.which % Math.max(1, said.length)];
        if (one.does === "post") {
          const id = await say(node, words(canary));
          if (id) said.push({ id, org: node.rooms.me.org, canaries: [canary], retractions: [] });
        } else if (about && one.does === "hold") await hold(node.rooms, circle, about.id, "");
        else if (about && one.does === "release") await release(node.rooms, circle, about.id).catch(() => undefined);
        else if (about && about.org === node.rooms.me.org) {
          // A node corrects what it has not received yet as well: its person heard of it by telephone.
          const marks = { tlp: "amber", seat: "kim", re: about.id } as const;
          if (one.does === "amend") {
            about.canaries.push(canary);
            await say(node, { kind: "amend", ...marks, now: words(canary) as never });
          } else {
            const id = await say(node, { kind: "retract", ...marks, why: "withdrawn" });
            if (id) about.retractions.push(id);
          }
        }
        await check();
      }
      for (let round = 0; round < 3; round++)
        for (const from of nodes) for (const to of nodes) if (from !== to) await sync(from, to, circle);
      await check();
      // All of them have heard of everything by now.
      for (const { retractions } of said)
        for (const id of retractions)
          for (const { rooms } of nodes)
            expect(await rooms.store.item(id)).toMatchObject({ body: { kind: "retract" } });

      async function check(): Promise<void> {
        for (const node of nodes) {
          const heard: Said[] = [];
          for (const one of said) {
            const known = await Promise.all(one.retractions.map((id) => node.rooms.store.item(id)));
            if (known.some((item) => item !== undefined)) heard.push(one);
          }
          if (heard.length === 0) continue;
          const outputs = await outputsOf(node, circle);
          for (const { id, canaries: words } of heard) {
            for (const word of words) expect(outputs).not.toContain(word);
            expect(outputs).not.toContain(`whole ${id}`);
          }
        }
      }
    }),
    { numRuns: 25 },
  );
});

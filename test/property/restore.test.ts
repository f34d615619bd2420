// Copies of a home that are started in its place at any moment: whatever leaves them, no place of a lane has two records.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import { postOrHold } from "../../src/node/drafts.ts";
import { acceptNewLane } from "../../src/node/lane-keeper.ts";
import type { CircleId } from "../../src/record/ids.ts";
import { decodeEnvelope } from "../../src/record/wire.ts";
import { type Backup, backupOf, type CopiedStore, copiedStore, meet, startFrom } from "../help/copied-home.ts";
import { allOf, circleOfParties, hears, type Party, party, words } from "../help/memory-rooms.ts";
import { seededRandom } from "../help/seeded-random.ts";

type Running = Party & { readonly disk: CopiedStore };
type Step =
  | { readonly kind: "post" }
  | { readonly kind: "backup" }
  | { readonly kind: "restart" }
  | { readonly kind: "accept" }
  | { readonly kind: "meet"; readonly whom: number }
  | { readonly kind: "restore"; readonly which: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ kind: "post" as const }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("meet" as const), whom: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.constant({ kind: "backup" as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("restore" as const), which: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "accept" as const }) },
);

/** acme with a disk that can be copied, and two others who hold what it holds. */
async function scene(): Promise<{ circle: CircleId; acme: Running; others: readonly [Party, Party] }> {
  const disk = copiedStore();
  const acme = { ...party("acme", { store: disk }), disk };
  const others = [party("borealis"), party("cygnus")] as const;
  const circle = await circleOfParties([acme, ...others]);
  for (const other of others) await meet(acme, other, circle);
  return { circle, acme, others };
}

async function says(node: Party, circle: CircleId, text: string): Promise<void> {
  await postOrHold(node.rooms, circle, [{ body: words(text), exercise: false, key: text }]);
}

/** Everything by acme that anybody but acme holds: each place of a lane with the ids that were ever seen there. */
async function placesOf(circle: CircleId, readers: readonly Party[]): Promise<ReadonlyMap<string, Set<string>>> {
  const places = new Map<string, Set<string>>();
  for (const reader of readers) {
    for (const envelope of await allOf(reader, circle)) {
      const { id, header } = decodeEnvelope(envelope);
      const place = `${header.lane} ${header.seq}`;
      places.set(place, (places.get(place) ?? new Set()).add(id));
    }
  }
  return places;
}

describe("R37: copies of a home that take its place one after the other, at any moment", () => {
  test("leave no two records at one place, lose no draft and post none twice", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        const { circle, acme, others } = await scene();
        const backups: Backup[] = [await backupOf(acme, acme.disk)];
        let node: Running = acme;
        let starts = 0;
        let said = 0;
        const refusals = (): readonly unknown[] =>
          [...others, node].flatMap(({ events }) =>
            events.filter(({ fields }) => fields["reason"] === "RECORD_FORKED"),
          );
        const start = async (backup: Backup, intact: boolean): Promise<void> => {
          node = await startFrom(backup, { intact, random: seededRandom(`start ${++starts}`) });
        };
        for (const one of steps) {
          if (one.kind === "post") await says(node, circle, `post ${++said}`);
          else if (one.kind === "meet") await meet(node, others[one.whom % 2] ?? others[0], circle);
          else if (one.kind === "backup") backups.push(await backupOf(node, node.disk));
          else if (one.kind === "restart") await start(await backupOf(node, node.disk), true);
          else if (one.kind === "accept") await acceptNewLane(node.rooms, circle);
          else await start(backups[one.which % backups.length] ?? (await backupOf(node, node.disk)), false);
          expect(refusals()).toEqual([]);
        }
        for (const other of [...others, ...others]) await meet(node, other, circle);
        await meet(others[0], others[1], circle);
        const places = await placesOf(circle, [...others, node]);
        expect([...places.values()].filter((ids) => ids.size > 1)).toEqual([]);
        expect((await node.disk.drafts(circle)).length).toBe(0);
        const heard = await hears(others[0], circle);
        // Who accepts a new lane accepts that what a lost run had sent is sent again.
        if (!steps.some(({ kind }) => kind === "accept")) expect(new Set(heard).size).toBe(heard.length);
        expect(heard).toEqual(await hears(others[1], circle));
        expect(heard).toEqual(await hears(node, circle));
      }),
      { numRuns: 40, seed: 7 },
    );
  });
});

describe("a home that was rolled back in place, and takes itself for intact", () => {
  test("takes its lost records back where it meets a member that holds them before it writes", async () => {
    const { circle, acme, others } = await scene();
    const backup = await backupOf(acme, acme.disk);
    await says(acme, circle, "lost");
    await meet(acme, others[0], circle);
    const node = await startFrom(backup, { intact: true, random: seededRandom("rolled back") });
    await meet(node, others[0], circle);
    await says(node, circle, "next");
    await meet(node, others[0], circle);
    await meet(node, others[1], circle);
    for (const reader of [node, ...others]) expect(await hears(reader, circle)).toEqual(["lost", "next"]);
  });
});

describe("two copies that run at once", () => {
  test("part: the one that meets a record of the other in a lane that it wrote to goes on in a lane of its own", async () => {
    const { circle, acme, others } = await scene();
    await says(acme, circle, "first");
    for (const other of others) await meet(acme, other, circle);
    const copy = await startFrom(await backupOf(acme, acme.disk), { random: seededRandom("copy") });
    for (const other of others) await meet(copy, other, circle);
    await says(copy, circle, "by the copy");
    await meet(copy, others[0], circle);
    await meet(acme, others[0], circle);
    expect(laneOf(acme, circle)).not.toBe(laneOf(copy, circle));
    // From here on both write as they like, and meet nobody between.
    for (const [at, node] of [acme, copy, acme, copy].entries()) await says(node, circle, `then ${at}`);
    for (const node of [acme, copy]) for (const other of others) await meet(node, other, circle);
    await meet(others[0], others[1], circle);
    const places = await placesOf(circle, others);
    expect([...places.values()].filter((ids) => ids.size > 1)).toEqual([]);
    expect(await hears(others[0], circle)).toHaveLength(6);
    expect(await hears(others[1], circle)).toHaveLength(6);
  });

  test("that wrote in one place before they met part as soon as either is shown the other side, and are heard again", async () => {
    const { circle, acme, others } = await scene();
    const copy = await startFrom(await backupOf(acme, acme.disk), { random: seededRandom("copy") });
    for (const other of others) await meet(copy, other, circle);
    await says(acme, circle, "at one place");
    await says(copy, circle, "at the same place");
    await meet(acme, others[0], circle);
    await says(acme, circle, "after it");
    await meet(acme, others[0], circle);
    await meet(copy, others[0], circle);
    expect(copy.events.map(({ event }) => event)).toContain("own-lane-forked");
    await says(copy, circle, "heard again");
    await meet(copy, others[0], circle);
    expect(await hears(others[0], circle)).toEqual(["after it", "at one place", "heard again"]);
  });
});

describe("R21: a copy whose source of randomness repeats itself", () => {
  test("seals nothing else under a key and nonce that were used", async () => {
    const { circle, acme } = await scene();
    const backup = await backupOf(acme, acme.disk);
    const seals = new Map<string, Set<string>>();
    for (const text of ["one", "another", "one", "a third"]) {
      const copy = await startFrom(backup, { intact: true, random: seededRandom("the same again") });
      await says(copy, circle, text);
      await says(copy, circle, `${text} more`);
      for (const envelope of await allOf(copy, circle)) {
        const { header, payload } = decodeEnvelope(envelope);
        if (header.kind !== "post") continue;
        const nonce = toHex(header.nonce);
        seals.set(nonce, (seals.get(nonce) ?? new Set()).add(toHex(payload)));
      }
    }
    // Three different texts at two places each; the repeat of one is the same record again.
    expect(seals.size).toBe(6);
    expect([...seals.values()].filter((payloads) => payloads.size > 1)).toEqual([]);
  });
});

function laneOf(node: Party, circle: CircleId): string {
  return node.rooms.circles.get(circle)?.row.lane ?? "";
}

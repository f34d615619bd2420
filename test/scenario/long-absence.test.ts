// A member that was away for five weeks reads everything again, with its keys and without them. The clock is the test's, the
// stores are real.

import { expect, test } from "vitest";
import { limits } from "../../src/base/limits.ts";
import { askAround } from "../../src/node/history.ts";
import { refreshNotices } from "../../src/node/membership.ts";
import { post } from "../../src/node/post.ts";
import { circleNamed } from "../../src/node/rooms.ts";
import type { CircleId } from "../../src/record/ids.ts";
import { emptyKeyring } from "../../src/seal/keyring.ts";
import type { Store } from "../../src/store/store.ts";
import { freshLevelStore } from "../help/level-store.ts";
import {
  circleOfParties,
  hands,
  heldClock,
  links,
  offered,
  type Party,
  party,
  sync,
  words,
} from "../help/memory-rooms.ts";

const DAY_MS = 24 * 3_600_000;
const DAYS = 35;
const A_DAY = 143;
const SAID = DAYS * A_DAY;

/** Three members, of whom one speaks for five weeks under an epoch a day and the others hear nothing. */
async function absence(
  stores: readonly [Store, Store, Store],
): Promise<{ circle: CircleId; acme: Party; borealis: Party; cygnus: Party }> {
  const clock = heldClock();
  const [acme, borealis, cygnus] = [
    party("acme", { clock, store: stores[0] }),
    party("borealis", { clock, store: stores[1] }),
    party("cygnus", { clock, store: stores[2] }),
  ];
  const circle = await circleOfParties([acme, borealis, cygnus]);
  for (let day = 0; day < DAYS; day++) {
    clock.advance(DAY_MS);
    const utterances = Array.from({ length: A_DAY }, (_, n) => ({ body: words(`${day} ${n}`), exercise: false }));
    await post(acme.rooms, circle, utterances);
  }
  return { circle, acme, borealis, cygnus };
}

/** One catch-up, in pages as sync has them. */
async function catchUp(from: Party, to: Party, circle: CircleId): Promise<void> {
  const envelopes = await offered(from, to, circle);
  for (let at = 0; at < envelopes.length; at += limits.syncPageRecords)
    await hands(to, from, { circle, envelopes: envelopes.slice(at, at + limits.syncPageRecords) });
}

/** Says how fast it went: by the clock on the wall, and by CPU, which other work on the machine does not change. */
async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const [startMs, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const seconds = (performance.now() - startMs) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  const cpuSeconds = ((user + system) / 1_000 / SAID).toFixed(2);
  process.stdout.write(`${what}: ${Math.round(SAID / seconds)} records/s, ${cpuSeconds} CPU-s per 1,000\n`);
}

test("members away for five weeks, 35 epochs and 5,005 records read everything in one catch-up, with their keys or without", async () => {
  await using theirs = await freshLevelStore();
  await using own = await freshLevelStore();
  await using bare = await freshLevelStore();
  const { circle, acme, borealis, cygnus } = await absence([theirs, own, bare]);
  await timed("catch-up after five weeks", async () => catchUp(acme, borealis, circle));
  expect([await own.itemCount(circle), await own.sealedCount(circle)]).toEqual([SAID, 0]);
  const under = new Set((await own.after(0, SAID)).map(({ epoch }) => epoch));
  expect(under.size).toBe(DAYS);

  // Its keys are lost, and the others have forgotten the oldest epochs: what they keep is the text and what proves it.
  expect(acme.rooms.keyring.value().epochs.size).toBeLessThan(DAYS);
  await cygnus.rooms.keyring.update(() => emptyKeyring);
  await refreshNotices(cygnus.rooms, circle);
  await sync(cygnus, acme, circle);
  await catchUp(acme, cygnus, circle);
  expect(await bare.sealedCount(circle)).toBe(SAID);
  links(cygnus, acme);
  const round = { desks: new Map(), signal: new AbortController().signal };
  await timed("re-sealing of five weeks, both ends", async () => {
    await askAround(cygnus.rooms, circleNamed(cygnus.rooms, circle), round);
  });
  expect([await bare.itemCount(circle), await bare.sealedCount(circle)]).toEqual([SAID, 0]);
}, 240_000);

// One run: a circle drawn from a seed lives for a while, in bad weather and among hostile members; then everything heals
// and is looked at. The same seed always gives the same run.

import { closePolicy } from "../help/memory-rooms.ts";
import { seededRandom } from "../help/seeded-random.ts";
import { encodeChange } from "../../src/circle/change-codec.ts";
import { keepBootstrap } from "../../src/node/contacts.ts";
import { acceptRules } from "../../src/node/governing.ts";
import { found, openCircle } from "../../src/node/membership.ts";
import { freshPrekey } from "../../src/node/prekeys.ts";
import { declare } from "../../src/node/post.ts";
import { post } from "../../src/node/post.ts";
import { limits } from "../../src/base/limits.ts";
import { circleId } from "../../src/record/ids.ts";
import { ACTIONS, sighting } from "./actions.ts";
import { boot, switchOff } from "./boot.ts";
import { type Chance, chanceOf } from "./chance.ts";
import {
  fellowships,
  feedsConverge,
  lawfulLanes,
  lawfulRoster,
  nobodyPassedOver,
  nothingLost,
  oneEpoch,
  pastGiven,
  sameEverywhere,
  sealedFromOthers,
  secretsForgotten,
} from "./invariants.ts";
import { HOSTILE_ACTIONS } from "./hostile.ts";
import { count, emptyLedger } from "./ledger.ts";
import { askForThePast, attempt, housekeep, isIn, liveOf, machineNamed, type Machine, maySpeak } from "./machine.ts";
import { clearSky, fetchAll } from "./network.ts";
import { said } from "./said.ts";
import { seedWraps } from "./seeded-hpke.ts";
import { emptyTrace, note, START, timelineFrom, Violation, type World } from "./world.ts";

export type Outcome = {
  readonly seed: number;
  readonly machines: number;
  readonly hash: string;
  readonly trace: readonly string[];
  readonly counts: ReadonlyMap<string, number>;
  /** What was broken; absent where everything held. */
  readonly violation?: { readonly invariant: string; readonly what: string };
};

/** How large a run is. */
type Shape = { readonly machines: number; readonly founders: number; readonly hostile: number; readonly steps: number };

const HOUR_MS = 3_600_000;
const ROUNDS_MAX = 16;
const PAUSE_MS_MAX = 4_000;
const REBOOT_MS_MAX = 60_000;

function shapeOf(chance: Chance, machines: number | undefined): Shape {
  const size = chance.next();
  const drawn = size < 0.9 ? chance.int(3, 7) : size < 0.993 ? chance.int(8, 18) : 50;
  const all = machines ?? drawn;
  const hostile = chance.maybe(0.55) ? chance.int(1, Math.max(1, Math.min(3, Math.floor(all / 2)))) : 0;
  const founders = all <= 3 ? all : chance.int(3, all);
  return { machines: all, founders, hostile, steps: all > 20 ? 25 : chance.int(22, 48) };
}

/** Runs one seed to its end. Never throws for a broken promise: it is in the outcome. */
export async function run(seed: number, options: { readonly machines?: number } = {}): Promise<Outcome> {
  const chance = chanceOf(`run ${seed}`);
  const shape = shapeOf(chance, options.machines);
  seedWraps(seededRandom(`wraps of ${seed}`));
  let stray: unknown;
  const strayed = (cause: unknown): void => void (stray ??= cause);
  process.on("unhandledRejection", strayed);
  const world: World = {
    ...{ seed, chance, trace: emptyTrace(), sky: clearSky(), machines: [], ledger: emptyLedger() },
    circle: circleId(new Uint8Array(32)),
    time: timelineFrom(START, () => {
      if (stray !== undefined) throw stray;
      for (const machine of world.machines) if (machine.running?.power.off) lostPower(world, machine);
    }),
  };
  let violation: Outcome["violation"];
  try {
    await begin(world, shape);
    await live(world, shape);
    await end(world);
  } catch (cause) {
    if (cause instanceof Violation) violation = { invariant: cause.invariant, what: cause.message };
    else
      violation = {
        invariant: "no crash",
        what: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
      };
    note(world, `VIOLATION ${violation.invariant}: ${violation.what}`);
  } finally {
    process.off("unhandledRejection", strayed);
    for (const machine of world.machines) switchOff(world, machine);
  }
  const { trace, ledger } = world;
  const outcome = { seed, machines: shape.machines, hash: trace.hash(), trace: trace.lines, counts: ledger.counts };
  return violation ? { ...outcome, violation } : outcome;
}

function lostPower(world: World, machine: Machine): void {
  count(world, "power cuts");
  switchOff(world, machine);
  world.time.after(world.chance.int(1, REBOOT_MS_MAX), `${machine.name} boots`, async () => {
    if (!machine.running) await boot(world, machine);
  });
}

/** A circle of the first machines; all of them hold everything of it. The others are outside. */
async function begin(world: World, shape: Shape): Promise<void> {
  const { chance } = world;
  const honest = shape.machines - shape.hostile;
  for (let at = 0; at < shape.machines; at++)
    await boot(world, machineNamed(world, at < honest ? `n${at}` : `evil${at - honest}`, { hostile: at >= honest }));
  const [founder, ...others] = world.machines;
  const rooms = founder?.running?.rooms;
  if (!founder || !rooms) throw new Error("a circle needs a founder");
  const { row } = await found(rooms, "retail-eu", closePolicy);
  world.circle = row.id;
  const first = [...others.filter(({ hostile }) => hostile), ...others.filter(({ hostile }) => !hostile)].slice(
    0,
    shape.founders - 1,
  );
  const statements: { readonly kind: "roster"; readonly body: Uint8Array }[] = [];
  for (const { running } of first) {
    if (!running) continue;
    const prekey = await freshPrekey(running.rooms, row.id, 1);
    const live = openCircle(running.rooms, { id: row.id, name: row.name, joinedAt: world.time.now() });
    await running.rooms.store.commit({ circle: row.id, records: [], row: live.row });
    await keepBootstrap(running.rooms, row.id, [
      { certificate: rooms.me.certificate.bytes, addresses: rooms.net().addresses() },
    ]);
    running.rooms.circles.set(row.id, live);
    running.rooms.contactsChanged();
    const change = {
      op: "add",
      member: { certificate: running.rooms.me.certificate, prekey },
      lane: live.row.lane,
      ticket: undefined,
    } as const;
    statements.push({ kind: "roster", body: encodeChange(change) });
  }
  const circle = liveOf(world, founder);
  if (circle) await rooms.turns.take(row.id, async () => declare(rooms, circle, statements));
  await world.time.runOut();
  for (const to of first) await fetchAll(world, { from: founder, to });
  for (const machine of first) await housekeep(world, machine);
  await world.time.runOut();
  for (const to of chance.shuffled(world.machines))
    note(world, `${to.name} ${isIn(world, to) ? "is in" : "is outside"}`);
}

async function live(world: World, { steps }: Shape): Promise<void> {
  const { chance, time } = world;
  for (let step = 0; step < steps; step++) {
    const isSafe = world.machines.every(({ hostile }) => !hostile);
    const table = isSafe ? ACTIONS : [...ACTIONS, ...HOSTILE_ACTIONS];
    const action = chance.weighted(table);
    const done = await action.run(world);
    if (done !== undefined) {
      note(world, `${action.name}: ${done}`);
      count(world, action.name);
    }
    await time.runUntil(time.now() + chance.int(0, PAUSE_MS_MAX));
  }
}

/** Everything heals, everyone fetches all there is and says one more thing; then it is looked at. */
async function end(world: World): Promise<void> {
  const { sky, time } = world;
  note(world, "everything heals");
  Object.assign(sky, { ...clearSky(), cuts: sky.cuts });
  sky.cuts.clear();
  for (const machine of world.machines) if (machine.running) machine.running.power.fault = undefined;
  await time.runOut();
  for (const machine of world.machines) if (!machine.running) await boot(world, machine);
  await fetchUntilStill(world);
  for (const machine of world.machines) await housekeep(world, machine);
  await fetchUntilStill(world);
  const groups = fellowships(world);
  for (const group of groups) nobodyPassedOver(world, group);
  // All their epochs are too old by now, and no freeze holds: those who speak first mint side by side.
  const frozen = world.machines.flatMap((one) => [...(liveOf(world, one)?.state.roster?.freezes.values() ?? [])]);
  const thawed = Math.max(0, ...frozen.map(({ until }) => until));
  await time.runUntil(HOUR_MS + Math.max(time.now() + limits.epochAgeMaxMs, thawed));
  for (const group of groups) await converse(world, group);
  for (const group of groups) {
    sameEverywhere(world, group);
    nothingLost(world, group);
    oneEpoch(world, group);
    await feedsConverge(world, group);
    for (const machine of group.slice(0, 1)) {
      lawfulRoster(world, machine);
      await lawfulLanes(world, machine);
    }
  }
  for (const group of groups) {
    for (const machine of group) await askForThePast(world, machine);
    await feedsConverge(world, group);
    await pastGiven(world, group);
  }
  sealedFromOthers(world, world.seed % 10 === 0);
  count(world, "groups", groups.length);
  if (world.seed % 4 === 0) await weeksLater(world);
}

/** Twice a month passes, and somebody speaks in between: whatever was superseded by then has to be gone. */
async function weeksLater(world: World): Promise<void> {
  const honest = world.machines.filter((machine) => !machine.hostile && maySpeak(world, machine));
  for (let month = 0; month < 2; month++) {
    await world.time.runUntil(world.time.now() + limits.epochKeepMs + 1);
    for (const machine of honest) await housekeep(world, machine);
    await fetchUntilStill(world);
    for (const machine of honest) await secretsForgotten(world, machine);
    await converse(world, honest.slice(0, 1));
  }
}

/** Two of them speak at once; then some more, each when it has heard the one before. */
async function converse(world: World, group: readonly Machine[]): Promise<void> {
  const speakers = group.filter((machine) => maySpeak(world, machine)).slice(0, 3);
  for (const machine of speakers.slice(0, 2)) await speakUp(world, machine);
  for (const machine of speakers) {
    await world.time.runOut();
    await speakUp(world, machine);
  }
  await fetchUntilStill(world);
}

async function speakUp(world: World, machine: Machine): Promise<void> {
  // Whoever came in at the very end has not looked at the rules yet.
  await attempt(world, machine, async ({ rooms }) => acceptRules(rooms, world.circle));
  const posted = await attempt(world, machine, async ({ rooms }) =>
    post(rooms, world.circle, [{ body: sighting(`${machine.name} is here`), exercise: false }]),
  );
  for (const { id } of posted ?? []) said(world, machine, id);
}

async function fetchUntilStill(world: World): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    let moved = false;
    for (const to of world.machines)
      for (const from of world.machines) if (from !== to && (await fetchAll(world, { from, to }))) moved = true;
    await world.time.runOut();
    if (!moved) return;
  }
  throw new Violation("fetching comes to an end", `${ROUNDS_MAX} rounds were not enough`);
}

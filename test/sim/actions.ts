// What may happen in a run, one row each: people post, admit and remove; machines crash, restart and come back from
// backups; the network parts and heals; days pass. A row answers what it did, or undefined where there was nothing to do.

import { limits } from "../../src/base/limits.ts";
import type { RosterChange } from "../../src/circle/change.ts";
import { encodeChange } from "../../src/circle/change-codec.ts";
import { stewards } from "../../src/circle/roster.ts";
import { join } from "../../src/node/joining.ts";
import { acceptNewLane } from "../../src/node/lane-keeper.ts";
import { entitled, invite, promote, remove } from "../../src/node/membership.ts";
import { declare, post } from "../../src/node/post.ts";
import type { PostBody } from "../../src/record/body.ts";
import { boot, switchOff } from "./boot.ts";
import type { Fault } from "./disk.ts";
import { count, strike } from "./ledger.ts";
import { askForThePast, attempt, housekeep, isIn, liveOf, type Machine, maySpeak } from "./machine.ts";
import { ask, joinCallOf } from "./network.ts";
import { ORG_ACTIONS } from "./orgs.ts";
import { said } from "./said.ts";
import { type Action, note, type World } from "./world.ts";

const HOUR_MS = 3_600_000;
const WRITES_TO_FAULT_MAX = 6;
/** By then the others have heard of a ticket, in fair weather. */
const TICKET_HEARD_MS = 3_000;
const BACKUP_AGE_MAX = 12;
const BACKUP_FOUND_MS = 30_000;

export const ACTIONS: readonly Action[] = [
  { name: "post", weight: 22, run: async (world) => speak(world, world.chance.int(1, 3)) },
  { name: "answer", weight: 4, run: answer },
  { name: "sync", weight: 26, run: sync },
  { name: "join", weight: 7, run: admitOne },
  { name: "remove", weight: 4, run: removeOne },
  { name: "promote", weight: 5, run: promoteOne },
  { name: "feud", weight: 2, run: feud },
  { name: "coup", weight: 3, run: coup },
  { name: "leave", weight: 2, run: leave },
  { name: "demote", weight: 2, run: demote },
  { name: "policy", weight: 2, run: newPolicy },
  { name: "freeze", weight: 2, run: freeze },
  { name: "lift", weight: 1, run: lift },
  { name: "vouch", weight: 2, run: vouch },
  { name: "leak", weight: 2, run: leakTicket },
  { name: "tug", weight: 2, run: tug },
  { name: "part", weight: 4, run: part },
  { name: "cut", weight: 2, run: cutOneWay },
  { name: "heal", weight: 4, run: healSky },
  { name: "storm", weight: 2, run: storm },
  { name: "crash", weight: 4, run: crash },
  { name: "fault", weight: 5, run: fault },
  { name: "wake", weight: 8, run: wake },
  { name: "restore", weight: 1, run: restore },
  { name: "skew", weight: 2, run: skew },
  { name: "day", weight: 3, run: day },
  { name: "housekeeping", weight: 4, run: tidyUp },
  { name: "asks back", weight: 2, run: askBack },
  { name: "confirm", weight: 2, run: confirmFreeze },
  { name: "lane", weight: 2, run: anotherLane },
  ...ORG_ACTIONS,
];

/** Machines that are on and may write to the circle. */
export function speakers(world: World): readonly Machine[] {
  return world.machines.filter((machine) => maySpeak(world, machine));
}

/** Those of them that are stewards in their own view. */
function actingStewards(world: World): readonly Machine[] {
  return speakers(world).filter((machine) => stewardsSeenBy(world, machine).includes(machine));
}

function stewardsSeenBy(world: World, machine: Machine): readonly Machine[] {
  const roster = liveOf(world, machine)?.state.roster;
  const ids = new Set((roster ? stewards(roster) : []).map(({ id }) => id));
  return world.machines.filter(({ id }) => ids.has(id));
}

function membersSeenBy(world: World, machine: Machine): readonly Machine[] {
  const roster = liveOf(world, machine)?.state.roster;
  return world.machines.filter(({ id }) => roster?.members.has(id) === true);
}

async function speak(world: World, calls: number): Promise<string | undefined> {
  const machine = world.chance.pick(speakers(world));
  if (!machine) return undefined;
  // Calls that come at once share a turn, and a batch.
  const bodies = Array.from({ length: calls }, (): PostBody => sighting(`${machine.name} ${world.time.now()}`));
  await Promise.all(bodies.map(async (body) => sayIt(world, machine, body)));
  return `${machine.name} posts ${calls}`;
}

async function answer(world: World): Promise<string | undefined> {
  const machine = world.chance.pick(speakers(world));
  const held = [...world.ledger.said.keys()].slice(-20);
  const re = world.chance.pick(held);
  if (!machine || !re) return undefined;
  const known = await attempt(world, machine, async ({ rooms }) => rooms.store.item(re));
  if (!known) return undefined;
  await sayIt(world, machine, { kind: "ack", tlp: "amber", seat: "kim", re });
  return `${machine.name} acknowledges ${re.slice(0, 8)}`;
}

async function sayIt(world: World, machine: Machine, body: PostBody): Promise<void> {
  const posted = await attempt(world, machine, async ({ rooms }) =>
    post(rooms, world.circle, [{ body, exercise: false }]),
  );
  for (const { id } of posted ?? []) said(world, machine, id);
}

export function sighting(text: string): PostBody {
  return { kind: "sighting", tlp: "amber", seat: "kim", text, indicators: [], techniques: [] };
}

function sync(world: World): string | undefined {
  const from = world.chance.pick(world.machines.filter(({ running }) => running));
  const contact = world.chance.pick([...(from?.running?.contacts.keys() ?? [])]);
  const to = world.machines.find(({ transport }) => transport === contact);
  if (!from || !to) return undefined;
  ask(world, { from, to }, world.circle);
  return `${from.name} asks ${to.name}`;
}

/** A real ticket, and the join that it leads to; the joiner goes on fetching in the background. */
async function admitOne(world: World): Promise<string | undefined> {
  const steward = world.chance.pick(actingStewards(world));
  const joiner = world.chance.pick(outsiders(world, steward));
  if (!steward || !joiner) return undefined;
  const ticket = await attempt(world, steward, async ({ rooms }) =>
    invite(rooms, world.circle, { for: joiner.name, lifeMs: 24 * HOUR_MS }),
  );
  if (!ticket) return `${steward.name} cannot invite`;
  beginJoin(world, joiner, ticket.line);
  // Its answer may have been lost: it comes again with the same ticket.
  if (world.chance.maybe(world.sky.loss)) beginJoin(world, joiner, ticket.line);
  return `${steward.name} invites ${joiner.name}`;
}

/** A ticket that leaked: two come with it at once, the second one to another steward. */
async function leakTicket(world: World): Promise<string | undefined> {
  const [steward, other] = world.chance.shuffled(actingStewards(world));
  const [joiner, thief] = world.chance.shuffled(outsiders(world, steward));
  if (!steward || !other || !joiner || !thief) return undefined;
  const ticket = await attempt(world, steward, async ({ rooms }) =>
    invite(rooms, world.circle, { for: joiner.name, lifeMs: 24 * HOUR_MS }),
  );
  if (!ticket) return undefined;
  await world.time.runUntil(world.time.now() + TICKET_HEARD_MS);
  world.sky.cuts.add(`${thief.name}>${steward.name}`);
  beginJoin(world, joiner, ticket.line);
  beginJoin(world, thief, ticket.line);
  return `${joiner.name} and ${thief.name} come with a ticket of ${steward.name}`;
}

/** One steward removes a member and lets it in again, while another removes it. */
async function tug(world: World): Promise<string | undefined> {
  const [steward, other] = world.chance.shuffled(actingStewards(world));
  if (!steward || !other) return undefined;
  const seen = stewardsSeenBy(world, steward);
  const target = world.chance.pick(membersSeenBy(world, steward).filter((one) => !seen.includes(one) && one.running));
  if (!target || target.restored) return undefined;
  for (const by of world.chance.maybe(0.5) ? [other, steward] : [steward])
    await attempt(world, by, async ({ rooms }) => remove(rooms, world.circle, target.id));
  const ticket = await attempt(world, steward, async ({ rooms }) =>
    invite(rooms, world.circle, { for: target.name, lifeMs: 24 * HOUR_MS }),
  );
  if (ticket) beginJoin(world, target, ticket.line);
  return `${steward.name} removes ${target.name} and lets it in again`;
}

/** Machines that a steward does not see in the circle, and that could come in. */
function outsiders(world: World, steward: Machine | undefined): readonly Machine[] {
  const members = steward ? membersSeenBy(world, steward) : [];
  return world.machines.filter((machine) => machine.running && !members.includes(machine) && !machine.restored);
}

function beginJoin(world: World, joiner: Machine, line: string): void {
  // It ends whenever the circle is fetched; a violation in it ends the run as an unhandled rejection.
  void attempt(world, joiner, async ({ rooms, stop }) => {
    await join(rooms, line, { call: joinCallOf(world, joiner), signal: stop.signal });
    note(world, `${joiner.name} has joined`);
  });
}

async function removeOne(world: World): Promise<string | undefined> {
  const { chance } = world;
  const steward = chance.pick(actingStewards(world));
  if (!steward) return undefined;
  const others = membersSeenBy(world, steward).filter((machine) => machine !== steward);
  const suspects = others.filter(({ hostile }) => hostile);
  const target = chance.pick(suspects.length > 0 && chance.maybe(0.5) ? suspects : others);
  if (!target || others.length < 2) return undefined;
  await attempt(world, steward, async ({ rooms }) => remove(rooms, world.circle, target.id));
  return `${steward.name} removes ${target.name}`;
}

async function promoteOne(world: World): Promise<string | undefined> {
  const steward = world.chance.pick(actingStewards(world));
  if (!steward) return undefined;
  const seen = stewardsSeenBy(world, steward);
  const target = world.chance.pick(membersSeenBy(world, steward).filter((machine) => !seen.includes(machine)));
  if (!target || seen.length >= limits.stewardsMax) return undefined;
  await attempt(world, steward, async ({ rooms }) => promote(rooms, world.circle, target.id));
  return `${steward.name} promotes ${target.name}`;
}

/** Two stewards remove each other before either hears of it. */
async function feud(world: World): Promise<string | undefined> {
  const [left, right] = world.chance.shuffled(actingStewards(world));
  if (!left || !right) return undefined;
  for (const [by, target] of [[left, right] as const, [right, left] as const])
    await attempt(world, by, async ({ rooms }) => remove(rooms, world.circle, target.id));
  return `${left.name} and ${right.name} remove each other`;
}

/** Stewards vote one of them out; meanwhile it makes a member steward, who acts before it hears of the votes. */
async function coup(world: World): Promise<string | undefined> {
  const { chance, sky } = world;
  const [target, ...others] = chance.shuffled(actingStewards(world));
  const seen = target ? stewardsSeenBy(world, target) : [];
  const voters = others.slice(0, 2);
  const heir = target && chance.pick(speakers(world).filter((one) => !seen.includes(one) && knows(world, target, one)));
  if (!target || !heir || voters.length === 0) return undefined;
  for (const voter of voters) {
    sky.cuts.add(`${voter.name}>${heir.name}`);
    await attempt(world, voter, async ({ rooms }) => remove(rooms, world.circle, target.id));
  }
  await attempt(world, target, async ({ rooms }) => promote(rooms, world.circle, heir.id));
  await world.time.runUntil(world.time.now() + TICKET_HEARD_MS);
  const next = chance.pick(membersSeenBy(world, heir).filter((one) => one !== heir && one !== target));
  if (next && !stewardsSeenBy(world, heir).includes(next))
    await attempt(world, heir, async ({ rooms }) => promote(rooms, world.circle, next.id));
  return `${voters.map(({ name }) => name).join(" and ")} vote ${target.name} out, who promotes ${heir.name}`;
}

function knows(world: World, machine: Machine, other: Machine): boolean {
  return membersSeenBy(world, machine).includes(other);
}

/** Any change of membership, said as the verbs of membership say theirs. */
async function declares(world: World, machine: Machine | undefined, change: RosterChange): Promise<string | undefined> {
  const live = machine && liveOf(world, machine);
  if (!machine || !live) return undefined;
  await attempt(world, machine, async ({ rooms }) =>
    rooms.turns.take(world.circle, async () => {
      entitled(rooms, live, change);
      await declare(rooms, live, [{ kind: "roster", body: encodeChange(change) }]);
    }),
  );
  return `${machine.name} says ${change.op}`;
}

async function leave(world: World): Promise<string | undefined> {
  return declares(world, world.chance.pick(speakers(world)), { op: "leave" });
}

async function demote(world: World): Promise<string | undefined> {
  const steward = world.chance.pick(actingStewards(world));
  const target = steward && world.chance.pick(stewardsSeenBy(world, steward));
  return target && declares(world, steward, { op: "demote", member: target.id });
}

async function newPolicy(world: World): Promise<string | undefined> {
  const { chance } = world;
  const steward = chance.pick(actingStewards(world));
  const roster = steward && liveOf(world, steward)?.state.roster;
  if (!roster) return undefined;
  const invite = chance.pick(["stewards", "members"] as const) ?? "stewards";
  const history = chance.pick(["none", "all", world.time.now()] as const) ?? "none";
  const policy = { ...roster.policy, invite, vouches: chance.int(0, 2), keepDays: chance.int(1, 90), history };
  return declares(world, steward, { op: "policy", base: roster.policyBy, policy });
}

async function freeze(world: World): Promise<string | undefined> {
  const by = world.chance.pick(speakers(world));
  const target = by && world.chance.pick(membersSeenBy(world, by));
  if (!by?.running || !target) return undefined;
  const until = by.running.rooms.clock.now() + world.chance.int(1, 24) * HOUR_MS;
  return declares(world, by, { op: "freeze", member: target.id, until, reason: "a test" });
}

async function lift(world: World): Promise<string | undefined> {
  const by = world.chance.pick(speakers(world));
  const known = world.chance.pick([...((by && liveOf(world, by)?.state.roster?.freezes.values()) ?? [])]);
  return known && declares(world, by, { op: "lift", freeze: known.op });
}

async function vouch(world: World): Promise<string | undefined> {
  const by = world.chance.pick(speakers(world));
  const org = world.chance.pick([...((by && liveOf(world, by)?.state.roster?.pending.keys()) ?? [])]);
  return org && declares(world, by, { op: "vouch", org });
}

/** A steward prolongs a freeze that holds. */
async function confirmFreeze(world: World): Promise<string | undefined> {
  const by = world.chance.pick(actingStewards(world));
  const known = world.chance.pick([...((by && liveOf(world, by)?.state.roster?.freezes.values()) ?? [])]);
  if (!by?.running || !known) return undefined;
  const until = by.running.rooms.clock.now() + world.chance.int(1, 7 * 24) * HOUR_MS;
  return declares(world, by, { op: "confirm", freeze: known.op, until });
}

/** Its people do not wait for others to say how much of its lane they hold, or leave one that a copy took from them. */
async function anotherLane(world: World): Promise<string | undefined> {
  const machine = world.chance.pick(world.machines.filter((one) => one.restored && isIn(world, one) && !one.burnt));
  const opened = machine && (await attempt(world, machine, async ({ rooms }) => acceptNewLane(rooms, world.circle)));
  return opened === true ? `${machine?.name} leaves its lane` : undefined;
}

function part(world: World): string {
  const { chance, machines, sky } = world;
  const sides = chance.int(2, 3);
  sky.sides = new Map(machines.map((machine) => [machine, chance.int(1, sides)]));
  return `parted into ${sides}`;
}

function cutOneWay(world: World): string | undefined {
  const [from, to] = world.chance.shuffled(world.machines);
  if (!from || !to) return undefined;
  world.sky.cuts.add(`${from.name}>${to.name}`);
  return `cut ${from.name}>${to.name}`;
}

function healSky({ sky }: World): string | undefined {
  if (!sky.sides && sky.cuts.size === 0) return undefined;
  sky.sides = undefined;
  sky.cuts.clear();
  return "healed";
}

function storm({ sky, chance }: World): string {
  const bad = chance.maybe(0.6);
  sky.loss = bad ? chance.next() * 0.3 : 0;
  sky.duplication = bad ? chance.next() * 0.3 : 0;
  sky.delayMs = bad ? [1, chance.int(50, 20_000)] : [1, 40];
  return bad ? "storm" : "calm";
}

function crash(world: World): string | undefined {
  const machine = world.chance.pick(world.machines.filter(({ running }) => running));
  if (!machine) return undefined;
  switchOff(world, machine);
  return `${machine.name} crashes`;
}

/** The next writes of a machine end in a fault. */
function fault(world: World): string | undefined {
  const machine = world.chance.pick(world.machines.filter(({ running }) => running));
  const kind = world.chance.pick<Fault>(["cut-before", "cut-after", "full"]);
  if (!machine?.running || !kind) return undefined;
  machine.running.power.fault = { kind, writes: world.chance.int(0, WRITES_TO_FAULT_MAX) };
  return `${machine.name} will meet ${kind}`;
}

async function wake(world: World): Promise<string | undefined> {
  const machine = world.chance.pick(world.machines.filter(({ running }) => !running));
  if (!machine) return undefined;
  await boot(world, machine);
  return `${machine.name} wakes`;
}

/** The disk is replaced by an old copy of itself. */
async function restore(world: World): Promise<string | undefined> {
  const machine = world.chance.pick(world.machines.filter((one) => isIn(world, one) && !one.hostile));
  if (!machine) return undefined;
  switchOff(world, machine);
  // Nothing of it is on its way any more by the time that the backup is found.
  await world.time.runUntil(world.time.now() + BACKUP_FOUND_MS);
  if (machine.running) return undefined;
  const lost = Math.min(world.chance.int(1, BACKUP_AGE_MAX), machine.disk.length - 1);
  strike(world, machine, machine.disk.splice(-lost));
  machine.restored = true;
  count(world, "restores");
  await boot(world, machine);
  return `${machine.name} is restored without its last ${lost} writes`;
}

function skew(world: World): string | undefined {
  const machine = world.chance.pick(world.machines);
  if (!machine) return undefined;
  machine.skewMs = world.chance.int(-10, 10) * 60_000;
  return `${machine.name} is ${machine.skewMs / 60_000} min off`;
}

async function day(world: World): Promise<string> {
  const hours = world.chance.int(6, 30);
  await world.time.runUntil(world.time.now() + hours * HOUR_MS);
  for (const machine of world.machines) await housekeep(world, machine);
  return `${hours} hours pass`;
}

/** It asks the others for what it cannot open. */
async function askBack(world: World): Promise<string | undefined> {
  const machine = world.chance.pick(speakers(world));
  if (!machine) return undefined;
  await askForThePast(world, machine);
  return `${machine.name} asks for what it cannot open`;
}

async function tidyUp(world: World): Promise<string | undefined> {
  const machine = world.chance.pick(speakers(world));
  if (!machine) return undefined;
  await housekeep(world, machine);
  return `${machine.name} keeps house`;
}

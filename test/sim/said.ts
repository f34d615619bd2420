// A post that its author was told is posted: what was promised with it is checked at once, and remembered.

import { equalBytes } from "../../src/base/bytes.ts";
import { hkdfExpand } from "../../src/base/digest.ts";
import { limits } from "../../src/base/limits.ts";
import { closure } from "../../src/circle/graph.ts";
import { orgOf, type Roster } from "../../src/circle/roster.ts";
import { orgId, type RecordId } from "../../src/record/ids.ts";
import { count } from "./ledger.ts";
import { liveOf, type Machine } from "./machine.ts";
import { Violation, type World } from "./world.ts";

/** Enters a post of a machine. Throws where it went to anybody but the members, or under a key that they had before. */
export function said(world: World, machine: Machine, id: RecordId): void {
  const { ledger } = world;
  const record = ledger.records.get(id);
  const live = liveOf(world, machine);
  // A machine that lost its power at once told its author nothing; and nothing is promised to whoever plays false.
  if (!live || machine.hostile) return;
  if (!record) throw new Violation("nothing acknowledged is lost", `${machine.name} posted what it did not store`);
  count(world, "posts");
  const { state } = live;
  const { roster } = state;
  const epoch = record.header.epoch === undefined ? undefined : state.epochs.get(record.header.epoch);
  if (!roster || !epoch) throw new Violation("no crash", `${machine.name} posted without roster or epoch`);
  const now = machine.running?.rooms.clock.now() ?? 0;
  const frozen = new Set(
    [...roster.freezes.values()].filter(({ from, until }) => from <= now && now < until).map(({ org }) => org),
  );
  // Whoever is frozen is sealed for by nobody but its own org.
  const own = orgId(machine.me.certificate.orgKey);
  const heard = [...roster.members.values()].filter((one) => orgOf(one) === own || !frozen.has(orgOf(one)));
  const audience = new Map(heard.map((member) => [member.id, member.addedBy] as const));
  const outsider = [...epoch.recipients.keys()].find((member) => !audience.has(member));
  if (outsider !== undefined)
    throw new Violation("no post to a non-member", `${machine.name} posted to ${nameOf(world, outsider)}`);
  const forgotten = [...audience.keys()].find((member) => !epoch.recipients.has(member));
  if (forgotten !== undefined)
    throw new Violation("a post reaches every member", `${machine.name} left out ${nameOf(world, forgotten)}`);
  if (!roster.members.has(epoch.minter))
    throw new Violation("no post to a non-member", `${machine.name} posted under an epoch of an outsider`);
  // An older epoch is in the hands of somebody who went, or not in those of somebody who came.
  const covered = closure(state.graph, epoch.covers);
  const came = [...roster.members.values()].map(({ addedBy }) => addedBy);
  const went = [...roster.removed.values()].map(({ op }) => op);
  if (![...came, ...went].every((op) => covered.has(op)))
    throw new Violation("no post to a non-member", `${machine.name} posted under an epoch older than the membership`);
  const bag = ledger.bags.get(machine)?.epochs.get(epoch.id);
  if (!bag) throw new Violation("no crash", `${machine.name} posted under a secret that it never wrote down`);
  if (!equalBytes(hkdfExpand(bag.secret, "tocsin/1 key commitment", 32), epoch.keyCommitment))
    throw new Violation("one secret for all", `${machine.name} posted under another secret than the promised one`);
  if (machine.running && machine.running.rooms.clock.now() - bag.since >= limits.epochAgeMaxMs)
    throw new Violation("an epoch ends after a day", `${machine.name} posted under an old epoch`);
  ledger.said.set(id, { by: machine, audience, record });
}

/** Changes of a graph that count in a roster. */
export function countingOps(roster: Roster, ops: Iterable<RecordId>): readonly RecordId[] {
  return [...ops].filter((op) => !roster.void.has(op));
}

export function nameOf(world: World, member: string): string {
  return world.machines.find(({ id }) => id === member)?.name ?? member.slice(0, 8);
}

/** The org of a member, as the world knows it. */
export function orgNameOf(world: World, member: string): string | undefined {
  return world.machines.find(({ id }) => id === member)?.org;
}

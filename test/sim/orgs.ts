// What orgs do with nodes of their own: they enrol further ones, replace and withdraw them by the org key, and are robbed of them.

import { enrol, findCircles, retire } from "../../src/node/enrol.ts";
import { idBytes, type RecordId } from "../../src/record/ids.ts";
import { toHex } from "../../src/base/bytes.ts";
import { boot } from "./boot.ts";
import { attempt, isIn, liveOf, type Machine, machineNamed, maySpeak } from "./machine.ts";
import { joinCallOf } from "./network.ts";
import { type Action, note, type World } from "./world.ts";

export const ORG_ACTIONS: readonly Action[] = [
  { name: "enrol", weight: 4, run: enrolOne },
  { name: "succeed", weight: 3, run: succeed },
  { name: "retire", weight: 2, run: retireOne },
  { name: "steal", weight: 1, run: steal },
];

/** More machines than a run began with. */
const ENROLLED_MAX = 3;
const HOSTILE_MAX = 3;

/** Machines of orgs that somebody sees in the circle, and who sees them. */
function seen(world: World, wanted: (machine: Machine) => boolean): readonly [Machine, Machine] | undefined {
  const witness = world.chance.pick(world.machines.filter((one) => isIn(world, one)));
  const members = witness && liveOf(world, witness)?.state.roster?.members;
  const target = world.chance.pick(world.machines.filter((one) => members?.has(one.id) === true && wanted(one)));
  return witness && target && [witness, target];
}

async function enrolOne(world: World): Promise<string | undefined> {
  const [witness, sibling] = seen(world, () => true) ?? [];
  return witness && sibling && enrols(world, sibling, { at: witness, replaces: [] });
}

/** A node is replaced by another one of its org: now and then one that is sound, else one that was stolen. */
async function succeed(world: World): Promise<string | undefined> {
  const [witness, old] = seen(world, (one) => one.hostile || world.chance.maybe(0.3)) ?? [];
  return witness && old && enrols(world, old, { at: witness, replaces: [old] });
}

/**
 * Another machine of an org comes in at a member, by the word of its org key; `heads`: as of then, where its org plays false and asks
 * nobody what there is.
 */
export async function enrols(
  world: World,
  { org, hostile, orgSeed, orgKey }: Machine,
  {
    at,
    replaces,
    heads,
  }: { readonly at: Machine; readonly replaces: readonly Machine[]; readonly heads?: readonly RecordId[] },
): Promise<string | undefined> {
  const siblings = world.machines.filter((one) => one.org === org);
  // What becomes of a stolen node's org is honest again; that of whoever plays false is not.
  const isFalse = hostile && org.startsWith("evil");
  const enrolled = world.machines.filter(({ name, org: of }) => name !== of).length;
  if (enrolled >= ENROLLED_MAX) return undefined;
  const fresh = machineNamed(world, `${org}.${siblings.length}`, { hostile: isFalse, org });
  await boot(world, fresh);
  const ids = new Set(replaces.map(({ id }) => id as string));
  // As joining does, it ends whenever the circle is fetched.
  void attempt(world, fresh, async ({ rooms, stop }) => {
    const call = joinCallOf(world, fresh);
    const by = { call, addresses: [at.address], orgSeed, orgKey, signal: stop.signal };
    const { circles } = await findCircles(rooms, by);
    const circle = circles.find(({ id }) => toHex(id) === toHex(idBytes(world.circle)));
    if (circle)
      await enrol(
        rooms,
        { ...circle, ...(heads && { heads: heads.map(idBytes) }) },
        { by, replaces: (id) => ids.has(id) },
      );
    note(world, `${fresh.name} has come in`);
  });
  return `${fresh.name} at ${at.name}${replaces.map(({ name }) => ` in the place of ${name}`).join("")}`;
}

/** An org withdraws one of its nodes, which may be the one that says so. */
async function retireOne(world: World): Promise<string | undefined> {
  const speakers = world.machines.filter((one) => maySpeak(world, one));
  const by = world.chance.pick(
    speakers.filter(({ org }) => world.machines.filter((one) => one.org === org).length > 1),
  );
  const members = by && liveOf(world, by)?.state.roster?.members;
  const old = world.chance.pick(world.machines.filter(({ org, id }) => org === by?.org && members?.has(id) === true));
  if (!by || !old) return undefined;
  await attempt(world, by, async ({ rooms }) => retire(rooms, world.circle, { members: [old.id], orgKey: by.orgKey }));
  return `${by.name} withdraws ${old.name}`;
}

/** From now on a thief acts with the keys of a node, as long as its org lets it. */
function steal(world: World): string | undefined {
  const isOpen = world.machines.filter(({ hostile }) => hostile).length < HOSTILE_MAX;
  const node = world.chance.pick(world.machines.filter((one) => !one.hostile && !one.restored && isIn(world, one)));
  if (!isOpen || !node) return undefined;
  node.hostile = true;
  return `the keys of ${node.name}`;
}

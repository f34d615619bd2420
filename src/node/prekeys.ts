// This node's own prekeys in its circles: made, renewed once a day, replaced at once where they may be stolen, and forgotten
// when nobody wraps to them any more.

import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { type Prekey, signPrekey, type ToldPrekey } from "../circle/prekey.ts";
import type { Member } from "../circle/roster.ts";
import type { CircleId, RecordId } from "../record/ids.ts";
import { generateWrapKeys, type Suite } from "../seal/hpke.ts";
import { forgetPrekeysOf, withHeard, withPrekey } from "../seal/keyring.ts";
import { type CircleState, rosterOf, toldPrekeys } from "./circle-state.ts";
import { ownTurn } from "./lanes.ts";
import { currentCircle, declare } from "./post.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";

/** A fresh prekey of this node whose private half is in the keyring file. */
export async function freshPrekey(rooms: Rooms, circle: CircleId, suite: Suite, generation = 0): Promise<Prekey> {
  const { prekey, keep } = await newPrekey(rooms, circle, { suite, generation });
  await keep();
  return prekey;
}

/** The same, whose private half `keep` writes to the keyring file, as often as it is not there. */
export async function newPrekey(
  { me, clock, keyring }: Rooms,
  circle: CircleId,
  { suite, generation }: { readonly suite: Suite; readonly generation: number },
): Promise<{ readonly prekey: Prekey; readonly keep: () => Promise<void> }> {
  const keys = await generateWrapKeys(suite);
  const prekey = signPrekey(circle, me.key, { suite, publicKey: keys.publicKey, generation });
  const held = { circle, id: prekey.id, suite, keys, madeAt: clock.now() };
  const keep = async (): Promise<void> =>
    keyring.update((ring) => (ring.prekeys.has(held.id) ? ring : withPrekey(ring, held)));
  return { prekey, keep };
}

/** A fresh prekey as a statement, if the last one is a day old or lost. Inside the circle's turn. */
export async function renewal(
  rooms: Rooms,
  live: LiveCircle,
  member: Member,
): Promise<readonly { readonly kind: "prekey"; readonly body: Uint8Array }[]> {
  const newest = toldPrekeys(live.state, member).at(-1) ?? member.prekey;
  const held = rooms.keyring.value().prekeys.get(newest.id);
  // As long as nobody has heard of the last one, another one would be of no use to anybody.
  const isDue = held === undefined || rooms.clock.now() - held.madeAt >= limits.prekeyRotateMs;
  if (!isDue || (held && !heardBySome(rooms, live, newest))) return [];
  const { suite } = rosterOf(live.state).policy;
  const { bytes } = await freshPrekey(rooms, live.row.id, suite, newest.generation);
  return [{ kind: "prekey", body: bytes }];
}

/**
 * A fresh prekey and an epoch at once. `compromised` declares all earlier prekeys stolen: whoever hears of it sends under nothing that
 * is wrapped to them any more. Answers the epoch. Throws MEMBER_REMOVED, CIRCLE_UNKNOWN.
 */
export async function rekey(
  rooms: Rooms,
  circle: CircleId,
  { compromised }: { readonly compromised: boolean },
): Promise<RecordId> {
  return ownTurn(rooms, circle, async () => {
    const live = currentCircle(rooms, circle);
    const { members, policy } = rosterOf(live.state);
    const member = members.get(rooms.me.id);
    const { generation } = (member && toldPrekeys(live.state, member).at(-1)) ?? { generation: 0 };
    const { bytes } = await freshPrekey(rooms, circle, policy.suite, compromised ? generation + 1 : generation);
    const records = await declare(rooms, live, [{ kind: "prekey", body: bytes }], { rekey: true });
    const epoch = records.find((record) => record.header.kind === "epoch");
    if (!epoch) throw new TocsinError("INTERNAL", "a rekey made no epoch");
    return epoch.id;
  });
}

/** Forgets what nobody needs any more: prekeys that all others know a newer one of, and all of them where this node is out. */
export async function forgetPrekeys(rooms: Rooms, live: LiveCircle): Promise<void> {
  const { id, state } = live.row;
  if (state === "removed") return rooms.keyring.update((keyring) => forgetPrekeysOf(keyring, id));
  const member = live.state.roster?.members.get(rooms.me.id);
  if (!member) return;
  const told = toldPrekeys(live.state, member);
  const some = told.findLast((prekey) => heardBySome(rooms, live, prekey))?.id;
  const all = isCaughtUp(rooms, live.state)
    ? told.findLast((prekey) => others(rooms, live).every((other) => hears(rooms, other, { live, prekey })))?.id
    : undefined;
  await rooms.keyring.update((keyring) => withHeard(keyring, id, { some, all, now: rooms.clock.now() }));
}

/** Whether nobody is known to hold a record that this node lacks: it may be an epoch that is wrapped to an older prekey. */
function isCaughtUp({ delivery }: Rooms, { id, lanes }: CircleState): boolean {
  return [...delivery.best(id)].every(([lane, length]) => (lanes.get(lane)?.length ?? 0) >= length);
}

function heardBySome(rooms: Rooms, live: LiveCircle, prekey: ToldPrekey): boolean {
  const all = others(rooms, live);
  return all.length === 0 || all.some((other) => hears(rooms, other, { live, prekey }));
}

/** Whether a member is known to hold the record that tells a prekey. The one that admitted this node is known to all. */
function hears(
  { delivery }: Rooms,
  { id }: Member,
  of: { readonly live: LiveCircle; readonly prekey: ToldPrekey },
): boolean {
  const { toldAt } = of.prekey;
  return toldAt === undefined || delivery.holds(of.live.row.id, id, toldAt);
}

function others({ me }: Rooms, { state }: LiveCircle): readonly Member[] {
  return [...rosterOf(state).members.values()].filter((member) => member.id !== me.id);
}

// Choosing, minting and opening epochs of a live circle.

import { limits } from "../base/limits.ts";
import { sealedFor } from "../circle/roster.ts";
import { signClear } from "../record/sign.ts";
import { verifyRecord } from "../record/verify.ts";
import type { VerifiedRecord } from "../record/record.ts";
import { orgId, type RecordId } from "../record/ids.ts";
import { type Epoch, mintEpoch, openEpoch } from "../seal/epoch.ts";
import { withEpoch } from "../seal/keyring.ts";
import { mintWaitMs } from "../seal/mint-order.ts";
import { type SendView, usableEpoch } from "../seal/usable.ts";
import { headsFor } from "./authorship.ts";
import { firstOf } from "./bell.ts";
import { type CircleState, prekeyOf, rosterOf, toldPrekeys, withRecord } from "./circle-state.ts";
import { emptyLane, nextPlace } from "../feed/lane.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";

const PARENTS_MAX = 4;

/** The epoch that this node would send under now, if any. */
export function currentEpoch(rooms: Rooms, live: LiveCircle, state: CircleState): Epoch | undefined {
  return usableEpoch(state.epochs.values(), sendView(rooms, live, state));
}

/** What this node knows when it is about to post. */
export function sendView(rooms: Rooms, live: LiveCircle, state: CircleState): SendView {
  const held = rooms.keyring.value().epochs;
  return {
    me: rooms.me.id,
    graph: state.graph,
    roster: rosterOf(state),
    self: orgId(rooms.me.certificate.orgKey),
    now: rooms.clock.now(),
    opened: (epoch) => held.has(epoch.id),
    firstSeenAt: (epoch) => held.get(epoch.id)?.firstSeenAt ?? epoch.mintedAt,
    used: (epoch) => live.used.get(epoch.id) ?? 0,
    prekeys: (member) => toldPrekeys(state, member),
    complaints: state.complaints,
  };
}

/**
 * Where no epoch is usable and another member may be minting one at this moment: resolves when its epoch has come, or when this
 * node's time to mint has. Undefined where there is nothing to wait for. Not inside the circle's turn.
 */
export function awaitEpoch(rooms: Rooms, live: LiveCircle): Promise<void> | undefined {
  const { roster, graph } = live.state;
  if (!roster || currentEpoch(rooms, live, live.state)) return undefined;
  const linked = rooms.net().links();
  // Whoever is away mints nothing now.
  const present = linked.filter(({ member, state }) => state === "linked" && roster.members.has(member));
  const waitMs = mintWaitMs(
    rooms.me.id,
    present.map(({ member }) => member),
    graph.heads,
  );
  if (waitMs === 0) return undefined;
  return firstOf(
    new AbortController().signal,
    async (signal) => rooms.clock.wait(waitMs, signal),
    async (signal) => {
      for (let seen = rooms.changes.count(); !currentEpoch(rooms, live, live.state); seen = rooms.changes.count())
        await rooms.changes.after(seen, signal);
    },
  );
}

/** The secret of an epoch, if held. */
export function secretOf(rooms: Rooms, epoch: RecordId): Uint8Array | undefined {
  return rooms.keyring.value().epochs.get(epoch)?.secret;
}

/**
 * Epochs that were wrapped to this node and that it cannot open although they are recent: its keyring is older than its store. What
 * is sealed under them stays sealed, and nothing is sent under them.
 */
export function missingKeys(rooms: Rooms, { state }: LiveCircle): number {
  const since = rooms.clock.now() - limits.epochKeepMs;
  return [...state.epochs.values()].filter(
    ({ id, mintedAt, recipients }) =>
      mintedAt > since && recipients.has(rooms.me.id) && secretOf(rooms, id) === undefined,
  ).length;
}

/**
 * Mints an epoch for the members of `state` that are sealed for now as the next record of the own lane. Its secret is in the keyring file before
 * this resolves; the record is not yet committed.
 */
export async function mint(
  rooms: Rooms,
  live: LiveCircle,
  state: CircleState,
): Promise<{ readonly record: VerifiedRecord; readonly state: CircleState }> {
  const { me, random, clock } = rooms;
  const roster = rosterOf(state);
  const now = clock.now();
  const recipients = sealedFor(roster, now, orgId(me.certificate.orgKey));
  const prekeys = recipients.map((member) => prekeyOf(state, member));
  const held = rooms.keyring.value().epochs;
  const newest = [...held.values()].filter((epoch) => epoch.circle === state.id).slice(-PARENTS_MAX);
  const deepest = Math.max(-1, ...[...state.epochs.values()].map((epoch) => epoch.depth));
  const minted = await mintEpoch({
    circle: state.id,
    minter: me.id,
    suite: roster.policy.suite,
    depth: Math.min(deepest + 1, limits.epochDepthMax),
    prekeys,
    fresh: random(32),
    parentSecrets: newest.map((epoch) => epoch.secret),
  });
  const lane = state.lanes.get(live.row.lane) ?? emptyLane(live.row.lane, me.id);
  const draft = {
    circle: state.id,
    kind: "epoch",
    ...nextPlace(lane),
    rosterHeads: headsFor(state.graph, lane),
    epoch: undefined,
    exercise: false,
    at: now,
  } as const;
  const record = verifyRecord(signClear(draft, { bytes: minted.body, wraps: minted.wraps }, { key: me.key, random }));
  await rooms.keyring.update((keyring) =>
    withEpoch(keyring, { circle: state.id, id: record.id, secret: minted.secret, firstSeenAt: now }, state.epochs),
  );
  return { record, state: withRecord(state, record, lane) };
}

/** What this node has of an epoch: its secret, no key for it, or a wrap that is not what its minter promised. */
export type Taken = "held" | "no key" | "bad";

/** Opens this node's wrap of an epoch and keeps its secret. */
export async function takeEpoch(
  rooms: Rooms,
  epoch: Epoch,
  { wraps, known }: { readonly wraps: readonly Uint8Array[]; readonly known: CircleState["epochs"] },
): Promise<Taken> {
  if (rooms.keyring.value().epochs.has(epoch.id)) return "held";
  const found = await lookInto(rooms, epoch, wraps);
  if (typeof found === "string") return found;
  await rooms.keyring.update((value) =>
    withEpoch(value, { circle: epoch.circle, id: epoch.id, secret: found, firstSeenAt: rooms.clock.now() }, known),
  );
  return "held";
}

/** The secret in this node's wrap of an epoch, which is not kept; or why there is none. */
export async function lookInto(
  { me, keyring, log }: Rooms,
  epoch: Epoch,
  wraps: readonly Uint8Array[],
): Promise<Uint8Array | Exclude<Taken, "held">> {
  const prekey = epoch.recipients.get(me.id);
  const keys = prekey && keyring.value().prekeys.get(prekey)?.keys;
  if (!keys) return "no key";
  const secret = await openEpoch(epoch, me.id, { keys, wraps });
  if (secret) return secret;
  log("epoch-not-opened", { epoch: epoch.id.slice(0, 8), minter: epoch.minter.slice(0, 8) });
  return "bad";
}

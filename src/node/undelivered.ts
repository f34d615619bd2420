// Own posts that an org has not proved to hold: what waits for it, and what has waited for too long, of which people are told.

import { limits } from "../base/limits.ts";
import { orgOf } from "../circle/roster.ts";
import type { CircleId, LaneId, MemberId, OrgId } from "../record/ids.ts";
import { orgId } from "../record/ids.ts";
import { decodeEnvelope } from "../record/wire.ts";
import { receiptOf } from "./receipts.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";

/** What waits for an org in a circle. */
export type Backlog = {
  readonly circle: CircleId;
  readonly org: OrgId;
  readonly nodes: readonly MemberId[];
  /** How many posts wait; counting ends at `POSTS_MAX`. */
  readonly posts: number;
  /** Where the oldest of them stands and when it was posted, ms since 1970. */
  readonly oldest: { readonly lane: LaneId; readonly seq: number; readonly at: number };
};

const LOOK_EVERY_MS = 60_000;
/** Own records that are looked at; a longer backlog is as bad. */
const POSTS_MAX = 1_000;

/** Each org that is meant to have own posts of a circle and has not proved to hold them all. */
export async function backlogOf(rooms: Rooms, { row, state }: LiveCircle): Promise<readonly Backlog[]> {
  const mine = orgId(rooms.me.certificate.orgKey);
  const members = [...(state.roster?.members.values() ?? [])].filter((member) => orgOf(member) !== mine);
  const orgs = Map.groupBy(members, orgOf);
  const found = new Map<OrgId, Backlog>();
  for (const { id: lane, author, length } of state.lanes.values()) {
    if (author !== rooms.me.id) continue;
    const proven = new Map(
      [...orgs].map(([org, nodes]) => [org, heldBySome(rooms, row.id, { nodes: nodes.map(({ id }) => id), lane })]),
    );
    const from = Math.min(length, ...proven.values());
    for await (const envelope of rooms.store.range(row.id, { lane, from, to: Math.min(length, from + POSTS_MAX) })) {
      const { epoch, seq, at } = decodeEnvelope(envelope).header;
      const recipients = epoch && state.epochs.get(epoch)?.recipients;
      if (!recipients) continue;
      for (const [org, held] of proven) {
        const nodes = (orgs.get(org) ?? []).map(({ id }) => id);
        if (held > seq || !nodes.some((node) => recipients.has(node))) continue;
        const before = found.get(org);
        const oldest = before && before.oldest.at <= at ? before.oldest : { lane, seq, at };
        found.set(org, { circle: row.id, org, nodes, posts: (before?.posts ?? 0) + 1, oldest });
      }
    }
  }
  return [...found.values()];
}

/** How much of a lane the one of these nodes that has most of it proved to hold. */
function heldBySome(
  rooms: Rooms,
  circle: CircleId,
  { nodes, lane }: { readonly nodes: readonly MemberId[]; readonly lane: LaneId },
): number {
  return Math.max(0, ...nodes.map((member) => receiptOf(rooms, circle, { member, lane })?.held ?? 0));
}

/** What was found late at the last look and is late still. */
export function undelivered(rooms: Rooms): readonly Backlog[] {
  return rooms.receipts.late.filter(
    ({ circle, nodes, oldest }) => heldBySome(rooms, circle, { nodes, lane: oldest.lane }) <= oldest.seq,
  );
}

/** Finds what waits for longer than `undeliveredMs`; says so in the log once, and wakes whoever shows it. */
export async function lookForLate(rooms: Rooms, undeliveredMs: number): Promise<void> {
  const known = new Set(undelivered(rooms).map(nameOf));
  const current = [...rooms.circles.values()].filter(({ row }) => row.state === "current");
  const all = (await Promise.all(current.map(async (live) => backlogOf(rooms, live)))).flat();
  const late = all.filter(({ oldest }) => rooms.clock.now() - oldest.at >= undeliveredMs);
  const isNews = late.length !== known.size || late.some((one) => !known.has(nameOf(one)));
  rooms.receipts.late = late;
  for (const one of late) {
    const { circle, org, posts, oldest } = one;
    const hours = Math.floor((rooms.clock.now() - oldest.at) / 3_600_000);
    if (!known.has(nameOf(one)))
      rooms.log("undelivered", { circle: circle.slice(0, 8), org: org.slice(0, 8), posts, hours });
  }
  if (isNews) rooms.changes.ring();
}

const nameOf = ({ circle, org }: Backlog): string => `${circle} ${org}`;

/** Looks once a minute until the signal aborts. */
export async function keepLooking(
  rooms: Rooms,
  options: { readonly undeliveredMs: number | undefined; readonly signal: AbortSignal },
  failed: (cause: unknown) => void,
): Promise<void> {
  const { undeliveredMs = limits.undeliveredMs, signal } = options;
  while (!signal.aborted) {
    try {
      await lookForLate(rooms, undeliveredMs);
      await rooms.clock.wait(Math.min(LOOK_EVERY_MS, Math.max(1_000, undeliveredMs)), signal);
    } catch (cause) {
      if (signal.aborted) return;
      failed(cause);
      await rooms.clock.wait(LOOK_EVERY_MS, signal).catch(() => undefined);
    }
  }
}

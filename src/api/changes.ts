// Changes of membership as people and scripts see them: the log of a circle, and which of it nobody here has seen yet.

import { decodeCbor, encodeCbor } from "../base/cbor.ts";
import { toRfc3339 } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { closure, type Graph } from "../circle/graph.ts";
import { type LogEntry, membershipLog } from "../circle/log.ts";
import { idBytes, recordId, type RecordId } from "../record/ids.ts";
import { hasAccepted } from "../node/consent.ts";
import type { LiveCircle, Rooms } from "../node/rooms.ts";
import type { ChangeDocument, NewsDocument } from "./documents.ts";

/** A mark names so many changes at most: what a setting holds, with room. */
const MARK_MAX = 100;

export function presentChange(live: LiveCircle, entry: LogEntry): ChangeDocument {
  const { op, by, what, whom, authority, concurrent } = entry;
  return {
    schema: "tocsin.change/1",
    circle: { id: live.row.id, name: live.row.name },
    id: op.id,
    at: toRfc3339(op.at),
    by,
    op: op.change.op,
    what,
    whom: whom ?? null,
    authority,
    concurrent: [...concurrent],
    counts: entry.void === undefined,
    why: entry.void ?? null,
  };
}

/** The changes of a circle that are not below `heads`, in their order. Joining what was said apart is no change to anybody. */
export function changesSince(live: LiveCircle, heads: readonly RecordId[]): readonly LogEntry[] {
  const { graph, memo, roster } = live.state;
  if (!roster) return [];
  const seen = closure(graph, heads);
  if (seen.size === graph.ops.size) return [];
  const later = [...graph.ops.values()].filter(({ id, change }) => !seen.has(id) && change.op !== "merge");
  return later.length === 0
    ? []
    : membershipLog(
        graph,
        memo,
        later.map(({ id }) => id),
      );
}

/** What a person has not seen: not what this node said, nor what was said before it came. */
export async function unseenChanges(rooms: Rooms, live: LiveCircle): Promise<readonly LogEntry[]> {
  const own = live.state.roster?.members.get(rooms.me.id)?.addedBy;
  const heads = [...(await seenHeads(rooms, live)), ...(own === undefined ? [] : [own])];
  return changesSince(live, heads).filter(({ op }) => op.author !== rooms.me.id);
}

/** Notes that a person has seen every change that is known now. */
export async function markSeen(rooms: Rooms, live: LiveCircle): Promise<void> {
  const heads = live.state.graph.heads.slice(0, MARK_MAX);
  await rooms.store.putSetting(markName(live), encodeCbor(heads.map(idBytes)));
}

async function seenHeads(rooms: Rooms, live: LiveCircle): Promise<readonly RecordId[]> {
  const stored = await rooms.store.setting(markName(live));
  // Written above, as ids.
  const rows = stored ? (decodeCbor(stored, limits.settingBytesMax) as readonly Uint8Array[]) : [];
  return rows.map(recordId).filter((id) => live.state.graph.ops.has(id));
}

function markName(live: LiveCircle): string {
  return `seen/${live.row.id}`;
}

/** What a person should know of a circle before anything else. */
export async function presentNews(rooms: Rooms, live: LiveCircle): Promise<NewsDocument["circles"][number]> {
  const unseen = await unseenChanges(rooms, live);
  const last = unseen.at(-1);
  const isIn = live.row.state === "current" && live.state.roster?.members.has(rooms.me.id) === true;
  return {
    id: live.row.id,
    name: live.row.name,
    unseen: unseen.length,
    last: last ? sentenceOf(last) : null,
    rulesToAccept: isIn && !hasAccepted(rooms, live),
  };
}

/** One change in words. */
export function sentenceOf({ by, what, void: why }: LogEntry): string {
  return `${by} ${what}${why === undefined ? "" : ` (does not count: ${why})`}`;
}

/** Where the memberships of circles stand, to tell later what came since. */
export function headsOf(rooms: Rooms): ReadonlyMap<LiveCircle, Graph["heads"]> {
  return new Map([...rooms.circles.values()].map((live) => [live, live.state.graph.heads]));
}

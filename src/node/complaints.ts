// What a member says of an epoch that holds nothing for it, so that nobody talks past it.

import { encodeComplaint } from "../circle/notice.ts";
import { decodeEnvelope } from "../record/wire.ts";
import { unusable } from "../seal/usable.ts";
import { lookInto, sendView } from "./epochs.ts";
import { mayWrite } from "./lanes.ts";
import { declare } from "./post.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";

/**
 * Complains of each epoch that others might send under although its wrap for this node is bad. Not of one whose prekey is
 * forgotten: then the epoch is as its minter promised. Inside the circle's turn.
 */
export async function complain(rooms: Rooms, live: LiveCircle): Promise<void> {
  const { state, row } = live;
  const { me, store } = rooms;
  if (row.state !== "current" || !state.roster?.members.has(me.id)) return;
  // Made up for with the notices, once the lane is confirmed.
  if (!mayWrite(rooms, live)) return;
  const held = rooms.keyring.value().epochs;
  // As somebody sees it who could open it and heard of it just now. What is complained of already needs no second one.
  const view = { ...sendView(rooms, live, state), opened: () => true, firstSeenAt: rooms.clock.now, used: () => 0 };
  const statements = [];
  for (const epoch of state.epochs.values()) {
    if (held.has(epoch.id) || state.complaints.get(epoch.id)?.has(me.id)) continue;
    if (unusable(epoch, view) !== undefined) continue;
    const envelope = await store.envelope(epoch.id);
    const { wraps } = envelope ? decodeEnvelope(envelope) : { wraps: [] };
    // Nothing is kept of one that holds: its secret was forgotten in its time, and would count as new.
    if ((await lookInto(rooms, epoch, wraps)) === "bad")
      statements.push({ kind: "complaint" as const, body: encodeComplaint(epoch.id) });
  }
  if (statements.length > 0) await declare(rooms, live, statements);
}

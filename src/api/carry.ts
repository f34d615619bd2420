// What carrying an item to another circle would post there: its words as they stand, how they are marked there, and what is told of
// where they come from. Whether it may be carried at all is asked here too, of the one gate.

import { unreachable } from "../base/assert.ts";
import { TocsinError } from "../base/errors.ts";
import { sameOrg } from "../circle/correction.ts";
import { carryingLimit } from "../circle/permission.ts";
import { orgOf as orgIdOf } from "../circle/roster.ts";
import { carriedMarking, type Marking } from "../marking/egress.ts";
import { orgOf, rosterOf } from "../node/circle-state.ts";
import { refuseUtterance } from "../node/consent.ts";
import { readersNow, refuseRelay } from "../node/egress.ts";
import { currentCircle } from "../node/post.ts";
import { standingAmong } from "../node/standing.ts";
import type { LiveCircle, Rooms } from "../node/rooms.ts";
import type { Utterance } from "../node/utterance.ts";
import type { PostBody, Relayed } from "../record/body.ts";
import { printShortId } from "../record/ids.ts";
import { type Caller, refusedPost } from "../seat/seat.ts";
import { stricter, tlpLabel } from "../record/marking.ts";
import type { Item } from "../store/store.ts";
import { readersOf } from "./delivery.ts";
import { findCircle, findItem } from "./lookup.ts";
import type { Methods } from "./methods.ts";
import { isContested } from "./present.ts";

const THREAD_MAX = 1_000;

/** What carrying an item on would post, and where. Throws RELAY_REFUSED, and what the other circle refuses. */
export async function carry(
  rooms: Rooms,
  request: Pick<Methods["relay"]["params"], "id" | "circle" | "tlp" | "pap">,
  caller: Caller,
): Promise<{ live: LiveCircle; utterance: Utterance }> {
  const item = await findItem(rooms, request.id);
  const live = currentCircle(rooms, findCircle(rooms, request.circle).row.id);
  if (live.row.id === item.circle) throw new TocsinError("INPUT_INVALID", `it is in ${live.row.name} already`);
  const source = findCircle(rooms, item.circle);
  const roster = rosterOf(source.state);
  const about = (await rooms.store.thread(item.id, THREAD_MAX)).filter((one) => !isContested(rooms, one));
  const stands = standingAmong(rooms, item, about);
  if (stands.isGone || isContested(rooms, item))
    throw new TocsinError(
      "RELAY_REFUSED",
      "it was withdrawn or erased, or its author said something else in its place to others",
    );

  const { tlp, credit } = carryingLimit(roster, item, about);
  const was: Marking = { tlp, ...(stands.body.pap && { pap: stands.body.pap }) };
  const marking = carriedMarking(was, request);
  if (!marking)
    throw new TocsinError("RELAY_REFUSED", `it is ${tlpLabel(tlp)}, and carried on it is marked so or more strictly`);
  const own = sameOrg(roster, rooms.me.id, item.author);
  const could = new Set(readersOf(rooms, item));
  const readers = readersNow(rooms, rosterOf(live.state));
  const newReaders = readers.filter((member) => !could.has(orgIdOf(member)));
  const refused = refuseRelay(rooms, roster, { marking: was, own, newReaders });
  if (refused) throw refused;

  // Who could read it knows whose it is and where from; others are told what its author and its label let them be.
  const isKnown = newReaders.length === 0;
  const relayed: Relayed = {
    at: item.at,
    ...(isKnown || credit || own ? { org: orgOf(source.state, item.author) } : {}),
    ...(isKnown || tlp === "clear" ? { circle: source.row.name } : {}),
  };
  // Whoever comes into that circle later is a new reader of it.
  const isBound = !own && stricter(tlp, "green");
  const to = isBound ? { to: readers.map(orgIdOf).sort() } : {};
  const body = {
    ...carriedWords(stands.body, item),
    ...marking,
    ...to,
    relayed,
    seat: caller.seat,
    ...(caller.machine && { auto: true }),
  };
  const utterance = { body: body as PostBody, exercise: item.exercise };
  const outOfScope = refusedPost(caller, utterance.body);
  if (outOfScope !== undefined) throw new TocsinError("RIGHT_MISSING", outOfScope);
  const unwanted = refuseUtterance(rooms, live, utterance);
  if (unwanted) throw unwanted;
  return { live, utterance };
}

/** What of an item makes sense elsewhere: its words, and nothing that names items or members of its circle. */
function carriedWords(body: PostBody, { id }: Item): PostBody {
  const { to: _to, auto: _auto, ...said } = body;
  switch (said.kind) {
    case "sighting":
    case "note": {
      const { re: _re, ...words } = said;
      return words;
    }
    case "alert": {
      const { who: _who, need: _need, ...words } = said;
      return words;
    }
    case "ask":
    case "incident":
    case "vuln":
      return said;
    case "answer":
    case "reply":
    case "update":
    case "msg":
    case "ack":
    case "amend":
    case "retract":
    case "nudge":
    case "widen":
    case "sponsor":
    case "unknown":
      throw new TocsinError("INPUT_INVALID", `${printShortId(body.kind, id)} says nothing without what it is about`, {
        hint: "carry that on, or say it anew",
      });
    default:
      return unreachable(said);
  }
}

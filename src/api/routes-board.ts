// Routes about acknowledgements: who has, who has not, and the reminder of those.

import { toRfc3339 } from "../base/clock.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { postOrHold } from "../node/drafts.ts";
import type { Rooms } from "../node/rooms.ts";
import { printId } from "../record/ids.ts";
import type { Item } from "../store/store.ts";
import type { BoardDocument } from "./audit-document.ts";
import { boardOf, nudgeAgainAt } from "./board.ts";
import type { Routes } from "./desk.ts";
import { isHeld, type Staff } from "./held-posts.ts";
import { findCircle, findItem } from "./lookup.ts";
import { prepare } from "./prepare.ts";
import { isForDrills } from "./present.ts";
import { parseRequest, requests } from "./requests.ts";

const THREAD_MAX = 1_000;
/** Newest alerts that are looked at. */
const ALERTS_MAX = 200;

export function boardRoutes(rooms: Rooms, { seats }: Pick<Staff, "seats">): Pick<Routes, "acks" | "nudge"> {
  return {
    acks: async (params) => {
      const { id, circle, overdue, exercise } = parseRequest(requests.acks, params);
      if (id !== undefined)
        return { schema: "tocsin.acks/1", alerts: [await boardNamed(rooms, await findItem(rooms, id))] };
      const scope = circle === undefined ? {} : { circle: findCircle(rooms, circle).row.id };
      const alerts: BoardDocument[] = [];
      for await (const item of rooms.store.feed({ ...scope, kinds: ["alert"], limit: ALERTS_MAX })) {
        if (item.exercise !== (exercise ?? isForDrills(rooms.circles.get(item.circle)))) continue;
        const board = boardOf(rooms, item, await rooms.store.thread(item.id, THREAD_MAX));
        if (board && !board.enough && (board.overdue || !overdue)) alerts.push(board);
      }
      // What is due first stands first; what has no deadline stands last.
      alerts.sort((left, right) => ((left.ackBy ?? "~") < (right.ackBy ?? "~") ? -1 : 1));
      return { schema: "tocsin.acks/1", alerts };
    },
    nudge: async (params, { caller }) => {
      if (isHeld(caller)) throw new TocsinError("RIGHT_MISSING", `seat ${caller.seat} reminds nobody by this token`);
      const item = await findItem(rooms, parseRequest(requests.id, params).id);
      const { waiting } = await boardNamed(rooms, item);
      const missing = waiting.filter(({ must }) => must);
      if (missing.length === 0)
        throw new TocsinError("INPUT_INVALID", "everybody who should has acknowledged it: there is nobody to remind");
      const now = rooms.clock.now();
      const again = nudgeAgainAt(rooms, item, await rooms.store.thread(item.id, THREAD_MAX));
      if (again > now) throw tooSoon(again);
      const { live, utterance } = await prepare(rooms, {
        ...{ circle: undefined, caller },
        draft: { kind: "nudge", re: printId("alert", item.id) },
      });
      seats.spendOne(caller);
      // Of two that are asked for at one moment one is posted.
      const key = `nudge ${item.id} ${Math.floor(now / limits.nudgeEveryMs)}`;
      const posted = await postOrHold(rooms, live.row.id, [{ ...utterance, key }]);
      if ("why" in posted) throw posted.why;
      const [one] = posted;
      if (!one || one.duplicate) throw tooSoon(now + limits.nudgeEveryMs);
      const orgs = missing.map(({ org }) => org);
      return {
        schema: "tocsin.nudge/1",
        id: printId("nudge", one.id),
        alert: printId("alert", item.id),
        waiting: orgs,
      };
    },
  };
}

async function boardNamed(rooms: Rooms, item: Item): Promise<BoardDocument> {
  const board = boardOf(rooms, item, await rooms.store.thread(item.id, THREAD_MAX));
  if (!board) throw new TocsinError("INPUT_INVALID", "only an alert that stands is acknowledged");
  return board;
}

function tooSoon(again: number): TocsinError {
  return new TocsinError("RATE_LIMITED", `it was nudged just now; again at ${toRfc3339(again)}`);
}

// Who has acknowledged an alert and who has not. Pure of effects: from what the node holds to the document.

import { toRfc3339 } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { standing } from "../circle/correction.ts";
import { orgOf } from "../node/circle-state.ts";
import { isClosed } from "../node/forks.ts";
import type { Rooms } from "../node/rooms.ts";
import { type Alert, wordsOf } from "../record/body.ts";
import { printId } from "../record/ids.ts";
import type { Item } from "../store/store.ts";
import type { BoardDocument } from "./audit-document.ts";
import { audienceOf, deliveryOf } from "./delivery.ts";

/** The board of an alert; undefined for another item, or where it was withdrawn. */
export function boardOf(rooms: Rooms, item: Item, thread: readonly Item[]): BoardDocument | undefined {
  const live = rooms.circles.get(item.circle);
  const answers = thread.filter((one) => !live || !isClosed(live.state, one));
  const stands = standing(live?.state.roster, item, answers);
  const { body } = stands;
  if (!live || body.kind !== "alert" || stands.state === "retracted") return undefined;
  const now = rooms.clock.now();
  const readers = audienceOf(rooms, item).filter(({ nodes }) => !nodes.includes(item.author));
  const first = (kind: "ack" | "nudge", author: Item["author"][]): Item | undefined =>
    answers.find((one) => one.body.kind === kind && one.body.re === item.id && author.includes(one.author));
  const rows = readers.map((reader) => ({
    ...reader,
    must: isAsked(body, reader.key),
    ack: first("ack", [...reader.nodes]),
  }));
  const need = body.who?.length ?? body.need ?? rows.length;
  const enough = rows.filter(({ must, ack }) => must && ack).length >= need;
  const isOver = body.ackBy !== undefined && now > body.ackBy;
  const delivery = new Map(deliveryOf(rooms, item, answers).map(({ org, state }) => [org, state]));
  const nudge = answers.findLast((one) => one.body.kind === "nudge" && one.body.re === item.id);
  return {
    ...{
      id: printId("alert", item.id),
      circle: live.row.name,
      org: orgOf(live.state, item.author),
      mine: item.author === rooms.me.id,
    },
    ...{ title: wordsOf(body).title ?? wordsOf(body).text ?? null, at: toRfc3339(item.at), tlp: body.tlp },
    ...{ exercise: item.exercise, ackBy: body.ackBy === undefined ? null : toRfc3339(body.ackBy) },
    ...{ need, enough, overdue: isOver && !enough },
    acked: rows.flatMap(({ org, ack }) => (ack ? [presentAck(org, ack, body)] : [])),
    waiting: rows.flatMap(({ org, must, ack }) =>
      ack
        ? []
        : [
            {
              org,
              must,
              overdue: isOver && must && !enough,
              state: delivery.get(org) ?? "queued",
              nudged: nudge ? toRfc3339(nudge.at) : null,
            },
          ],
    ),
  };
}

/** Whether an org, by its key, is one of those that must acknowledge. */
function isAsked({ who }: Alert, org: string): boolean {
  return who === undefined || who.some((one) => one === org);
}

function presentAck(org: string, { at, body }: Item, { ackBy }: Alert): BoardDocument["acked"][number] {
  const late = ackBy !== undefined && at > ackBy;
  return { org, seat: body.seat, at: toRfc3339(at), note: wordsOf(body).text ?? null, late };
}

/** When an alert may be nudged again by this node, ms since 1970. */
export function nudgeAgainAt(rooms: Rooms, item: Item, thread: readonly Item[]): number {
  const own = thread.filter(
    (one) => one.body.kind === "nudge" && one.body.re === item.id && one.author === rooms.me.id,
  );
  return Math.max(0, ...own.map(({ at }) => at + limits.nudgeEveryMs));
}

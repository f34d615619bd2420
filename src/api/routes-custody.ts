// Routes about what becomes of records: legal holds, what is withheld under them, and exercises of a circle.

import { toHex } from "../base/bytes.ts";
import { toRfc3339 } from "../base/clock.ts";
import { TocsinError } from "../base/errors.ts";
import { holdersOf, type HoldScope } from "../circle/hold.ts";
import { orgOf } from "../circle/roster.ts";
import { orgOf as orgNameOf } from "../node/circle-state.ts";
import { exerciseOf, hold, release, startExercise, stopExercise } from "../node/custody.ts";
import type { LiveCircle, Rooms } from "../node/rooms.ts";
import { wordsOf } from "../record/body.ts";
import { printId } from "../record/ids.ts";
import { encodePost } from "../record/parse-body.ts";
import { provenBy } from "../record/receipt.ts";
import { receiptOf } from "../node/receipts.ts";
import type { Item } from "../store/store.ts";
import type { Routes } from "./desk.ts";
import { audienceOf, reaches } from "./delivery.ts";
import type { CopiesDocument, ExerciseDocument, HoldDocument, HoldsDocument } from "./documents-custody.ts";
import { findCircle, findItem } from "./lookup.ts";
import { parseRequest, requests } from "./requests.ts";

type CustodyRoutes = Pick<
  Routes,
  "hold.set" | "hold.release" | "hold.list" | "hold.show" | "exercise.start" | "exercise.stop" | "exercise.show"
>;

export function custodyRoutes(rooms: Rooms): CustodyRoutes {
  return {
    "hold.set": async (params) => {
      const { of, reason = "" } = parseRequest(requests.hold, params);
      const { live, scope } = await scopeOf(rooms, of);
      await hold(rooms, live.row.id, scope, reason);
      return presentHolds(rooms, [live]);
    },
    "hold.release": async (params) => {
      const { live, scope } = await scopeOf(rooms, parseRequest(requests.holdOf, params).of);
      await release(rooms, live.row.id, scope);
      return presentHolds(rooms, [live]);
    },
    "hold.list": async (params) => {
      parseRequest(requests.none, params);
      return presentHolds(rooms, [...rooms.circles.values()]);
    },
    "hold.show": async (params) => {
      const item = await findItem(rooms, parseRequest(requests.id, params).id);
      const kept = await rooms.store.withheld(item.id);
      if (!kept)
        throw new TocsinError("NOT_FOUND", "nothing of it is withheld under a hold", {
          hint: item.erased ? "it was erased before it was held" : "it is there as it was said: tocsin show",
        });
      const words = wordsOf(kept.body);
      const live = rooms.circles.get(item.circle);
      return {
        schema: "tocsin.withheld/1",
        id: printId(item.body.kind, item.id),
        circle: live?.row.name ?? "",
        org: live ? orgNameOf(live.state, item.author) : "",
        at: toRfc3339(item.at),
        ...{ body: toHex(encodePost(kept.body)), salt: toHex(kept.salt), envelope: toHex(kept.envelope) },
        ...{ title: words.title ?? null, text: words.text ?? null },
        indicators: words.indicators.map(({ type, value }) => ({ type, value })),
      };
    },
    "exercise.start": async (params) => {
      const { circle, name, forMs } = parseRequest(requests.exercise, params);
      const live = findCircle(rooms, circle);
      await startExercise(rooms, live.row.id, { name, forMs });
      return presentExercise(rooms, live);
    },
    "exercise.stop": async (params) => {
      const live = findCircle(rooms, parseRequest(requests.circleOrOnly, params).circle);
      await stopExercise(rooms, live.row.id);
      return presentExercise(rooms, live);
    },
    "exercise.show": async (params) =>
      presentExercise(rooms, findCircle(rooms, parseRequest(requests.circleOrOnly, params).circle)),
  };
}

/** What is meant: a circle by its name, or else an item by its id. */
async function scopeOf(rooms: Rooms, named: string): Promise<{ live: LiveCircle; scope: HoldScope }> {
  const byName = [...rooms.circles.values()].filter(({ row }) => row.name === named || row.id === named);
  if (byName.length > 0) return { live: findCircle(rooms, named), scope: "circle" };
  const { id, circle, body } = await findItem(rooms, named);
  const live = findCircle(rooms, circle);
  // A hold of an item covers what corrects it, so what is held is the item itself.
  return { live, scope: body.kind === "amend" || body.kind === "retract" ? body.re : id };
}

function presentHolds(rooms: Rooms, circles: readonly LiveCircle[]): HoldsDocument {
  return {
    schema: "tocsin.holds/1",
    circles: circles.map(({ row, state }) => ({
      ...{ id: row.id, name: row.name },
      holds: [...state.holds].flatMap(([by, own]) =>
        state.roster?.members.has(by) !== true
          ? []
          : [...own].map(([of, { at, reason }]) => ({
              ...{ org: orgNameOf(state, by), of: of === "circle" ? null : printId("sighting", of) },
              ...{ since: toRfc3339(at), reason, mine: by === rooms.me.id },
            })),
      ),
    })),
  };
}

/** The holds that keep an item. */
export function presentHoldsOf(rooms: Rooms, { id, circle, body }: Item): HoldDocument[] {
  const state = rooms.circles.get(circle)?.state;
  const about = body.kind === "amend" ? body.re : undefined;
  return (state ? holdersOf(state, { id, about }) : []).map(({ by, of, at, reason }) => ({
    ...{ org: state ? orgNameOf(state, by) : "", of: of === "circle" ? null : printId("sighting", of) },
    ...{ since: toRfc3339(at), reason },
  }));
}

/**
 * Who proved to have heeded a correction of an own item, and who still has what was said before: of an org its last node counts, because one
 * copy is a copy. Receipts say it: whoever opened a retraction erased what it names with it.
 */
export function presentCopies(rooms: Rooms, item: Item, correction: Item): CopiesDocument | undefined {
  const live = rooms.circles.get(item.circle);
  const roster = live?.state.roster;
  if (!live || !roster || correction.author !== rooms.me.id) return undefined;
  const held = new Set(holdersOf(live.state, item).map(({ org }) => org));
  const copies: CopiesDocument = { honoured: [], kept: [] };
  const audience = audienceOf(rooms, item).toSorted((left, right) => (left.org < right.org ? -1 : 1));
  for (const { org, nodes } of audience) {
    if (nodes.includes(rooms.me.id)) continue;
    const inside = nodes.flatMap((node) => roster.members.get(node) ?? []);
    const opened = ({ lane, seq }: Item, node: (typeof inside)[number]): boolean =>
      reaches(provenBy(receiptOf(rooms, live.row.id, { member: node.id, lane }), seq) ?? "queued", "decrypted");
    const [first] = inside;
    if (!first) copies.kept.push({ org, why: "not in the circle" });
    else if (held.has(orgOf(first))) copies.kept.push({ org, why: "legal hold" });
    else if (inside.every((node) => opened(correction, node))) copies.honoured.push(org);
    else copies.kept.push({ org, why: "not heard of it" });
  }
  return copies;
}

function presentExercise(rooms: Rooms, live: LiveCircle): ExerciseDocument {
  const running = exerciseOf(rooms, live);
  return {
    schema: "tocsin.exercise/1",
    circle: live.row.name,
    running: running
      ? {
          ...{ name: running.name, by: orgNameOf(live.state, running.by) },
          ...{ since: toRfc3339(running.at), until: toRfc3339(running.until) },
        }
      : null,
  };
}

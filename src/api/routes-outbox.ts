// Routes about own posts that are not delivered: what waits for whom, what is held, and what will never be sent.

import { toRfc3339 } from "../base/clock.ts";
import { TocsinError } from "../base/errors.ts";
import { type PostBody, wordsOf } from "../record/body.ts";
import { orgName } from "../node/circle-state.ts";
import type { HeldPost, Releases } from "../node/releases.ts";
import type { LiveCircle, Rooms } from "../node/rooms.ts";
import { type CircleId, printId } from "../record/ids.ts";
import type { Caller } from "../seat/seat.ts";
import { type Backlog, backlogOf, undelivered } from "../node/undelivered.ts";
import { mayUse } from "./gate.ts";
import type { Staff } from "./held-posts.ts";
import type { Routes } from "./desk.ts";
import type { BrokenRow, HeldRow, OutboxDocument, WaitingDocument } from "./outbox-document.ts";
import { linkOf, linkWord } from "./present.ts";
import { parseRequest, requests } from "./requests.ts";
import { tellDeclined } from "./sponsoring.ts";
import type { NeedRow, ReleaseDocument } from "./seat-documents.ts";

const TITLE_CHARS = 80;
const HELD_CHARS_MIN = 6;

type OutboxRoutes = Pick<Routes, "outbox.list" | "outbox.release" | "outbox.reject" | "outbox.breakGlass">;

export function outboxRoutes(rooms: Rooms, { releases }: Pick<Staff, "releases">): OutboxRoutes {
  const presentRelease = (before: HeldPost, after: HeldPost, by: string): ReleaseDocument => {
    const release = { schema: "tocsin.release/1", held: after.id, by, due: dueOf(after) } as const;
    if (after.state === "approved") return { ...release, state: "released", id: null, needs: [] };
    if (after.state !== "released") return { ...release, state: "held", id: null, needs: needRows(releases, after) };
    const id = after.record && before.said ? printId(before.said.body.kind, after.record) : null;
    return { ...release, state: "released", id, needs: [] };
  };
  return {
    "outbox.release": async (params, { caller }) => {
      const post = await findHeld(releases, parseRequest(requests.id, params).id, caller);
      return presentRelease(post, await releases.approve(post, caller.seat), caller.seat);
    },
    "outbox.breakGlass": async (params, { caller }) => {
      const { id, reason } = parseRequest(requests.reject, params);
      const post = await findHeld(releases, id, caller);
      return presentRelease(post, await releases.breakGlass(post, { seat: caller.seat, reason }), caller.seat);
    },
    "outbox.reject": async (params, { caller }) => {
      const { id: typed, reason } = parseRequest(requests.reject, params);
      const post = await findHeld(releases, typed, caller);
      const { id } = await releases.reject(post, { seat: caller.seat, reason });
      await tellDeclined(rooms, post, caller.seat);
      return {
        schema: "tocsin.release/1",
        held: id,
        state: "rejected",
        id: null,
        by: caller.seat,
        due: null,
        needs: [],
      };
    },
    "outbox.list": async (params, { caller }) => {
      parseRequest(requests.none, params);
      const document: OutboxDocument = {
        ...{ schema: "tocsin.outbox/1", queued: [], held: [], release: [], failed: [] },
        unapproved: presentBroken(rooms, { releases }, caller),
      };
      for (const post of await releases.held())
        if (mayUse(caller, post.circle)) document.release.push(presentHeldRow(rooms, releases, post));
      const late = new Set(undelivered(rooms).map(({ circle, org }) => `${circle} ${org}`));
      for (const live of rooms.circles.values()) {
        const { row } = live;
        if (!mayUse(caller, row.id)) continue;
        const isCurrent = row.state === "current";
        for (const one of isCurrent ? await backlogOf(rooms, live) : []) {
          const isLate = late.has(`${row.id} ${one.org}`);
          document.queued.push({ ...presentWaiting(live, one), late: isLate, ...linkTo(rooms, live, one) });
        }
        for (const { body, refused } of await rooms.store.drafts(row.id)) {
          const draft = { circle: row.name, kind: body.kind, title: titleOf(body) };
          if (refused !== undefined || !isCurrent)
            document.failed.push({ ...draft, reason: refused ?? "MEMBER_REMOVED" });
          else document.held.push(draft);
        }
      }
      return document;
    },
  };
}

/** A held post that a caller may decide about, by the start of its id. Throws NOT_FOUND, INPUT_INVALID. */
async function findHeld(releases: Releases, typed: string, caller: Caller): Promise<HeldPost> {
  const wanted = typed.trim().toUpperCase().replace(/^H-/, "");
  const found = (await releases.held()).filter(
    ({ circle, id }) => mayUse(caller, circle) && id.slice(2).startsWith(wanted),
  );
  const [only, another] = found;
  if (wanted.length < HELD_CHARS_MIN || !only)
    throw new TocsinError("NOT_FOUND", "no held post has this id", { hint: "run tocsin outbox list" });
  if (another) throw new TocsinError("INPUT_INVALID", "several held posts begin so; write more of the id");
  return only;
}

function presentHeldRow(rooms: Rooms, releases: Releases, post: HeldPost): HeldRow {
  const { id, circle, said, seat, token, at, reason } = post;
  if (!said) throw new TocsinError("INTERNAL", "a held post says nothing");
  const { body, clearance } = said;
  const left = clearance?.scrub?.result === "kept" ? clearance.scrub.found : [];
  const found = left.map(([name, count]) => ({ class: name, count }));
  return {
    ...{ id, circle: nameOf(rooms, circle), kind: body.kind, title: titleOf(body) },
    ...{ tlp: body.tlp, seat, token, since: toRfc3339(at), refused: reason === "" ? null : reason },
    why: body.sponsored ? "sponsor" : releases.asks(circle, body) ? "rules" : found.length > 0 ? "findings" : "token",
    due: dueOf(post),
    ...{ found, needs: needRows(releases, post) },
  };
}

/** When it is said, where that is certain and not yet. */
function dueOf({ state, dueAt }: HeldPost): string | null {
  return state === "approved" && dueAt > 0 ? toRfc3339(dueAt) : null;
}

function needRows(releases: Releases, post: HeldPost): NeedRow[] {
  // What enough seats have approved is being posted, and asks for nobody.
  if (post.state !== "held") return [];
  return releases.needs(post).map(({ approvals, have, may }) => ({ approvals, have: [...have], may: [...may] }));
}

/** What left without approval, as far as a caller may see its circle. */
export function presentBroken(rooms: Rooms, { releases }: Pick<Staff, "releases">, caller: Caller): BrokenRow[] {
  return releases
    .broken()
    .filter(({ circle }) => mayUse(caller, circle))
    .flatMap(({ id, circle, record, breakGlass }) =>
      breakGlass
        ? {
            ...{ held: id, id: record ? printId("unknown", record) : null, circle: nameOf(rooms, circle) },
            ...{ by: breakGlass.seat, at: toRfc3339(breakGlass.at), reason: breakGlass.reason },
          }
        : [],
    );
}

function nameOf(rooms: Rooms, circle: CircleId): string {
  return rooms.circles.get(circle)?.row.name ?? circle.slice(0, 8);
}

/** What is late, for those who did not ask. */
export function presentUndelivered(rooms: Rooms): WaitingDocument[] {
  return undelivered(rooms).flatMap((one) => {
    const live = rooms.circles.get(one.circle);
    return live ? [presentWaiting(live, one)] : [];
  });
}

function presentWaiting({ row, state }: LiveCircle, { org, posts, oldest }: Backlog): WaitingDocument {
  return { circle: row.name, org: orgName(state, org), posts, since: toRfc3339(oldest.at) };
}

function linkTo(
  rooms: Rooms,
  { state }: LiveCircle,
  { nodes }: Backlog,
): Pick<OutboxDocument["queued"][number], "link" | "lastError"> {
  const members = nodes.flatMap((node) => state.roster?.members.get(node) ?? []);
  const links = members.flatMap((member) => linkOf(rooms, member) ?? []);
  const [best] = links.sort((left, right) => (right.lastSeenAt ?? 0) - (left.lastSeenAt ?? 0));
  return { link: linkWord(links.find(({ state: at }) => at === "linked") ?? best), lastError: best?.lastError ?? null };
}

function titleOf(body: PostBody): string {
  const { title, text } = wordsOf(body);
  const said = title ?? text ?? "";
  return Array.from(
    said
      .split("\n", 1)
      .join("")
      .slice(0, 2 * TITLE_CHARS),
  )
    .slice(0, TITLE_CHARS)
    .join("");
}

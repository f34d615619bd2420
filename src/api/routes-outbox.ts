// Routes about own posts that are not delivered: what waits for whom, what is held, and what will never be sent.

import { toRfc3339 } from "../base/clock.ts";
import { type PostBody, wordsOf } from "../record/body.ts";
import { orgName } from "../node/circle-state.ts";
import type { LiveCircle, Rooms } from "../node/rooms.ts";
import { type Backlog, backlogOf, undelivered } from "../node/undelivered.ts";
import type { Routes } from "./desk.ts";
import type { OutboxDocument, WaitingDocument } from "./outbox-document.ts";
import { linkOf, linkWord } from "./present.ts";
import { parseRequest, requests } from "./requests.ts";

const TITLE_CHARS = 80;

export function outboxRoutes(rooms: Rooms): Pick<Routes, "outbox.list"> {
  return {
    "outbox.list": async (params) => {
      parseRequest(requests.none, params);
      const document: OutboxDocument = { schema: "tocsin.outbox/1", queued: [], held: [], failed: [] };
      const late = new Set(undelivered(rooms).map(({ circle, org }) => `${circle} ${org}`));
      for (const live of rooms.circles.values()) {
        const { row } = live;
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

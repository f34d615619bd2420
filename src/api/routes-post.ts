// Routes that say something: one post with its wait, and batches of an import.

import { TocsinError } from "../base/errors.ts";
import { toHex, utf8 } from "../base/bytes.ts";
import { sha256 } from "../base/digest.ts";
import { printId, type RecordId } from "../record/ids.ts";
import { encodePost } from "../record/parse-body.ts";
import type { Item } from "../store/store.ts";
import { firstOf } from "../node/bell.ts";
import { rosterOf } from "../node/circle-state.ts";
import { postOrHold } from "../node/drafts.ts";
import { acceptNewLane } from "../node/lane-keeper.ts";
import { currentCircle } from "../node/post.ts";
import { refuseDoubt } from "../node/trust.ts";
import type { HeldPosts, Utterance } from "../node/utterance.ts";
import type { LiveCircle, Rooms } from "../node/rooms.ts";
import type { Routes } from "./desk.ts";
import type { ImportLineDocument, ResultDocument } from "./documents.ts";
import { importLine, rejectedLine } from "./import-line.ts";
import { findCircle } from "./lookup.ts";
import type { WaitParams } from "./methods.ts";
import {
  clearanceBy,
  holdFor,
  mustWait,
  presentHeld,
  presentHeldLine,
  refuseRisks,
  rehearseHeld,
  type Staff,
} from "./held-posts.ts";
import { audienceNow, checkReach, prepare } from "./prepare.ts";
import { audienceOf, deliveryOf, reaches } from "./delivery.ts";
import { parseRequest, requests } from "./requests.ts";
import { heldReason } from "./routes-lane.ts";

const THREAD_MAX = 1_000;
const WAITED = { delivered: "received", decrypted: "opened", read: "read", acked: "acknowledged" } as const;

export function postRoutes(rooms: Rooms, staff: Staff): Pick<Routes, "post" | "import"> {
  return {
    post: async (params, { signal, caller }) => {
      const request = parseRequest(requests.post, params);
      const { live, utterance } = await prepare(rooms, { ...request, caller, circle: request.circle });
      const { accept } = request;
      refuseRisks(caller, accept);
      const waits = mustWait(staff, caller, { circle: live.row.id, body: utterance.body });
      if (request.dryRun) {
        const would = rehearse(rooms, live, { ...utterance, ...(accept && { accept }) });
        return waits ? { ...would, ...rehearseHeld(staff, caller, { circle: live.row.id, utterance }) } : would;
      }
      if (request.wait) checkReach(rooms, live, "wait for", request.wait.count);
      staff.seats.spendOne(caller);
      // The same acknowledgement, or retraction, twice says nothing new.
      const saysOnce = utterance.body.kind === "ack" || utterance.body.kind === "retract";
      const known = request.key ?? (saysOnce ? contentKey(utterance) : undefined);
      const key = known === undefined ? {} : { key: known };
      if (waits) {
        const [held] = await holdFor(rooms, staff, {
          caller,
          circle: live.row.id,
          utterances: [{ ...utterance, ...key, ...(accept && { accept }) }],
        });
        if (!held) throw new TocsinError("INTERNAL", "a post was not held");
        const item = held.post.record && (await rooms.store.item(held.post.record));
        if (item) return resultOf(rooms, item, true);
        if (request.wait && held.post.state !== "rejected") throw heldTooLong(held.post.id);
        return { ...rehearse(rooms, live, utterance), ...presentHeld(staff, held.post) };
      }
      if (accept?.includes("new-lane")) await acceptNewLane(rooms, live.row.id);
      const wait = request.wait && { ...request.wait, signal, late: AbortSignal.timeout(request.wait.timeoutMs) };
      const posted = await postOrHold(rooms, live.row.id, [
        { ...utterance, ...key, ...clearanceBy(caller), ...(accept && { accept }) },
      ]);
      if ("why" in posted && !wait) {
        const would = rehearse(rooms, live, { ...utterance, ...(accept && { accept }) });
        return { ...would, state: "held", held: heldReason(posted.why) };
      }
      const id = "why" in posted ? await untilPosted(rooms, live, { ...posted, wait }) : posted[0]?.id;
      const item = id && (await rooms.store.item(id));
      if (!item) throw new TocsinError("INTERNAL", "a post made no item");
      if (wait) await waitFor(rooms, item, wait);
      return resultOf(rooms, item, !("why" in posted) && posted[0]?.duplicate === true);
    },
    import: async (params, { caller }) => {
      const request = parseRequest(requests.import, params);
      const live = currentCircle(rooms, findCircle(rooms, request.circle).row.id);
      const { accept } = request;
      refuseRisks(caller, accept);
      const results: ImportLineDocument[] = [];
      const accepted: { readonly utterance: Utterance; readonly result: ImportLineDocument }[] = [];
      for (const record of request.records) {
        try {
          const { utterance } = await prepare(rooms, {
            ...{ circle: live.row.id, caller },
            draft: parseRequest(requests.draft, record.draft),
          });
          if (!request.dryRun) staff.seats.spendOne(caller);
          // Without a key of its own a record is known by what it says: the same file twice makes nothing twice. What does
          // not fit a record is found here as well, before the batch that others of it are in.
          const content = contentKey(utterance);
          const { key = content } = record;
          const result = importLine(record, "queued");
          accepted.push({ utterance: { ...utterance, key, ...(accept && { accept }) }, result });
          results.push(result);
        } catch (cause) {
          results.push(rejectedLine(record, cause));
        }
      }
      if (request.dryRun) {
        const refused = refuseDoubt(rooms, rosterOf(live.state), accept);
        if (refused) throw refused;
        return { results };
      }
      const circle = live.row.id;
      const waits = accepted.filter(({ utterance: { body } }) => mustWait(staff, caller, { circle, body }));
      const held = await holdFor(rooms, staff, { caller, circle, utterances: waits.map(({ utterance }) => utterance) });
      for (const [index, { post, isNew }] of held.entries()) {
        const line = waits[index];
        if (line) Object.assign(line.result, presentHeldLine(post, { isNew, kind: line.utterance.body.kind }));
      }
      const free = accepted.filter((line) => !waits.includes(line));
      if (free.length === 0) return { results };
      if (accept?.includes("new-lane")) await acceptNewLane(rooms, circle);
      const posted = await postOrHold(
        rooms,
        circle,
        free.map(({ utterance }) => ({ ...utterance, ...clearanceBy(caller) })),
      );
      if ("why" in posted) {
        for (const { result } of free) result.state = "held";
        return { results };
      }
      for (const [index, { id, duplicate }] of posted.entries()) {
        const line = free[index];
        if (!line) continue;
        line.result.id = printId(line.utterance.body.kind, id);
        if (duplicate) line.result.state = "duplicate";
      }
      return { results };
    },
  };
}

function heldTooLong(held: string): TocsinError {
  return new TocsinError("TIMEOUT", "it is held until others of this org have approved it, and stays so", {
    hint: "see tocsin outbox list",
    details: { held },
  });
}

function contentKey({ body, exercise }: Utterance): string {
  return `content:${toHex(sha256(utf8(exercise ? "exercise" : "actual"), encodePost(body)))}`;
}

/** What posting would do, without doing it: whom it would reach. Throws what would refuse it. */
function rehearse(rooms: Rooms, live: LiveCircle, { body, accept }: Utterance): ResultDocument {
  const refused = refuseDoubt(rooms, rosterOf(live.state), accept);
  if (refused) throw refused;
  const orgs = audienceNow(rooms, live);
  return {
    schema: "tocsin.result/1",
    id: "",
    kind: body.kind,
    circle: live.row.name,
    state: "queued",
    tlp: body.tlp,
    audience: orgs.map((member) => member.certificate.org),
    withheld: [],
    delivered: { held: [], of: orgs.length - 1 },
    acked: [],
  };
}

type Waiting = WaitParams & { readonly signal: AbortSignal; readonly late: AbortSignal };

/** The record that a held post becomes; throws TIMEOUT where it is still held then: it stays held. */
async function untilPosted(
  rooms: Rooms,
  live: LiveCircle,
  { keys, why, wait }: HeldPosts & { readonly wait: Waiting | undefined },
): Promise<RecordId | undefined> {
  const [key = ""] = keys;
  for (;;) {
    const seen = rooms.items.count();
    const id = await rooms.store.byIdempotencyKey(live.row.id, key, rooms.clock.now());
    if (id || !wait) return id;
    try {
      await rooms.items.after(seen, AbortSignal.any([wait.signal, wait.late]));
    } catch (cause) {
      if (!wait.late.aborted) throw cause;
      const details = { ...why.details, key };
      throw new TocsinError("TIMEOUT", `it is held and not sent yet: ${why.message}`, { cause, details });
    }
  }
}

async function resultOf(rooms: Rooms, item: Item, duplicate: boolean): Promise<ResultDocument> {
  const live = findCircle(rooms, item.circle);
  const delivery = deliveryOf(rooms, item, await rooms.store.thread(item.id, THREAD_MAX));
  const held = delivery.filter((row) => reaches(row.state, "held"));
  return {
    schema: "tocsin.result/1",
    id: printId(item.body.kind, item.id),
    kind: item.body.kind,
    circle: live.row.name,
    state: duplicate ? "duplicate" : held.length === delivery.length ? "delivered" : "queued",
    tlp: item.body.tlp,
    audience: audienceOf(rooms, item).map(({ org }) => org),
    withheld: [],
    delivered: { held: held.map((row) => row.org), of: delivery.length },
    acked: delivery.filter((row) => row.state === "acked").map((row) => row.org),
  };
}

/** Resolves when enough members hold or acknowledged the item; throws TIMEOUT with its id: it is posted all the same. */
async function waitFor(rooms: Rooms, item: Item, wait: Waiting): Promise<void> {
  const { late } = wait;
  const signal = AbortSignal.any([wait.signal, late]);
  for (;;) {
    const [seenChanges, seenItems] = [rooms.changes.count(), rooms.items.count()];
    const delivery = deliveryOf(rooms, item, await rooms.store.thread(item.id, THREAD_MAX));
    const wanted = wait.for === "delivered" ? "held" : wait.for;
    const done = delivery.filter((row) => reaches(row.state, wanted)).length;
    if (done >= Math.min(wait.count ?? delivery.length, delivery.length)) return;
    try {
      await firstOf(
        signal,
        async (ended) => rooms.changes.after(seenChanges, ended),
        async (ended) => rooms.items.after(seenItems, ended),
      );
    } catch (cause) {
      if (!late.aborted) throw cause;
      const id: RecordId = item.id;
      throw new TocsinError(
        "TIMEOUT",
        `${done} of ${wait.count ?? delivery.length} ${WAITED[wait.for]} it in time; it is posted and stays queued`,
        {
          cause,
          details: { id: printId(item.body.kind, id), [wait.for]: done },
        },
      );
    }
  }
}

// Routes that say something: one post with its wait, and batches of an import.

import { TocsinError } from "../base/errors.ts";
import { toHex, utf8 } from "../base/bytes.ts";
import { sha256 } from "../base/digest.ts";
import type { Sayable } from "../record/body.ts";
import { printId, type RecordId } from "../record/ids.ts";
import { encodePost } from "../record/parse-body.ts";
import { plainBody } from "../record/plain.ts";
import type { Risk } from "../record/risk.ts";
import type { Item } from "../store/store.ts";
import { firstOf } from "../node/bell.ts";
import { rosterOf } from "../node/circle-state.ts";
import { postOrHold } from "../node/drafts.ts";
import { acceptNewLane } from "../node/lane-keeper.ts";
import { currentCircle, post } from "../node/post.ts";
import { refuseReaders } from "../node/egress.ts";
import type { HeldPosts, Utterance } from "../node/utterance.ts";
import type { LiveCircle, Rooms } from "../node/rooms.ts";
import type { Caller } from "../seat/seat.ts";
import type { Routes } from "./desk.ts";
import type { ImportLineDocument, ResultDocument } from "./documents.ts";
import { importLine, rejectedLine } from "./import-line.ts";
import { findCircle } from "./lookup.ts";
import { carry } from "./carry.ts";
import { deliveryOf, reaches } from "./delivery.ts";
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
import type { ScrubParams, WaitParams } from "./methods.ts";
import { checkReach, prepare } from "./prepare.ts";
import { refuseAudience, rehearse, resultOf } from "./result.ts";
import { parseRequest, requests } from "./requests.ts";
import { heldReason } from "./routes-lane.ts";
import { throughSponsor } from "./via.ts";
import type { Scrub } from "../scrub/scrub.ts";
import { clearanceOf, presentReview, presentReviewed, review, type Scrubbing } from "./scrubbing.ts";

const THREAD_MAX = 1_000;
const WAITED = { delivered: "received", decrypted: "opened", read: "read", acked: "acknowledged" } as const;

export function postRoutes(
  rooms: Rooms,
  staff: Staff,
  scrubbing: Scrubbing,
): Pick<Routes, "post" | "relay" | "import" | "scrub"> {
  return {
    post: async (params, { signal, caller }) => {
      const request = parseRequest(requests.post, params);
      const prepared = await prepare(rooms, { ...request, caller, circle: request.circle });
      // The same acknowledgement, retraction or permission twice says nothing new.
      const saysOnce = ["ack", "retract", "widen"].includes(prepared.utterance.body.kind);
      const saying = { ...prepared, saysOnce, request, signal, caller };
      const { via } = request;
      if (via === undefined) return say(rooms, { staff, scrub: await scrubbing() }, saying);
      const { asked, ...errand } = await throughSponsor(rooms, prepared, { ...request, via, caller });
      const scrub = await scrubbing([rooms.me.certificate.org]);
      return { ...(await say(rooms, { staff, scrub }, { ...saying, ...errand })), asked };
    },
    relay: async (params, { signal, caller }) => {
      const request = parseRequest(requests.relay, params);
      const carried = await carry(rooms, request, caller);
      const saying = { ...carried, saysOnce: true, request, signal, caller };
      return say(rooms, { staff, scrub: await scrubbing() }, saying);
    },
    scrub: async (params, { caller }) => {
      const request = parseRequest(requests.scrub, params);
      const { utterance } = await prepare(rooms, { ...request, caller, circle: request.circle });
      const { via } = request;
      if (via === undefined) return presentReview(await scrubbing(), utterance.body);
      return presentReview(await scrubbing([rooms.me.certificate.org]), plainBody(utterance.body as Sayable));
    },
    import: async (params, { caller }) => {
      const request = parseRequest(requests.import, params);
      const live = currentCircle(rooms, findCircle(rooms, request.circle).row.id);
      const { accept } = request;
      const scrub = await scrubbing();
      refuseRisks(caller, accept);
      const results: ImportLineDocument[] = [];
      const accepted: { readonly utterance: Utterance; readonly result: ImportLineDocument; readonly left: boolean }[] =
        [];
      for (const record of request.records) {
        try {
          const draft = parseRequest(requests.draft, record.draft);
          const { saidAt } = request;
          const { utterance: asked } = await prepare(rooms, {
            ...{ circle: live.row.id, caller, draft },
            ...(saidAt === undefined ? {} : { saidAt }),
          });
          const refused = refuseReaders(rooms, rosterOf(live.state), asked);
          if (refused?.code === "RECIPIENTS_REFUSED") throw refused;
          const reviewing = { body: asked.body, decision: request.scrub, caller };
          const { body, evidence, left } = review(rooms, scrub, reviewing);
          if (!request.dryRun) staff.seats.spendOne(caller);
          const utterance = { ...asked, body, clearance: { ...clearanceOf(evidence), ...clearanceBy(caller) } };
          // Without a key of its own a record is known by what it says: the same file twice makes nothing twice. What does
          // not fit a record is found here as well, before the batch that others of it are in.
          const content = contentKey(utterance);
          const { key = content } = record;
          const result = { ...importLine(record, "queued"), ...presentReviewed(evidence) };
          accepted.push({ utterance: { ...utterance, key, ...(accept && { accept }) }, result, left });
          results.push(result);
        } catch (cause) {
          results.push(rejectedLine(record, cause));
        }
      }
      if (request.dryRun) {
        for (const { utterance } of accepted) {
          const refused = refuseAudience(rooms, live, utterance);
          if (refused) throw refused;
        }
        return { results };
      }
      const circle = live.row.id;
      const waits = accepted.filter(
        ({ left, utterance: { body } }) => left || mustWait(staff, caller, { circle, body }),
      );
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
        free.map(({ utterance }) => utterance),
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

type Waiting = WaitParams & { readonly signal: AbortSignal; readonly late: AbortSignal };

type Saying = {
  readonly key?: string;
  readonly dryRun?: boolean;
  readonly wait?: WaitParams;
  readonly accept?: readonly Risk[];
  readonly scrub?: ScrubParams;
};

type Said = {
  readonly live: LiveCircle;
  readonly utterance: Utterance;
  /** A repeat of it is the first one. */
  readonly saysOnce: boolean;
  readonly request: Saying;
  readonly signal: AbortSignal;
  readonly caller: Caller;
};

/** Reviews, then posts, holds or only rehearses what was prepared. */
async function say(
  rooms: Rooms,
  { staff, scrub }: { readonly staff: Staff; readonly scrub: Scrub },
  { live, utterance: asked, saysOnce, request, signal, caller }: Said,
): Promise<ResultDocument> {
  const { accept } = request;
  refuseRisks(caller, accept);
  const isCarried = "relayed" in asked.body && asked.body.relayed !== undefined;
  if (isCarried && request.scrub?.decision === "apply")
    throw new TocsinError("INPUT_INVALID", "what is carried on is carried as it was said", {
      hint: "give a reason to send it as it is, or say it in your own words",
    });
  const { body, evidence, left } = review(rooms, scrub, { body: asked.body, decision: request.scrub, caller });
  const clearance = { ...clearanceOf(evidence), ...clearanceBy(caller) };
  const utterance = { ...asked, body, clearance, ...(accept && { accept }) };
  const reviewed = presentReviewed(evidence);
  const circle = live.row.id;
  const waits = left || mustWait(staff, caller, { circle, body });
  if (request.dryRun) {
    const would = { ...rehearse(rooms, live, utterance), ...reviewed };
    return waits && !would.refused ? { ...would, ...rehearseHeld(staff, caller, { circle, utterance }) } : would;
  }
  // Whether it may be carried on is judged now; by the time it is approved it may be withdrawn.
  if (isCarried && waits)
    throw new TocsinError("RELAY_REFUSED", "what is carried on waits for nobody's approval, and this has to", {
      hint: "say it in your own words, as a post of its own",
    });
  if (request.wait) checkReach(rooms, live, "wait for", request.wait.count);
  staff.seats.spendOne(caller);
  const known = request.key ?? (saysOnce ? contentKey(utterance) : undefined);
  const key = known === undefined ? {} : { key: known };
  const utterances = [{ ...utterance, ...key }];
  if (waits) {
    const refused = refuseAudience(rooms, live, utterance);
    if (refused) throw refused;
    const [held] = await holdFor(rooms, staff, { caller, circle, utterances });
    if (!held) throw new TocsinError("INTERNAL", "a post was not held");
    const item = held.post.record && (await rooms.store.item(held.post.record));
    if (item) return resultOf(rooms, item, true);
    if (request.wait && held.post.state !== "rejected") throw heldTooLong(held.post.id);
    return { ...asHeld(rooms, live, utterance), ...presentHeld(staff, held.post), ...reviewed };
  }
  if (accept?.includes("new-lane")) await acceptNewLane(rooms, circle);
  const wait = request.wait && { ...request.wait, signal, late: AbortSignal.timeout(request.wait.timeoutMs) };
  const posted = isCarried ? await post(rooms, circle, utterances) : await postOrHold(rooms, circle, utterances);
  if ("why" in posted && !wait)
    return { ...asHeld(rooms, live, utterance), state: "held", held: heldReason(posted.why), ...reviewed };
  const id = "why" in posted ? await untilPosted(rooms, live, { ...posted, wait }) : posted[0]?.id;
  const item = id && (await rooms.store.item(id));
  if (!item) throw new TocsinError("INTERNAL", "a post made no item");
  if (wait) await waitFor(rooms, item, wait);
  return { ...(await resultOf(rooms, item, !("why" in posted) && posted[0]?.duplicate === true)), ...reviewed };
}

/** What is told of a post that waits: who would read it now. */
function asHeld(rooms: Rooms, live: LiveCircle, utterance: Utterance): ResultDocument {
  const { readers: _readers, accepted: _accepted, ...would } = rehearse(rooms, live, utterance);
  return would;
}

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

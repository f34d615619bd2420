// Posts that wait until others of this org have looked at them: durable before they are answered for, and each of them ends once,
// released or rejected, whatever is stopped in between.

import { equalBytes } from "../base/bytes.ts";
import { asTocsinError, errorRow, TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { type Approval, isApprovalSigned, signApproval } from "../audit/approval.ts";
import type { Clearance } from "../audit/clearance.ts";
import type { PostBody } from "../record/body.ts";
import type { CircleId } from "../record/ids.ts";
import { isAsked, isMet, type Need, needsOf, type ReleaseRule, rulesFor } from "../seat/release.ts";
import { postOrHold } from "./drafts.ts";
import {
  clearanceOf,
  decided,
  decodeHeld,
  encodeHeld,
  type HeldPost,
  heldId,
  heldName,
  isOpen,
  subjectIn,
  wordsIn,
} from "./held-row.ts";
import type { Rooms } from "./rooms.ts";
import type { Seats } from "./seats.ts";
import { delayMs, saidBySelf } from "./sponsor.ts";
import { makeTurns } from "./turns.ts";
import type { Utterance } from "./utterance.ts";

export type { HeldPost } from "./held-row.ts";

export type Releases = {
  /** Whether the rules of this node ask for approvals before this is said in a circle. */
  readonly asks: (circle: CircleId, body: PostBody) => boolean;
  /** Holds posts under their keys; one that was held or decided before is answered as it stands. Throws QUEUE_FULL, DISK_FULL. */
  readonly hold: (
    circle: CircleId,
    utterances: readonly (Utterance & { readonly key: string })[],
    by: { readonly seat: string; readonly token: string },
  ) => Promise<readonly { readonly post: HeldPost; readonly isNew: boolean }[]>;
  /** What is held, oldest first. */
  readonly held: () => Promise<readonly HeldPost[]>;
  readonly count: () => number;
  /** What would be asked for a post of a seat. */
  readonly wanted: (circle: CircleId, body: PostBody, seat: string) => readonly Need[];
  /** What is asked for a held post now. */
  readonly needs: (post: HeldPost) => readonly Need[];
  /**
   * A seat's approval of what is held, and the post of it once that is enough. Throws NOT_FOUND, RIGHT_MISSING where its approval
   * would not count, what the circle refuses of the post (it is held still then), DISK_FULL.
   */
  readonly approve: (post: HeldPost, seat: string) => Promise<HeldPost>;
  /** Posts what is held without the approvals that it lacks, which is told wherever it is told that it left. Throws as `approve`. */
  readonly breakGlass: (post: HeldPost, by: { readonly seat: string; readonly reason: string }) => Promise<HeldPost>;
  /** What left so lately, newest first. */
  readonly broken: () => readonly HeldPost[];
  /** Ends it unposted. Throws NOT_FOUND. */
  readonly reject: (post: HeldPost, by: { readonly seat: string; readonly reason: string }) => Promise<HeldPost>;
  /** Posts what was approved and is due, also before a stop, and forgets what was decided long ago. */
  readonly resume: () => Promise<void>;
  /** When the next post that was approved is due, ms since 1970. */
  readonly nextDueAt: () => number | undefined;
};

const SWEEP_EVERY_MS = 24 * 3_600_000;
/** So many that left without approval are told of, for so long. */
const BROKEN_TOLD = 16;
const BROKEN_TOLD_MS = 3 * 24 * 3_600_000;

/** What is held in the store of a node, under its rules. Throws STORE_CORRUPT. */
export async function openReleases(
  rooms: Rooms,
  {
    seats,
    rules,
    sponsorDelayMs = limits.sponsorDelayMs,
  }: {
    readonly seats: Pick<Seats, "signer" | "approvers">;
    readonly rules: readonly ReleaseRule[];
    readonly sponsorDelayMs?: number;
  },
): Promise<Releases> {
  const { store, clock, random } = rooms;
  // One thing at a time: of a release and a rejection that come together one finds it decided.
  const turns = makeTurns();
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => turns.take("releases", work);
  /** Ids of what is not decided yet. */
  const open = new Set<string>();
  /** Of those, what is approved and said later, with that moment. */
  const due = new Map<string, number>();
  let broken: readonly HeldPost[] = [];
  let sweptAt = -Infinity;

  const note = (post: HeldPost): void => {
    if (isOpen(post)) open.add(post.id);
    else open.delete(post.id);
    if (post.state === "approved" && post.dueAt > 0) due.set(post.id, post.dueAt);
    else due.delete(post.id);
    if (!post.breakGlass || post.state !== "released") return;
    broken = [...broken, post].sort((left, right) => right.decidedAt - left.decidedAt).slice(0, BROKEN_TOLD);
  };
  for await (const row of store.own("release")) note(decodeHeld(row));

  const put = async (posts: readonly HeldPost[]): Promise<void> => {
    await store.putOwn(
      "release",
      posts.map((post) => ({ name: heldName(post.circle, post.key), value: encodeHeld(post) })),
    );
    posts.forEach(note);
    rooms.changes.ring();
  };

  const stored = async (circle: CircleId, key: string): Promise<HeldPost | undefined> => {
    const row = await store.ownRow("release", heldName(circle, key));
    return row && decodeHeld(row);
  };

  const sweep = async (): Promise<void> => {
    if (clock.monotonic() - sweptAt < SWEEP_EVERY_MS) return;
    sweptAt = clock.monotonic();
    const old: HeldPost[] = [];
    for await (const row of store.own("release")) {
      const post = decodeHeld(row);
      if (!isOpen(post) && clock.now() - post.decidedAt > limits.releasesKeepMs) old.push(post);
    }
    if (old.length > 0)
      await store.putOwn(
        "release",
        old.map(({ circle, key }) => ({ name: heldName(circle, key), value: undefined })),
      );
  };

  const rulesOf = (circle: CircleId, body: PostBody): readonly ReleaseRule[] => {
    // Whoever asks a sponsor speaks where the sponsor will.
    if (body.kind === "sponsor") return rulesOf(body.circle, body.say);
    const name = rooms.circles.get(circle)?.row.name ?? "";
    return isAsked(body) ? rulesFor(rules, { id: circle, name }, body.tlp) : [];
  };

  /** Approvals of exactly these bytes, by keys that their seats have now. */
  const soundOf = (post: HeldPost): readonly Approval[] => {
    const subject = subjectIn(post);
    return post.approvals.filter((one) => {
      const key = seats.signer(one.seat)?.publicKey;
      return key !== undefined && equalBytes(key, one.key) && isApprovalSigned(one, subject);
    });
  };

  const wanted = (
    circle: CircleId,
    body: PostBody,
    poster: string,
    approvals: readonly Approval[] = [],
  ): readonly Need[] =>
    needsOf(rulesOf(circle, body), { approvals, able: seats.approvers(circle), poster, now: clock.now() });
  const needs = (post: HeldPost): readonly Need[] => wanted(post.circle, wordsIn(post).body, post.seat, soundOf(post));

  const signed = (post: HeldPost, seat: string, reason?: string): Approval => {
    const key = seats.signer(seat);
    if (!key) throw new TocsinError("RIGHT_MISSING", `there is no seat ${seat} any more`);
    return signApproval(key, { seat, at: clock.now(), ...(reason !== undefined && { reason }) }, subjectIn(post));
  };

  /** Posts what was approved. Its key makes it one post, however often this is begun. */
  const finish = async (post: HeldPost): Promise<HeldPost> => {
    const { circle, key } = post;
    if (clock.now() < post.dueAt) return post;
    const { clearance: before, ...said } = wordsIn(post);
    const clearance: Clearance = { ...before, ...clearanceOf(post) };
    try {
      const known = await saidBySelf(rooms, circle, said.body);
      const posted = known ? [known] : await postOrHold(rooms, circle, [{ ...said, key, clearance }]);
      const record = "why" in posted ? undefined : posted[0]?.id;
      const done: HeldPost = { ...post, state: "released", said: undefined, record };
      await put([done]);
      return done;
    } catch (cause) {
      const error = asTocsinError(cause);
      // What only a later try can tell stays approved, and is tried again.
      if (errorRow(error.code).retryable || error.code === "INTERNAL") throw cause;
      await put([
        { ...post, state: "held", by: "", decidedAt: 0, dueAt: 0, reason: error.code, breakGlass: undefined },
      ]);
      throw cause;
    }
  };

  /** Durable before anything is sent: whatever stops now, the next start posts it, and nobody can reject it any more. */
  const decide = async (post: HeldPost, seat: string): Promise<HeldPost> => {
    const now = clock.now();
    // What is said for another member does not leave when it was approved, nor soon after it was asked for.
    const dueAt = wordsIn(post).body.sponsored ? now + delayMs(random, sponsorDelayMs) : 0;
    const approved: HeldPost = { ...post, state: "approved", by: seat, decidedAt: now, reason: "", dueAt };
    await put([approved]);
    return finish(approved);
  };

  const undecided = async ({ circle, key }: HeldPost): Promise<HeldPost> => {
    const post = await stored(circle, key);
    if (!post || !isOpen(post)) throw decided();
    return post;
  };

  return {
    asks: (circle, body) => rulesOf(circle, body).length > 0,
    count: () => open.size,
    needs,
    wanted: (circle, body, seat) => wanted(circle, body, seat),
    nextDueAt: () => (due.size === 0 ? undefined : Math.min(...due.values())),
    broken: () => broken.filter(({ decidedAt }) => clock.now() - decidedAt < BROKEN_TOLD_MS),
    hold: async (circle, utterances, by) =>
      inTurn(async () => {
        await sweep();
        const found: { post: HeldPost; isNew: boolean }[] = [];
        const fresh = new Map<string, HeldPost>();
        for (const { key, body, exercise, accept = [], clearance } of utterances) {
          const id = heldId(circle, key);
          const known = fresh.get(id) ?? (await stored(circle, key));
          const post: HeldPost = known ?? {
            ...{ id, circle, key, said: { body, exercise, accept, ...(clearance && { clearance }) }, ...by },
            ...{ at: clock.now(), state: "held", approvals: [], breakGlass: undefined },
            ...{ by: "", decidedAt: 0, reason: "", record: undefined, dueAt: 0 },
          };
          if (!known) fresh.set(id, post);
          found.push({ post, isNew: !known });
        }
        if (open.size + fresh.size > limits.releasesHeldMax)
          throw new TocsinError("QUEUE_FULL", `${open.size} posts wait to be released already`);
        if (fresh.size > 0) await put([...fresh.values()]);
        return found;
      }),
    held: async () => {
      const held: HeldPost[] = [];
      for await (const row of store.own("release")) {
        const post = decodeHeld(row);
        if (isOpen(post)) held.push(post);
      }
      return held.sort((left, right) => left.at - right.at || (left.id < right.id ? -1 : 1));
    },
    approve: async (asked, seat) =>
      inTurn(async () => {
        const post = await undecided(asked);
        if (post.state === "approved") return finish(post);
        const before = needs(post);
        if (!before.some(({ have, may }) => have.includes(seat) || may.includes(seat)))
          throw notAsked(post, seat, before);
        // A second one of a seat takes the place of its first: the time counts anew.
        const others = soundOf(post).filter((one) => one.seat !== seat);
        const next: HeldPost = { ...post, approvals: [...others, signed(post, seat)] };
        const now = needs(next);
        const counting = next.approvals.filter((one) => now.some(({ have }) => have.includes(one.seat)));
        if (isMet(now)) return decide({ ...next, approvals: counting }, seat);
        await put([next]);
        return next;
      }),
    breakGlass: async (asked, { seat, reason }) =>
      inTurn(async () => {
        const post = await undecided(asked);
        if (post.state === "approved") return finish(post);
        const counting = soundOf(post).filter((one) => needs(post).some(({ have }) => have.includes(one.seat)));
        const breakGlass = { ...signed(post, seat, reason), reason };
        rooms.log("glass-broken", { circle: post.circle.slice(0, 8) });
        return decide({ ...post, approvals: counting, breakGlass }, seat);
      }),
    reject: async ({ circle, key }, { seat, reason }) =>
      inTurn(async () => {
        const post = await stored(circle, key);
        const waits = post?.state === "approved" && clock.now() < post.dueAt;
        if (!post || (post.state !== "held" && !waits)) throw decided();
        const rejected: HeldPost = {
          ...{ ...post, state: "rejected", said: undefined },
          ...{ by: seat, decidedAt: clock.now(), reason, dueAt: 0 },
        };
        await put([rejected]);
        return rejected;
      }),
    resume: async () =>
      inTurn(async () => {
        await sweep();
        for await (const row of store.own("release")) {
          const post = decodeHeld(row);
          if (post.state === "approved")
            await finish(post).catch((cause: unknown) =>
              rooms.log("release-failed", { reason: asTocsinError(cause).code }),
            );
        }
      }),
  };
}

function notAsked({ seat: poster }: HeldPost, seat: string, needs: readonly Need[]): TocsinError {
  // Two see what is said: whoever wrote it and whoever releases it.
  if (seat === poster)
    return new TocsinError("RIGHT_MISSING", "a post is released by another seat than the one that wants to say it");
  const may = [...new Set(needs.flatMap((need) => need.may))].join(", ");
  return new TocsinError("RIGHT_MISSING", `the rules here ask others than ${seat}: ${may || "nobody is left"}`);
}

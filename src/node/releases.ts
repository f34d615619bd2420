// Posts of scripts that wait until somebody has looked at them: durable before they are answered for, and each of them ends once,
// released or rejected, whatever is stopped in between.

import { toBase32, utf8 } from "../base/bytes.ts";
import type { Cbor } from "../base/cbor.ts";
import { decodeCbor, encodeCbor } from "../base/cbor.ts";
import { sha256 } from "../base/digest.ts";
import { asTocsinError, errorRow, TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { PostBody } from "../record/body.ts";
import { circleId, type CircleId, idBytes, recordId, type RecordId } from "../record/ids.ts";
import { decodePost, encodePost } from "../record/parse-body.ts";
import { RISKS } from "../record/risk.ts";
import { postOrHold } from "./drafts.ts";
import type { Rooms } from "./rooms.ts";
import { makeTurns } from "./turns.ts";
import type { Utterance } from "./utterance.ts";

/** `approved`: somebody released it, and it is being posted. */
const STATES = ["held", "approved", "released", "rejected"] as const;

export type HeldPost = {
  /** `h-` and base 32, from its circle and key: the same key is the same post. */
  readonly id: string;
  readonly circle: CircleId;
  readonly key: string;
  /** What it says; gone once it is released or rejected. */
  readonly said: (Pick<Utterance, "exercise" | "accept"> & { readonly body: PostBody }) | undefined;
  /** Who wants to say it, and by which token. */
  readonly seat: string;
  readonly token: string;
  readonly at: number;
  readonly state: (typeof STATES)[number];
  /** Who decided, when and why; or, while it is held, why the circle refused it after a release. */
  readonly by: string;
  readonly decidedAt: number;
  readonly reason: string;
  /** What it became. */
  readonly record: RecordId | undefined;
};

export type Releases = {
  /** Holds posts under their keys; one that was held or decided before is answered as it stands. Throws QUEUE_FULL, DISK_FULL. */
  readonly hold: (
    circle: CircleId,
    utterances: readonly (Utterance & { readonly key: string })[],
    by: { readonly seat: string; readonly token: string },
  ) => Promise<readonly { readonly post: HeldPost; readonly isNew: boolean }[]>;
  /** What is held, oldest first. */
  readonly held: () => Promise<readonly HeldPost[]>;
  readonly count: () => number;
  /** Posts what is held. Throws NOT_FOUND, what the circle refuses of it (it is held still then), DISK_FULL. */
  readonly release: (post: HeldPost, seat: string) => Promise<HeldPost>;
  /** Ends it unposted. Throws NOT_FOUND. */
  readonly reject: (post: HeldPost, by: { readonly seat: string; readonly reason: string }) => Promise<HeldPost>;
  /** Posts what was approved before a stop, and forgets what was decided long ago. */
  readonly resume: () => Promise<void>;
};

const SWEEP_EVERY_MS = 24 * 3_600_000;

/** What is held in the store of a node. Throws STORE_CORRUPT. */
export async function openReleases(rooms: Rooms): Promise<Releases> {
  const { store, clock } = rooms;
  // One thing at a time: of a release and a rejection that come together one finds it decided.
  const turns = makeTurns();
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => turns.take("releases", work);
  /** Ids of what is not decided yet. */
  const open = new Set<string>();
  for await (const row of store.own("release")) {
    const post = decode(row);
    if (isOpen(post)) open.add(post.id);
  }
  let sweptAt = -Infinity;

  const put = async (posts: readonly HeldPost[]): Promise<void> => {
    await store.putOwn(
      "release",
      posts.map((post) => ({ name: nameOf(post.circle, post.key), value: encode(post) })),
    );
    for (const post of posts) {
      if (isOpen(post)) open.add(post.id);
      else open.delete(post.id);
    }
    rooms.changes.ring();
  };

  const stored = async (circle: CircleId, key: string): Promise<HeldPost | undefined> => {
    const row = await store.ownRow("release", nameOf(circle, key));
    return row && decode(row);
  };

  const sweep = async (): Promise<void> => {
    if (clock.monotonic() - sweptAt < SWEEP_EVERY_MS) return;
    sweptAt = clock.monotonic();
    const old: HeldPost[] = [];
    for await (const row of store.own("release")) {
      const post = decode(row);
      if (!isOpen(post) && clock.now() - post.decidedAt > limits.releasesKeepMs) old.push(post);
    }
    if (old.length > 0)
      await store.putOwn(
        "release",
        old.map(({ circle, key }) => ({ name: nameOf(circle, key), value: undefined })),
      );
  };

  /** Posts what was approved. Its key makes it one post, however often this is begun. */
  const finish = async (post: HeldPost): Promise<HeldPost> => {
    const { said, circle, key } = post;
    if (!said) throw new TocsinError("INTERNAL", "an approved post says nothing");
    try {
      const posted = await postOrHold(rooms, circle, [{ ...said, key }]);
      const record = "why" in posted ? undefined : posted[0]?.id;
      const done: HeldPost = { ...post, state: "released", said: undefined, record };
      await put([done]);
      return done;
    } catch (cause) {
      const error = asTocsinError(cause);
      // What only a later try can tell stays approved, and is tried again.
      if (errorRow(error.code).retryable || error.code === "INTERNAL") throw cause;
      await put([{ ...post, state: "held", by: "", decidedAt: 0, reason: error.code }]);
      throw cause;
    }
  };

  return {
    count: () => open.size,
    hold: async (circle, utterances, by) =>
      inTurn(async () => {
        await sweep();
        const found: { post: HeldPost; isNew: boolean }[] = [];
        const fresh = new Map<string, HeldPost>();
        for (const { key, body, exercise, accept = [] } of utterances) {
          const id = idOf(circle, key);
          const known = fresh.get(id) ?? (await stored(circle, key));
          const post: HeldPost = known ?? {
            ...{ id, circle, key, said: { body, exercise, accept }, ...by, at: clock.now() },
            ...{ state: "held", by: "", decidedAt: 0, reason: "", record: undefined },
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
        const post = decode(row);
        if (isOpen(post)) held.push(post);
      }
      return held.sort((left, right) => left.at - right.at || (left.id < right.id ? -1 : 1));
    },
    release: async ({ circle, key }, seat) =>
      inTurn(async () => {
        const post = await stored(circle, key);
        if (!post || !isOpen(post)) throw decided();
        if (post.state === "approved") return finish(post);
        // Durable before anything is sent: whatever stops now, the next start posts it, and nobody can reject it any more.
        const approved: HeldPost = { ...post, state: "approved", by: seat, decidedAt: clock.now(), reason: "" };
        await put([approved]);
        return finish(approved);
      }),
    reject: async ({ circle, key }, { seat, reason }) =>
      inTurn(async () => {
        const post = await stored(circle, key);
        if (post?.state !== "held") throw decided();
        const rejected: HeldPost = {
          ...{ ...post, state: "rejected", said: undefined },
          ...{ by: seat, decidedAt: clock.now(), reason },
        };
        await put([rejected]);
        return rejected;
      }),
    resume: async () =>
      inTurn(async () => {
        await sweep();
        for await (const row of store.own("release")) {
          const post = decode(row);
          if (post.state === "approved")
            await finish(post).catch((cause: unknown) =>
              rooms.log("release-failed", { reason: asTocsinError(cause).code }),
            );
        }
      }),
  };
}

function isOpen({ state }: HeldPost): boolean {
  return state === "held" || state === "approved";
}

function decided(): TocsinError {
  return new TocsinError("NOT_FOUND", "no such post is held; somebody may have decided about it already");
}

function nameOf(circle: CircleId, key: string): Uint8Array {
  return sha256(idBytes(circle), utf8(key)).slice(0, 16);
}

function idOf(circle: CircleId, key: string): string {
  return `h-${toBase32(nameOf(circle, key))}`;
}

function encode({ circle, key, said, seat, token, at, state, by, decidedAt, reason, record }: HeldPost): Uint8Array {
  const words: Cbor = said ? [encodePost(said.body), said.exercise, [...(said.accept ?? [])]] : null;
  return encodeCbor([
    ...[idBytes(circle), key, words, seat, token, at, state, by, decidedAt, reason],
    record ? idBytes(record) : null,
  ]);
}

/** Throws STORE_CORRUPT. */
function decode(row: Uint8Array): HeldPost {
  const fields = decodeCbor(row, limits.ownRowBytesMax);
  const [circle, key, words, seat, token, at, state, by, decidedAt, reason, record] = Array.isArray(fields)
    ? (fields as readonly Cbor[])
    : [];
  const known = STATES.find((one) => one === state);
  if (
    !(circle instanceof Uint8Array && known && typeof at === "number" && typeof decidedAt === "number") ||
    typeof key !== "string" ||
    typeof seat !== "string" ||
    typeof token !== "string" ||
    typeof by !== "string" ||
    typeof reason !== "string"
  )
    throw new TocsinError("STORE_CORRUPT", "the store holds a malformed post for release");
  const id = circleId(circle);
  return {
    ...{ id: idOf(id, key), circle: id, key, seat, token, at, state: known, by, decidedAt, reason },
    said: saidOf(words),
    record: record instanceof Uint8Array ? recordId(record) : undefined,
  };
}

function saidOf(words: Cbor | undefined): HeldPost["said"] {
  if (!Array.isArray(words)) return undefined;
  const [body, exercise, accept] = words as readonly Cbor[];
  if (!(body instanceof Uint8Array) || typeof exercise !== "boolean" || !Array.isArray(accept)) return undefined;
  return { body: decodePost(body), exercise, accept: RISKS.filter((risk) => accept.includes(risk)) };
}

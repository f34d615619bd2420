// Admission after the handshake: versions, then the circles that both share. A circle is proven by a tag that only
// holders of its secret can make or read; random tags hide how many circles there are. Nobody learns of a circle it is
// not in, and what is proven here still counts only where our own roster grants it.

import { compareBytes, concat, toHex, utf8 } from "../base/bytes.ts";
import { hmac } from "../base/digest.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import { type CircleId, type TransportId, idBytes } from "../record/ids.ts";
import type { FrameStream } from "./frames.ts";
import { NONCE_BYTES, TAG_BYTES, decodeExpected, encodeMessage } from "./wire.ts";

export const HELLO_PROTOCOL = "/tocsin/hello/1";

const VERSIONS = [1] as const;
const TAG = utf8("tocsin/1 hello");
const TAGS_STEP = 8;

/** One end of a hello: who we are, who the handshake proved the other to be, and the circles that it may share. */
export type HelloSide = {
  readonly self: TransportId;
  readonly peer: TransportId;
  readonly circles: readonly { readonly id: CircleId; readonly secret: Uint8Array }[];
  readonly random: Random;
};

/** Opens the hello. Resolves with the circles that the peer proved, once the peer has answered ours. */
export async function sayHello(frames: FrameStream, side: HelloSide, signal: AbortSignal): Promise<Set<CircleId>> {
  const nonce = side.random(NONCE_BYTES);
  await frames.write(encodeMessage({ kind: "hello", versions: VERSIONS, nonce }), signal);
  const answer = decodeExpected("answer", await frames.read(signal));
  if (!VERSIONS.some((version) => version === answer.version)) throw noVersion();
  const nonces = concat(nonce, answer.nonce);
  await frames.write(encodeMessage({ kind: "tags", tags: ownTags(side, nonces) }), signal);
  decodeExpected("done", await frames.read(signal));
  await frames.finish(signal);
  return proven(side, nonces, answer.tags);
}

/** Answers a hello. `admit` is told the circles that the peer proved, before the peer learns that it is admitted. */
export async function answerHello(
  frames: FrameStream,
  side: HelloSide,
  options: { readonly admit: (proven: Set<CircleId>) => void; readonly signal: AbortSignal },
): Promise<void> {
  const { admit, signal } = options;
  const hello = decodeExpected("hello", await frames.read(signal));
  const version = VERSIONS.find((ours) => hello.versions.includes(ours));
  if (version === undefined) throw noVersion();
  const nonce = side.random(NONCE_BYTES);
  const nonces = concat(hello.nonce, nonce);
  await frames.write(encodeMessage({ kind: "answer", version, nonce, tags: ownTags(side, nonces) }), signal);
  const { tags } = decodeExpected("tags", await frames.read(signal));
  admit(proven(side, nonces, tags));
  await frames.write(encodeMessage({ kind: "done" }), signal);
  await frames.finish(signal);
}

const noVersion = (): TocsinError => new TocsinError("PEER_PROTOCOL", "no protocol version in common");

/** The sender is part of the tag, so that a tag cannot be sent back as one's own. */
const tagOf = (secret: Uint8Array, nonces: Uint8Array, sender: TransportId): Uint8Array =>
  hmac(secret, TAG, nonces, idBytes(sender)).subarray(0, TAG_BYTES);

function ownTags(side: HelloSide, nonces: Uint8Array): readonly Uint8Array[] {
  const tags = side.circles.slice(0, limits.circlesMax).map(({ secret }) => tagOf(secret, nonces, side.self));
  const padded = Math.max(TAGS_STEP, Math.ceil(tags.length / TAGS_STEP) * TAGS_STEP);
  while (tags.length < padded) tags.push(side.random(TAG_BYTES));
  // Sorted, so that the place of a tag does not tell a real one from padding.
  return tags.sort(compareBytes);
}

function proven(side: HelloSide, nonces: Uint8Array, tags: readonly Uint8Array[]): Set<CircleId> {
  const offered = new Set(tags.map(toHex));
  const shared = side.circles.filter(({ secret }) => offered.has(toHex(tagOf(secret, nonces, side.peer))));
  return new Set(shared.map(({ id }) => id));
}

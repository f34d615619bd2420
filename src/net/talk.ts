// What two linked members say to each other apart from records: about safety words, and of a place in a closed circle. One message
// and one answer a stream. The node decides what they mean; here they are bounded and carried.

import { TocsinError, asTocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { TransportId } from "../record/ids.ts";
import type { FrameStream } from "./frames.ts";
import type { Mesh, Session } from "./mesh.ts";
import { openFrames } from "./sync.ts";
import { decodeExpected, decodeMessage, encodeMessage } from "./wire.ts";

/** What they speak about, with the protocol of each. */
export const TALKS = { verify: "/tocsin/verify/1", offered: "/tocsin/offer/1" } as const;
export type Talk = keyof typeof TALKS;

/** Answers a linked member: its message with the node's answer, or with the code of a refusal. */
export async function answerTalk(
  mesh: Mesh,
  session: Session,
  { frames, about }: { readonly frames: FrameStream; readonly about: Talk },
): Promise<void> {
  const signal = patience(session);
  const { body } = decodeExpected("message", await frames.read(signal));
  try {
    const answer = await mesh.host[about](session.member, body);
    await frames.write(encodeMessage({ kind: "message", body: answer }), signal);
  } catch (cause) {
    const { code } = asTocsinError(cause);
    mesh.log("talk-refused", { peer: session.peer.slice(0, 8), code, about });
    await frames.write(encodeMessage({ kind: "refused", code }), signal);
  }
  await frames.finish(signal);
}

/** The asking side; see the contract. */
export async function talkTo(
  mesh: Mesh,
  peer: TransportId,
  { about, message }: { readonly about: Talk; readonly message: Uint8Array },
): Promise<Uint8Array> {
  const session = mesh.sessions.get(peer);
  if (!session) throw new TocsinError("PEER_UNREACHABLE", "the peer is not linked");
  const signal = patience(session);
  try {
    await using frames = await openFrames(mesh, session.connection, { protocol: TALKS[about], peer: session });
    await frames.write(encodeMessage({ kind: "message", body: message }), signal);
    const answer = decodeMessage(await frames.read(signal));
    await frames.finish(signal);
    if (answer.kind === "message") return answer.body;
    if (answer.kind !== "refused") throw new TocsinError("PEER_PROTOCOL", "no answer to what was said");
    throw new TocsinError("PEER_REFUSED", "the peer refused", { details: { remote: answer.code } });
  } catch (cause) {
    if (cause instanceof TocsinError) throw cause;
    if (session.ended.signal.aborted) throw new TocsinError("PEER_UNREACHABLE", "the link ended", { cause });
    throw new TocsinError("TIMEOUT", "the peer did not answer in time", { cause });
  }
}

/** Aborts when the session ends, or when the peer does nothing for too long. */
function patience(session: Session): AbortSignal {
  return AbortSignal.any([session.ended.signal, AbortSignal.timeout(limits.helloTimeoutMs)]);
}

// Messages about safety words between two linked members: one message and one answer a stream. The node decides what they
// mean; here they are bounded and carried.

import { TocsinError, asTocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { TransportId } from "../record/ids.ts";
import type { FrameStream } from "./frames.ts";
import type { Mesh, Session } from "./mesh.ts";
import { openFrames } from "./sync.ts";
import { decodeExpected, decodeMessage, encodeMessage } from "./wire.ts";

export const VERIFY_PROTOCOL = "/tocsin/verify/1";

/** Answers a linked member: its message with the node's answer, or with the code of a refusal. */
export async function answerVerify(mesh: Mesh, session: Session, frames: FrameStream): Promise<void> {
  const signal = patience(session);
  const { body } = decodeExpected("message", await frames.read(signal));
  try {
    const answer = await mesh.host.verify(session.member, body);
    await frames.write(encodeMessage({ kind: "message", body: answer }), signal);
  } catch (cause) {
    const { code } = asTocsinError(cause);
    mesh.log("verify-refused", { peer: session.peer.slice(0, 8), code });
    await frames.write(encodeMessage({ kind: "refused", code }), signal);
  }
  await frames.finish(signal);
}

/** The asking side; see the contract. */
export async function askVerify(mesh: Mesh, peer: TransportId, message: Uint8Array): Promise<Uint8Array> {
  const session = mesh.sessions.get(peer);
  if (!session) throw new TocsinError("PEER_UNREACHABLE", "the peer is not linked");
  const signal = patience(session);
  try {
    await using frames = await openFrames(mesh, session.connection, { protocol: VERIFY_PROTOCOL, peer: session });
    await frames.write(encodeMessage({ kind: "message", body: message }), signal);
    const answer = decodeMessage(await frames.read(signal));
    await frames.finish(signal);
    if (answer.kind === "message") return answer.body;
    if (answer.kind !== "refused") throw new TocsinError("PEER_PROTOCOL", "no answer to a message about safety words");
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

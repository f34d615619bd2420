// One question and one answer a stream: a member asks for posts that it holds and has no key for. What they say is the
// node's affair; here they are bounded in size, in time and in number.

import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { CircleId, MemberId } from "../record/ids.ts";
import type { FrameStream } from "./frames.ts";
import { type Mesh, type Session, shares } from "./mesh.ts";
import { openFrames, stall } from "./sync.ts";
import { decodeExpected, encodeMessage } from "./wire.ts";

export const RESEAL_PROTOCOL = "/tocsin/reseal/1";

const BURST_MS = 10_000;

/** Asks a linked member; see the contract. */
export async function ask(
  mesh: Mesh,
  member: MemberId,
  of: { readonly circle: CircleId; readonly question: Uint8Array; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  const { circle, question } = of;
  const session = [...mesh.sessions.values()].find((one) => one.member === member && shares(mesh, one, circle));
  if (!session) throw new TocsinError("PEER_UNREACHABLE", "the member is not linked");
  await using frames = await openFrames(mesh, session.connection, { protocol: RESEAL_PROTOCOL, peer: session });
  const signal = AbortSignal.any([of.signal, stall(session)]);
  await frames.write(encodeMessage({ kind: "ask", circle, body: question }), signal);
  const { body } = decodeExpected("message", await frames.read(signal));
  await frames.finish(signal);
  return body;
}

/** Answers one question of a linked peer, no sooner than its allowance lets us. Throws PEER_REFUSED in a circle not shared. */
export async function answerQuestion(mesh: Mesh, session: Session, frames: FrameStream): Promise<void> {
  const signal = stall(session);
  const { circle, body } = decodeExpected("ask", await frames.read(signal));
  await allowed(mesh, session);
  if (!shares(mesh, session, circle)) throw new TocsinError("PEER_REFUSED", "the peer asks in a circle not shared");
  const answer = await mesh.host.reseal(session.member, circle, body);
  await frames.write(encodeMessage({ kind: "message", body: answer }), stall(session));
  await frames.finish(stall(session));
}

/** Resolves when a peer that asked this often may be answered again. */
async function allowed(mesh: Mesh, session: Session): Promise<void> {
  const nowMs = mesh.clock.monotonic();
  session.askedUntilMs = Math.max(session.askedUntilMs, nowMs - BURST_MS) + 1_000 / limits.resealAsksPerSecond;
  if (session.askedUntilMs > nowMs) await mesh.clock.wait(session.askedUntilMs - nowMs, session.ended.signal);
}

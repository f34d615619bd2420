// Joining: the holder of a ticket dials with the ticket's one-time key as its whole identity, so the handshake itself
// proves the ticket. One challenge, one message, one reply; the node decides what they mean.

import { equalBytes } from "../base/bytes.ts";
import { sha256 } from "../base/digest.ts";
import { ERRORS, TocsinError, asTocsinError, errorRow } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { type TicketId, transportId } from "../record/ids.ts";
import { dialTargets, keyOf } from "./addresses.ts";
import { FrameStream } from "./frames.ts";
import { startNode } from "./libp2p.ts";
import type { Mesh } from "./mesh.ts";
import type { JoinCall, JoinHandshake, JoinMessage } from "./net.ts";
import { NONCE_BYTES, decodeExpected, decodeMessage, encodeMessage } from "./wire.ts";

export const JOIN_PROTOCOL = "/tocsin/join/1";

const HASH_BYTES = 16;
const silent = { sent: () => undefined, received: () => undefined };

/** Answers the holder of an open ticket: one exchange, then the stream is closed. */
export async function answerJoin(mesh: Mesh, ticket: TicketId, frames: FrameStream): Promise<void> {
  const signal = AbortSignal.any([mesh.closed, AbortSignal.timeout(limits.joinTimeoutMs)]);
  const handshake = { responder: mesh.self, challenge: mesh.random(NONCE_BYTES) };
  await frames.write(encodeMessage({ kind: "challenge", challenge: handshake.challenge }), signal);
  const { body } = decodeExpected("message", await frames.read(signal));
  try {
    const reply = await mesh.host.join(ticket, body, handshake);
    await frames.write(encodeMessage({ kind: "message", body: reply }), signal);
  } catch (cause) {
    const { code } = asTocsinError(cause);
    mesh.log("join-refused", { ticket: ticket.slice(0, 8), code });
    await frames.write(encodeMessage({ kind: "refused", code }), signal);
  }
  await frames.finish(signal);
}

/** The joiner's side; see the contract. */
export const joinCall: JoinCall = async ({ ticketSeed, addresses, responderHash, respond, signal }) => {
  signal.throwIfAborted();
  const targets = dialTargets(addresses);
  if (targets.length === 0) throw new TocsinError("PEER_UNREACHABLE", "the ticket names no usable address");
  let wrongPeer = false;
  let rightPeer = false;
  const node = await startNode({
    seed: ticketSeed,
    listen: [],
    announce: [],
    services: {},
    gater: {
      denyOutboundEncryptedConnection: (peer) => {
        // The ticket names its inviter by a hash only; this hook is the first to see the proven key.
        const key = keyOf(peer);
        const expected =
          key !== undefined &&
          (responderHash === undefined || equalBytes(sha256(key).subarray(0, HASH_BYTES), responderHash));
        wrongPeer ||= !expected;
        rightPeer ||= expected;
        return !expected;
      },
    },
  });
  try {
    const connection = await node.dial(targets, { signal }).catch((cause: unknown) => {
      // Cut after the inviter proved its key is a refusal, and no failure to reach it.
      if (signal.aborted || rightPeer) throw cause;
      if (wrongPeer)
        throw new TocsinError("TICKET_WRONG_PEER", "another node answers at the inviter's address", { cause });
      throw new TocsinError("PEER_UNREACHABLE", "the inviter cannot be reached", { cause });
    });
    const key = keyOf(connection.remotePeer);
    if (!key) throw new TocsinError("TICKET_WRONG_PEER", "the inviter has a key of another kind");
    await using frames = new FrameStream(await connection.newStream(JOIN_PROTOCOL, { signal }), silent);
    const { challenge } = decodeExpected("challenge", await frames.read(signal));
    const handshake: JoinHandshake = { responder: transportId(key), challenge };
    await frames.write(encodeMessage({ kind: "message", body: respond(handshake) }), signal);
    const reply = replyOf(await frames.read(signal));
    await frames.finish(signal);
    return { reply, handshake };
  } catch (cause) {
    if (cause instanceof TocsinError) throw cause;
    if (signal.aborted) throw new TocsinError("TIMEOUT", "the inviter did not answer in time", { cause });
    // Connected and cut again: whoever holds no open ticket is refused after the handshake, without a word.
    throw new TocsinError("JOIN_REFUSED", "the inviter closed the connection", {
      cause,
      hint: "the ticket may be used, revoked or expired; ask the inviter for a new one",
    });
  } finally {
    await node.stop();
  }
};

/** The reply, or the inviter's refusal as an error of ours: its own words are not shown as ours. */
function replyOf(frame: Uint8Array): JoinMessage {
  const message = decodeMessage(frame);
  if (message.kind === "message") return message.body;
  if (message.kind !== "refused") throw new TocsinError("PEER_PROTOCOL", "no reply to the join");
  const hint = isCode(message.code) ? errorRow(message.code).hint : undefined;
  throw new TocsinError("JOIN_REFUSED", "the inviter refused the join", {
    details: { remote: message.code },
    ...(hint === undefined ? {} : { hint }),
  });
}

const isCode = (text: string): text is keyof typeof ERRORS => Object.hasOwn(ERRORS, text);

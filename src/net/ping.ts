// A sign of life on request, over the stream on which heartbeats go: what it measures is what a post would take.

import { TocsinError } from "../base/errors.ts";
import type { TransportId } from "../record/ids.ts";
import type { Mesh } from "./mesh.ts";

const TOKEN_BYTES = 6;

/** Milliseconds there and back; see the contract. */
export async function ping(mesh: Mesh, peer: TransportId, signal: AbortSignal): Promise<number> {
  const session = mesh.sessions.get(peer);
  if (!session) throw new TocsinError("PEER_UNREACHABLE", "the peer is not linked");
  const token = mesh.random(TOKEN_BYTES).reduce((number, byte) => number * 256 + byte, 0);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const startedMs = mesh.clock.monotonic();
  const onEnd = (): void => reject(new TocsinError("PEER_UNREACHABLE", "the link ended"));
  const onAbort = (): void => reject(new TocsinError("TIMEOUT", "the peer did not answer in time"));
  session.pings.set(token, () => resolve(mesh.clock.monotonic() - startedMs));
  session.ended.signal.addEventListener("abort", onEnd, { once: true });
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    session.outbox.ping(token);
    return await promise;
  } finally {
    session.pings.delete(token);
    session.ended.signal.removeEventListener("abort", onEnd);
    signal.removeEventListener("abort", onAbort);
  }
}

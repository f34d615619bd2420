// Hands envelopes that came from a peer to the node and draws the conclusions that are the network's business:
// counts, who is to be told, and whose fault it was.

import type { CircleId } from "../record/ids.ts";
import { type Mesh, type Session } from "./mesh.ts";
import type { ArrivalPath } from "./net.ts";

/** What became of some envelopes. */
export type Tally = {
  readonly kept: number;
  readonly duplicates: number;
  readonly gaps: number;
  readonly refused: number;
  /** Of these, records of another side of a fork: their author's fault. */
  readonly forked: number;
  /** Why the peer is provably at fault, if it is. */
  readonly blame: string | undefined;
};

const BLAMED_MS = 60_000; // how long a peer at fault is not asked for records

/** Resolves when what is to be kept of the envelopes is durable. Rejects where the node could not store. */
export async function deliver(
  mesh: Mesh,
  session: Session,
  arrived: {
    readonly circle: CircleId;
    readonly envelopes: readonly Uint8Array[];
    readonly path: Exclude<ArrivalPath, "bundle">;
  },
): Promise<Tally> {
  const { circle, envelopes, path } = arrived;
  const tally = { kept: 0, duplicates: 0, gaps: 0, refused: 0, forked: 0, blame: undefined as string | undefined };
  for (const arrival of await mesh.host.ingest(session.member, circle, envelopes, path)) {
    if (arrival.kind === "kept") tally.kept += 1;
    else if (arrival.kind === "duplicate") tally.duplicates += 1;
    else if (arrival.kind === "gap") tally.gaps += 1;
    else {
      tally.refused += 1;
      if (arrival.reason === "RECORD_FORKED") tally.forked += 1;
      if (arrival.verdict === "reject") tally.blame ??= arrival.reason;
    }
  }
  mesh.counters.duplicates += tally.duplicates;
  mesh.counters[`${path}Received`] += envelopes.length;
  if (tally.kept > 0) mesh.moved.add(circle);
  if (tally.blame !== undefined) {
    session.noPullUntilMs = mesh.clock.monotonic() + BLAMED_MS;
    mesh.log("peer-at-fault", { peer: session.peer.slice(0, 8), path, reason: tally.blame });
  }
  return tally;
}

// Joining without a network: the call of a joiner reaches the node that the ticket names, if that is among those given.

import { expect } from "vitest";
import { signingKeyFromSeed } from "../../keys/index.ts";
import { equalBytes } from "../../src/base/bytes.ts";
import { TocsinError } from "../../src/base/errors.ts";
import { responderHash } from "../../src/circle/ticket.ts";
import type { JoinCall } from "../../src/net/net.ts";
import { admit } from "../../src/node/admit.ts";
import { join } from "../../src/node/joining.ts";
import { type CircleId, ticketId } from "../../src/record/ids.ts";
import { liveOf, type Party, sync } from "./memory-rooms.ts";

/** Calls whichever of the nodes a ticket names; the challenge is new for every call. A refusal travels as its code. */
export function callTo(...nodes: readonly Party[]): JoinCall {
  let calls = 0;
  return async ({ ticketSeed: seed, responderHash: hash, respond }) => {
    const node = nodes.find(
      ({ rooms }) => hash === undefined || equalBytes(responderHash(rooms.net().transport), hash),
    );
    if (!node) throw new TocsinError("PEER_UNREACHABLE", "nobody answers");
    const handshake = { responder: node.rooms.net().transport, challenge: new Uint8Array(32).fill(++calls) };
    const ticket = ticketId(signingKeyFromSeed(seed).publicKey);
    return { reply: await admit(node.rooms, ticket, { message: respond(handshake), handshake }), handshake };
  };
}

/** Joins, and fetches what the inviter holds as soon as it is let in. */
export async function joins(joiner: Party, line: string, inviter: Party, circle: CircleId): Promise<void> {
  const signal = AbortSignal.timeout(5_000);
  const joined = join(joiner.rooms, line, { call: callTo(inviter), signal });
  const before = joiner.rooms.circles.get(circle)?.row;
  const isLetIn = (): boolean => {
    const live = joiner.rooms.circles.get(circle);
    return live?.coming !== undefined || live?.row.lane !== before?.lane;
  };
  const opened = expect.poll(isLetIn, { interval: 1, timeout: 5_000 }).toBe(true);
  await Promise.race([joined, opened]);
  await sync(inviter, joiner, circle);
  joiner.rooms.changes.ring();
  await joined;
  expect(liveOf(inviter, circle).state.roster?.members.has(joiner.rooms.me.id)).toBe(true);
}

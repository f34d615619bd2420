// Who may connect, and who is carried to whom.

import { describe, expect, it } from "vitest";
import { peerIdOf } from "../../../src/net/addresses.ts";
import { createGate } from "../../../src/net/gater.ts";
import type { Contact } from "../../../src/net/net.ts";
import { ticketId, transportId } from "../../../src/record/ids.ts";
import { seedOf } from "../../help/nets.ts";
import { toyCircle, toyMember } from "../../help/fake-host.ts";
import { signingKeyFromSeed } from "../../../keys/index.ts";

const [inner, other] = [toyCircle("inner"), toyCircle("other")];
const keyOf = (name: string): Uint8Array => signingKeyFromSeed(seedOf(name)).publicKey;
const peerOf = (name: string) => peerIdOf(transportId(keyOf(name)));
const contact = (name: string, more: Pick<Contact, "circles" | "contested">): Contact => ({
  ...{ transport: transportId(keyOf(name)), member: toyMember(name), addresses: [] },
  ...more,
});

describe("the gate of a relay", () => {
  const gate = createGate(() => undefined);
  gate.setContacts([
    contact("acme", { circles: [inner] }),
    contact("borealis", { circles: [inner, other] }),
    contact("chen", { circles: [other] }),
    contact("removed", { circles: [inner], contested: [inner] }),
  ]);
  gate.setTickets([ticketId(keyOf("joiner"))]);
  const { gater } = gate;

  it.each([
    ["acme", "borealis", false],
    ["borealis", "chen", false],
    ["acme", "chen", true],
    ["removed", "acme", true],
    ["acme", "removed", true],
    ["joiner", "acme", true],
    ["stranger", "acme", true],
    ["acme", "stranger", true],
  ])("R62: %s is carried to %s, or not: refused %s", async (from, to, refused) => {
    expect(await gater.denyOutboundRelayedConnection?.(peerOf(from), peerOf(to))).toBe(refused);
  });

  it.each([
    ["acme", false],
    ["joiner", true],
    ["stranger", true],
  ])("R62: %s may be reached over us, and brought to us, or not: refused %s", async (name, refused) => {
    expect(await gater.denyInboundRelayReservation?.(peerOf(name))).toBe(refused);
    expect(await gater.denyInboundRelayedConnection?.(peerOf("acme"), peerOf(name))).toBe(refused);
    expect(await gater.denyInboundRelayedConnection?.(peerOf(name), peerOf("acme"))).toBe(refused);
  });
});

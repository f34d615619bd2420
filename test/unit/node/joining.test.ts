// Joining by ticket without a network: what both sides refuse, and that a member can come back.

import { systemRandom } from "../../../src/base/random.ts";
import { laneFor, idBytes } from "../../../src/record/ids.ts";
import { describe, expect, test } from "vitest";
import { circlePrefix, parseTicket, ticketIdOf, ticketSeed } from "../../../src/circle/ticket.ts";
import { signPrekey } from "../../../src/circle/prekey.ts";
import type { JoinCall } from "../../../src/net/net.ts";
import { admit } from "../../../src/node/admit.ts";
import {
  decodeJoinAnswer,
  decodeJoinRequest,
  encodeJoinAnswer,
  encodeJoinRequest,
  joinProofMessage,
} from "../../../src/node/join-wire.ts";
import { join, preview } from "../../../src/node/joining.ts";
import { frontierOf } from "../../../src/node/frontier.ts";
import { heardFrom } from "../../../src/node/lanes.ts";
import { invite, promote, remove, revoke, shownEpoch } from "../../../src/node/membership.ts";
import type { CircleId } from "../../../src/record/ids.ts";
import { generateWrapKeys } from "../../../src/seal/hpke.ts";
import { callTo, joins } from "../../help/join-call.ts";
import {
  allOf,
  circleOfParties,
  hands,
  hears,
  liveOf,
  type Party,
  party,
  picture,
  says,
  sync,
} from "../../help/memory-rooms.ts";
import { errorOf, refusalOf } from "../../help/refusal.ts";

const DAY_MS = 86_400_000;

const ticketOf = async (node: Party, circle: CircleId, lifeMs = DAY_MS): ReturnType<typeof invite> =>
  invite(node.rooms, circle, { for: "dorado", lifeMs });
const codeOf = async (joiner: Party, line: string, ...nodes: readonly Party[]): Promise<string | undefined> =>
  refusalOf(async () => join(joiner.rooms, line, { call: callTo(...nodes), signal: AbortSignal.timeout(5_000) }));

describe("a ticket", () => {
  test("shows the circle before it admits, and admits its holder", async () => {
    const [acme, dorado] = [party("acme"), party("dorado")];
    const circle = await circleOfParties([acme]);
    const { line } = await ticketOf(acme, circle);
    const shown = await preview(dorado.rooms, line, { call: callTo(acme), signal: AbortSignal.timeout(5_000) });
    expect(shown).toMatchObject({ circle, name: "retail-eu", members: ["acme"] });
    await joins(dorado, line, acme, circle);
    expect(picture(dorado, circle)["members"]).toEqual(picture(acme, circle)["members"]);
    await says(acme, circle, "welcome");
    await sync(acme, dorado, circle);
    expect(await hears(dorado, circle)).toEqual(["welcome"]);
  });

  test("R32: admits nobody a second time, when it is revoked, too old, unknown, or answered by no steward", async () => {
    const [acme, borealis, dorado, emil] = [party("acme"), party("borealis"), party("dorado"), party("emil")];
    const circle = await circleOfParties([acme, borealis]);
    const used = await ticketOf(acme, circle);
    await joins(dorado, used.line, acme, circle);
    expect(await codeOf(emil, used.line, acme)).toBe("TICKET_USED");
    const revoked = await ticketOf(acme, circle);
    await revoke(acme.rooms, circle, revoked.ticket);
    expect(await codeOf(emil, revoked.line, acme)).toBe("TICKET_REVOKED");
    const short = await ticketOf(acme, circle, 60_000);
    acme.clock.advance(61_000);
    expect(await codeOf(emil, short.line, acme)).toBe("TICKET_EXPIRED");
    emil.clock.advance(61_000);
    const error = await errorOf(async () =>
      join(emil.rooms, short.line, { call: callTo(acme), signal: AbortSignal.timeout(5_000) }),
    );
    expect([error?.code, error?.details["step"]]).toEqual(["TICKET_EXPIRED", "ticket"]);
    const secret = parseTicket(used.line).secret;
    const message = encodeJoinRequest({ op: "preview", circle: circlePrefix(circle) });
    const handshake = { responder: acme.rooms.net().transport, challenge: new Uint8Array(32) };
    expect(
      await refusalOf(async () =>
        admit(acme.rooms, ticketIdOf(secret.map((byte) => byte ^ 1)), { message, handshake }),
      ),
    ).toBe("TICKET_INVALID");
    const open = await ticketOf(acme, circle);
    await sync(acme, borealis, circle);
    expect(await refusalOf(async () => admit(borealis.rooms, open.ticket, { message, handshake }))).toBe(
      "JOIN_REFUSED",
    );
    expect(ticketSeed(secret)).toHaveLength(32);
  });

  test("R32: is revoked at every steward, whichever it hears of first, the ticket or its end", async () => {
    const [acme, borealis, cygnus, emil] = [party("acme"), party("borealis"), party("cygnus"), party("emil")];
    const circle = await circleOfParties([acme, borealis, cygnus]);
    for (const { rooms } of [borealis, cygnus]) await promote(acme.rooms, circle, rooms.me.id);
    for (const node of [borealis, cygnus]) await sync(acme, node, circle);
    const { ticket, line } = await ticketOf(acme, circle);
    await sync(acme, borealis, circle);
    await revoke(borealis.rooms, circle, ticket);
    const { offered, hands } = await import("../../help/memory-rooms.ts");
    const { decodeEnvelope } = await import("../../../src/record/wire.ts");
    const all = await offered(borealis, cygnus, circle);
    const byBorealis = all.filter((bytes) => decodeEnvelope(bytes).header.author === borealis.rooms.me.id);
    await hands(cygnus, borealis, { circle, envelopes: byBorealis });
    await hands(cygnus, borealis, { circle, envelopes: all });
    expect(liveOf(cygnus, circle).state.invites.get(ticket)).toMatchObject({ revoked: true, for: "dorado" });
    expect(await codeOf(emil, line, cygnus)).not.toBeUndefined();
  });

  test("R31: leads to no other circle than its own", async () => {
    const [acme, mallory, dorado] = [party("acme"), party("mallory"), party("dorado")];
    const circle = await circleOfParties([acme]);
    const { line } = await ticketOf(acme, circle);
    const other = await circleOfParties([mallory]);
    const theirs = await ticketOf(mallory, other);
    const toItsOwn = (message: Uint8Array): Uint8Array =>
      encodeJoinRequest({ ...(decodeJoinRequest(message) as { op: "preview" }), circle: circlePrefix(other) });
    const swapped: JoinCall = async ({ respond }) => {
      const handshake = { responder: mallory.rooms.net().transport, challenge: new Uint8Array(32) };
      return {
        reply: await admit(mallory.rooms, theirs.ticket, { message: toItsOwn(respond(handshake)), handshake }),
        handshake,
      };
    };
    const error = await errorOf(async () =>
      preview(dorado.rooms, line, { call: swapped, signal: AbortSignal.timeout(5_000) }),
    );
    expect([error?.code, error?.details["step"]]).toEqual(["TICKET_WRONG_PEER", "preview"]);
  });
});

describe("R33: the proof of a joiner", () => {
  test("counts for this circle, ticket, node and stream only, and for the member that it names", async () => {
    const [acme, dorado, emil] = [party("acme"), party("dorado"), party("emil")];
    const circle = await circleOfParties([acme]);
    const { ticket } = await ticketOf(acme, circle);
    const other = await ticketOf(acme, circle);
    const { certificate } = dorado.rooms.me;
    const prekey = signPrekey(circle, dorado.rooms.me.key, {
      suite: 1,
      publicKey: (await generateWrapKeys(1)).publicKey,
    });
    const handshake = { responder: acme.rooms.net().transport, challenge: new Uint8Array(32).fill(1) };
    const lane = idBytes(laneFor(dorado.rooms.me.id, systemRandom));
    const of = { certificate: certificate.bytes, prekey: prekey.bytes, lane };
    const right = { circle, ticket, handshake };
    const proofs = [
      dorado.rooms.me.key.sign(joinProofMessage({ ...right, circle: other.ticket as unknown as CircleId }, of)),
      dorado.rooms.me.key.sign(joinProofMessage({ ...right, ticket: other.ticket }, of)),
      dorado.rooms.me.key.sign(
        joinProofMessage({ ...right, handshake: { ...handshake, challenge: new Uint8Array(32) } }, of),
      ),
      dorado.rooms.me.key.sign(
        joinProofMessage({ ...right, handshake: { ...handshake, responder: emil.rooms.net().transport } }, of),
      ),
      dorado.rooms.me.key.sign(joinProofMessage(right, { ...of, prekey: certificate.bytes })),
      dorado.rooms.me.key.sign(joinProofMessage(right, { ...of, lane: lane.toReversed() })),
      emil.rooms.me.key.sign(joinProofMessage(right, of)),
    ];
    for (const proof of proofs) {
      const message = encodeJoinRequest({ op: "accept", circle: circlePrefix(circle), ...of, proof });
      expect(await refusalOf(async () => admit(acme.rooms, ticket, { message, handshake }))).toBe("JOIN_REFUSED");
    }
    const wide = signPrekey(circle, dorado.rooms.me.key, {
      suite: 2,
      publicKey: (await generateWrapKeys(2)).publicKey,
    });
    const proof = dorado.rooms.me.key.sign(joinProofMessage(right, { ...of, prekey: wide.bytes }));
    const message = encodeJoinRequest({ op: "accept", circle: circlePrefix(circle), ...of, prekey: wide.bytes, proof });
    expect(await refusalOf(async () => admit(acme.rooms, ticket, { message, handshake }))).toBe("JOIN_REFUSED");
    const good = encodeJoinRequest({
      op: "accept",
      circle: circlePrefix(circle),
      ...of,
      proof: dorado.rooms.me.key.sign(joinProofMessage(right, of)),
    });
    const first = decodeJoinAnswer(await admit(acme.rooms, ticket, { message: good, handshake }));
    // The answer was lost on its way: asking again is answered, and changes nothing.
    const before = picture(acme, circle);
    expect(decodeJoinAnswer(await admit(acme.rooms, ticket, { message: good, handshake }))).toEqual(first);
    expect(picture(acme, circle)).toEqual(before);
  });

  test("messages of joining that are none are refused", async () => {
    const request = { op: "preview", circle: new Uint8Array(16) } as const;
    const junk = encodeJoinRequest(request);
    expect(decodeJoinRequest(junk)).toEqual(request);
    expect(await refusalOf(() => decodeJoinAnswer(junk))).toBe("PEER_PROTOCOL");
    expect(
      await refusalOf(() =>
        decodeJoinRequest(encodeJoinAnswer({ op: "joined", pending: 0, lane: null, contacts: [] })),
      ),
    ).toBe("PEER_PROTOCOL");
  });
});

describe("a member that was removed and invited again", () => {
  test("comes back on a lane of its own, and reads and posts as before", async () => {
    const [acme, borealis, dorado] = [party("acme"), party("borealis"), party("dorado")];
    const circle = await circleOfParties([acme, borealis, dorado]);
    await says(dorado, circle, "first time");
    await sync(dorado, acme, circle);
    await remove(acme.rooms, circle, dorado.rooms.me.id);
    await says(acme, circle, "without dorado");
    const { line } = await ticketOf(acme, circle);
    await joins(dorado, line, acme, circle);
    await says(dorado, circle, "second time");
    await says(acme, circle, "welcome back");
    for (const [from, to] of [
      [dorado, acme],
      [acme, dorado],
      [acme, borealis],
    ] as const)
      await sync(from, to, circle);
    expect(await hears(dorado, circle)).toEqual(["first time", "second time", "welcome back"]);
    expect(await hears(borealis, circle)).toEqual(["first time", "second time", "welcome back", "without dorado"]);
    expect(picture(dorado, circle)).toEqual(picture(borealis, circle));
  });

  test("reads what is sealed for it where it hears of its removal while it is let in", async () => {
    const [acme, dorado] = [party("acme"), party("dorado")];
    const circle = await circleOfParties([acme, dorado]);
    await says(dorado, circle, "first time");
    await sync(dorado, acme, circle);
    await remove(acme.rooms, circle, dorado.rooms.me.id);
    const { line } = await ticketOf(acme, circle);
    const before = liveOf(dorado, circle).row;
    const calls = callTo(acme);
    let times = 0;
    const late: JoinCall = async (request) => {
      // As its farewell does.
      if (++times === 2) await hands(dorado, acme, { circle, envelopes: await allOf(acme, circle) });
      return calls(request);
    };
    const joined = join(dorado.rooms, line, { call: late, signal: AbortSignal.timeout(5_000) });
    await expect.poll(() => liveOf(acme, circle).state.roster?.members.has(dorado.rooms.me.id)).toBe(true);
    const hasNewLane = (): boolean => liveOf(dorado, circle).row.lane !== before.lane;
    await expect.poll(hasNewLane).toBe(true);
    await says(acme, circle, "welcome back");
    await sync(acme, dorado, circle);
    dorado.rooms.changes.ring();
    await joined;
    expect(await hears(dorado, circle)).toContain("welcome back");
  });

  test.each(["never hears of that admission", "spoke by that admission already"])(
    "goes on in its own lane where whoever let it in was removed meanwhile, and %s",
    async (when) => {
      const [acme, borealis, cygnus, dorado] = [party("acme"), party("borealis"), party("cygnus"), party("dorado")];
      const circle = await circleOfParties([acme, borealis, cygnus, dorado]);
      await promote(acme.rooms, circle, borealis.rooms.me.id);
      for (const node of [borealis, cygnus, dorado]) await sync(acme, node, circle);
      await says(dorado, circle, "as ever");
      const { lane } = liveOf(dorado, circle).row;
      await remove(borealis.rooms, circle, dorado.rooms.me.id);
      await remove(acme.rooms, circle, borealis.rooms.me.id);
      const { line } = await ticketOf(borealis, circle);
      if (when.startsWith("spoke")) {
        await joins(dorado, line, borealis, circle);
        await says(dorado, circle, "let in");
        await sync(borealis, acme, circle);
        expect(liveOf(dorado, circle).row.lane).not.toBe(lane);
      } else {
        const signal = AbortSignal.timeout(300);
        const joined = refusalOf(async () => join(dorado.rooms, line, { call: callTo(borealis), signal }));
        expect(await joined).toBe("TIMEOUT");
      }
      await sync(acme, dorado, circle);
      expect(liveOf(dorado, circle).row).toMatchObject({ lane, state: "current" });
      for (const node of [acme, cygnus])
        heardFrom(dorado.rooms, node.rooms.me.id, circle, frontierOf(liveOf(node, circle).state));
      await says(dorado, circle, "still here");
      await sync(dorado, acme, circle);
      expect(await hears(acme, circle)).toContain("still here");
      const epochs = [acme, dorado].map((node) => shownEpoch(node.rooms, liveOf(node, circle))?.id);
      expect(new Set(epochs).size).toBe(1);
    },
  );
});

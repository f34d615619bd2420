// Who gets in: the holder of an open ticket, once, and nobody else.

import { memberId, laneFor, idBytes } from "../../src/record/ids.ts";
import { mkdir } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { signingKeyFromSeed } from "../../keys/index.ts";
import { systemRandom } from "../../src/base/random.ts";
import { parseTicket, printTicket, type Ticket, ticketIdOf, ticketSeed } from "../../src/circle/ticket.ts";
import { joinCall } from "../../src/net/join.ts";
import { encodeJoinRequest, joinProofMessage } from "../../src/node/join-wire.ts";
import { join, preview } from "../../src/node/joining.ts";
import { invite, promote, revoke } from "../../src/node/membership.ts";
import type { JoinHandshake } from "../../src/net/net.ts";
import { signPrekey } from "../../src/circle/prekey.ts";
import { generateWrapKeys } from "../../src/seal/hpke.ts";
import { tempDir } from "../help/temp-dir.ts";
import { circleOf, Org, sees, sighting, type World } from "../help/world.ts";

const soon = (): AbortSignal => AbortSignal.timeout(15_000);

async function outsider(folder: string, name = "outsider"): Promise<Org> {
  const org = new Org(name, `${folder}/${name}`);
  await mkdir(org.folder, { recursive: true });
  await org.start();
  return org;
}

function ticketFor(
  world: World,
  inviter: Org,
  lifeMs = 60_000,
): Promise<{ line: string; ticket: ReturnType<typeof ticketIdOf> }> {
  return invite(inviter.rooms, world.circle, { for: "somebody", lifeMs });
}

/** Whom a joiner dials first. */
function dialled(ticket: Ticket): { addresses: readonly string[]; responderHash: Uint8Array } {
  const [first] = ticket.responders;
  if (!first) throw new Error("a ticket names somebody");
  return { addresses: first.addresses, responderHash: first.hash };
}

function founderOf(world: World): Org {
  const [founder] = world.orgs;
  if (!founder) throw new Error("a world has a founder");
  return founder;
}

describe("joining a circle", () => {
  test("a joiner is shown the circle before it decides, and joins in well under a second", async () => {
    await using world = await circleOf("acme", "borealis");
    await using folder = await tempDir();
    await using joiner = await outsider(folder.path);
    const acme = founderOf(world);
    const { line } = await ticketFor(world, acme);
    expect(line).toMatch(/^TOCSIN1:[0-9A-Z]+$/);
    expect(line.length).toBeLessThanOrEqual(160);
    const shown = await preview(joiner.rooms, line, { call: joinCall, signal: soon() });
    expect(shown).toMatchObject({ circle: world.circle, name: "retail-eu", policy: { maxTlp: "red" } });
    expect([...shown.members].sort()).toEqual(["acme", "borealis"]);
    expect(joiner.rooms.circles.size).toBe(0);
    await join(joiner.rooms, line, { call: joinCall, signal: soon() });
    const items = await joiner.posts(world.circle, sighting("ip:203.0.113.9"));
    await sees(acme, items);
  });

  test("a ticket that was used is refused by name", async () => {
    await using world = await circleOf("acme");
    await using folder = await tempDir();
    await using first = await outsider(folder.path, "first");
    await using second = await outsider(folder.path, "second");
    const { line } = await ticketFor(world, founderOf(world));
    await join(first.rooms, line, { call: joinCall, signal: soon() });
    await expect(join(second.rooms, line, { call: joinCall, signal: soon() })).rejects.toMatchObject({
      code: "TICKET_USED",
    });
    expect(founderOf(world).rooms.circles.get(world.circle)?.state.roster?.members.size).toBe(2);
  });

  test("a revoked ticket is refused by name", async () => {
    await using world = await circleOf("acme");
    await using folder = await tempDir();
    await using joiner = await outsider(folder.path);
    const { line, ticket } = await ticketFor(world, founderOf(world));
    await revoke(founderOf(world).rooms, world.circle, ticket);
    await expect(join(joiner.rooms, line, { call: joinCall, signal: soon() })).rejects.toMatchObject({
      code: "TICKET_REVOKED",
    });
  });

  test("an expired ticket is refused by the joiner, and by the inviter to whoever asks all the same", async () => {
    await using world = await circleOf("acme");
    await using folder = await tempDir();
    await using joiner = await outsider(folder.path);
    const { line } = await ticketFor(world, founderOf(world), 1_000);
    const ticket = parseTicket(line);
    const asNew = printTicket({ ...ticket, expires: ticket.expires + 3_600_000 });
    await expect.poll(() => Date.now() > ticket.expires, { timeout: 5_000 }).toBe(true);
    await expect(join(joiner.rooms, line, { call: joinCall, signal: soon() })).rejects.toMatchObject({
      code: "TICKET_EXPIRED",
    });
    await expect(join(joiner.rooms, asNew, { call: joinCall, signal: soon() })).rejects.toMatchObject({
      code: "TICKET_EXPIRED",
    });
  });

  test("a recorded proof admits nobody: it is bound to the challenge of its stream", async () => {
    await using world = await circleOf("acme");
    const acme = founderOf(world);
    const { line } = await ticketFor(world, acme);
    const ticket = parseTicket(line);
    await using folder = await tempDir();
    const joiner = new Org("joiner", folder.path);
    const key = signingKeyFromSeed(joiner.identity.memberSeed);
    const keys = await generateWrapKeys(2);
    const prekey = signPrekey(world.circle, key, { suite: 2, publicKey: keys.publicKey }).bytes;
    const certificate = joiner.identity.certificate;
    const lane = idBytes(laneFor(memberId(key.publicKey), systemRandom));
    const recorded: Uint8Array[] = [];
    const call = { ticketSeed: ticketSeed(ticket.secret), ...dialled(ticket), signal: soon() };
    const accept = (handshake: JoinHandshake): Uint8Array => {
      const proof = key.sign(
        joinProofMessage(
          { circle: world.circle, ticket: ticketIdOf(ticket.secret), handshake },
          { certificate, prekey, lane },
        ),
      );
      const message = encodeJoinRequest({
        op: "accept",
        circle: ticket.circlePrefix,
        certificate,
        prekey,
        lane,
        proof,
      });
      recorded.push(message);
      return message;
    };
    await joinCall({ ...call, respond: accept });
    const [first = new Uint8Array(0)] = recorded;
    await expect(joinCall({ ...call, respond: () => first })).rejects.toMatchObject({ code: "JOIN_REFUSED" });
  });

  test("a stranger with keys of its own cannot connect", async () => {
    await using world = await circleOf("acme");
    const acme = founderOf(world);
    const { line } = await ticketFor(world, acme);
    const ticket = parseTicket(line);
    const call = {
      ...dialled(ticket),
      respond: () => encodeJoinRequest({ op: "preview", circle: ticket.circlePrefix }),
      signal: AbortSignal.timeout(5_000),
    };
    await expect(joinCall({ ...call, ticketSeed: systemRandom(32) })).rejects.toMatchObject({ code: "JOIN_REFUSED" });
    expect(acme.rooms.net().counters().strangersRefused).toBeGreaterThan(0);
  });

  test("whoever answers at the inviter's address with another key is told nothing", async () => {
    await using world = await circleOf("acme", "borealis");
    await using folder = await tempDir();
    await using joiner = await outsider(folder.path);
    const { line } = await ticketFor(world, founderOf(world));
    const ticket = parseTicket(line);
    const borealis = world.org("borealis");
    const { responderHash } = dialled(ticket);
    const bent = printTicket({
      ...ticket,
      responders: [{ hash: responderHash, addresses: borealis.rooms.net().addresses() }],
    });
    await expect(join(joiner.rooms, bent, { call: joinCall, signal: soon() })).rejects.toMatchObject({
      details: { step: "dial" },
    });
  });

  test("any steward that can be reached admits, not only the inviter", async () => {
    await using world = await circleOf("acme", "borealis");
    const [acme, borealis] = [world.org("acme"), world.org("borealis")];
    await promote(acme.rooms, world.circle, borealis.rooms.me.id);
    await expect.poll(() => borealis.rooms.circles.get(world.circle)?.state.graph.ops.size).toBe(3);
    const { line, ticket } = await ticketFor(world, acme);
    expect(line.length).toBeLessThanOrEqual(160);
    await expect.poll(() => borealis.rooms.circles.get(world.circle)?.state.invites.has(ticket)).toBe(true);
    await acme.stop();
    await using folder = await tempDir();
    await using joiner = await outsider(folder.path);
    await join(joiner.rooms, line, { call: joinCall, signal: soon() });
    const items = await joiner.posts(world.circle, sighting("ip:203.0.113.10"));
    await sees(borealis, items);
  });

  test("a ticket that is damaged says so", async () => {
    await using world = await circleOf("acme");
    const acme = founderOf(world);
    const { line } = await ticketFor(world, acme);
    const call = { call: joinCall, signal: soon() };
    await expect(preview(acme.rooms, line.slice(0, -1), call)).rejects.toMatchObject({
      code: "TICKET_INVALID",
      details: { step: "ticket" },
    });
    await expect(
      preview(
        acme.rooms,
        line.replace(/.$/, (last) => (last === "0" ? "1" : "0")),
        call,
      ),
    ).rejects.toMatchObject({ code: "TICKET_INVALID" });
  });
});

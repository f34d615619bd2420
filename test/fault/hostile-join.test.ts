// Joins that go wrong, by malice or by accident: whom a ticket still admits, what a joiner is made to believe, and what an
// answer that was lost leaves behind.

import { beforeEach, describe, expect, test } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import { limits } from "../../src/base/limits.ts";
import { encodeInvite } from "../../src/circle/notice.ts";
import type { JoinCall } from "../../src/net/net.ts";
import { knownTickets } from "../../src/node/contacts.ts";
import { decodeJoinAnswer, encodeJoinAnswer } from "../../src/node/join-wire.ts";
import { join, preview } from "../../src/node/joining.ts";
import {
  invite,
  openCircle,
  openInvites,
  promote,
  refreshNotices,
  remove,
  shownEpoch,
} from "../../src/node/membership.ts";
import { declare } from "../../src/node/post.ts";
import { type CircleId, circleId } from "../../src/record/ids.ts";
import { systemRandom } from "../../src/base/random.ts";
import { callTo, joins } from "../help/join-call.ts";
import {
  allOf,
  circleOfParties,
  hands,
  liveOf,
  offered,
  type Party,
  party,
  picture,
  says,
  sync,
} from "../help/memory-rooms.ts";
import { errorOf, refusalOf } from "../help/refusal.ts";

let acme: Party;
let borealis: Party;
let dorado: Party;
let circle: CircleId;
beforeEach(async () => {
  [acme, borealis, dorado] = [party("acme"), party("borealis"), party("dorado")];
  circle = await circleOfParties([acme, borealis]);
});

const signal = AbortSignal.timeout(60_000);
/** What acme has written in `step`. */
async function offeredAfter(step: () => Promise<unknown>): Promise<readonly Uint8Array[]> {
  const held = new Set((await allOf(acme, circle)).map(toHex));
  await step();
  return (await allOf(acme, circle)).filter((envelope) => !held.has(toHex(envelope)));
}
const ticketOf = async (node: Party, of = circle): ReturnType<typeof invite> =>
  invite(node.rooms, of, { for: "dorado", lifeMs: 86_400_000 });
const codeOf = async (line: string, call: JoinCall): Promise<string | undefined> =>
  refusalOf(async () => join(dorado.rooms, line, { call, signal }));

describe("a steward that was removed", () => {
  test("R32: comes back by no ticket that it had kept for itself, at whichever steward it tries", async () => {
    await promote(acme.rooms, circle, borealis.rooms.me.id);
    await sync(acme, borealis, circle);
    const kept = await ticketOf(acme);
    const { ticket, line } = await ticketOf(borealis);
    await sync(borealis, acme, circle);
    expect(openInvites(acme.rooms, liveOf(acme, circle))).toContain(ticket);
    await remove(acme.rooms, circle, borealis.rooms.me.id);
    // Acme stands in the ticket of borealis as another node that may admit.
    expect(await codeOf(line, callTo(acme))).toBe("TICKET_REVOKED");
    expect(openInvites(acme.rooms, liveOf(acme, circle))).toEqual([kept.ticket]);
    expect(knownTickets(acme.rooms)).toContain(ticket);
  });
});

describe("a steward of another circle", () => {
  test("announces the tickets of this one as its own, and they admit to this one all the same", async () => {
    const mallory = party("mallory");
    const theirs = await circleOfParties([mallory, acme]);
    const { ticket, line } = await ticketOf(acme);
    const notice = encodeInvite({ op: "open", ticket, for: "x", expires: acme.clock.now() + 86_400_000 });
    await declare(mallory.rooms, liveOf(mallory, theirs), [{ kind: "invite", body: notice }]);
    await sync(mallory, acme, theirs);
    // Whichever circle the node happens to look at first.
    for (const live of [liveOf(acme, circle), liveOf(acme, theirs)]) {
      acme.rooms.circles.delete(live.row.id);
      acme.rooms.circles.set(live.row.id, live);
      const shown = await preview(dorado.rooms, line, { call: callTo(acme), signal });
      expect(shown.circle).toBe(circle);
    }
  });
});

describe("an inviter that lies", () => {
  const lying = (answer: (told: Uint8Array) => Uint8Array): JoinCall => {
    const honest = callTo(acme);
    return async (options) => {
      const { reply, handshake } = await honest(options);
      return { reply: answer(reply), handshake };
    };
  };

  test("R31: shows the certificate of another, whose fingerprint the joiner would compare by voice", async () => {
    const { line } = await ticketOf(acme);
    const call = lying((reply) => {
      const told = decodeJoinAnswer(reply);
      return told.op === "preview"
        ? encodeJoinAnswer({ ...told, inviter: borealis.rooms.me.certificate.bytes })
        : reply;
    });
    const error = await errorOf(async () => preview(dorado.rooms, line, { call, signal }));
    expect([error?.code, error?.details["step"]]).toEqual(["TICKET_WRONG_PEER", "preview"]);
  });

  test("names contacts of the greatest size, and the joiner keeps what it can", async () => {
    const { line } = await ticketOf(acme);
    const address = `/dns4/${"x".repeat(240)}/tcp/7443`;
    const call = lying((reply) => {
      const told = decodeJoinAnswer(reply);
      if (told.op !== "joined") return reply;
      const contact = { certificate: acme.rooms.me.certificate.bytes, addresses: [address, address] };
      return encodeJoinAnswer({ op: "joined", pending: 0, lane: null, contacts: [contact, contact, contact] });
    });
    const joined = join(dorado.rooms, line, { call, signal });
    await Promise.race([joined, expect.poll(() => dorado.rooms.circles.has(circle), { interval: 1 }).toBe(true)]);
    expect(dorado.rooms.bootstrap.get(circle)?.length).toBeGreaterThan(0);
    await sync(acme, dorado, circle);
    dorado.rooms.changes.ring();
    await joined;
  });

  test("names a contact that is none, and the joiner is told so", async () => {
    const { line } = await ticketOf(acme);
    const call = lying((reply) => {
      const told = decodeJoinAnswer(reply);
      if (told.op !== "joined") return reply;
      return encodeJoinAnswer({
        op: "joined",
        pending: 0,
        lane: null,
        contacts: [{ certificate: new Uint8Array(9), addresses: [] }],
      });
    });
    expect(await codeOf(line, call)).toBe("CERTIFICATE_INVALID");
  });
});

describe("a joiner", () => {
  test("whose answer was lost, or that crashed before it could store it, joins by the same ticket", async () => {
    const { line } = await ticketOf(acme);
    const deaf: JoinCall = async (options) => {
      const answered = await callTo(acme)(options);
      if (decodeJoinAnswer(answered.reply).op === "joined") throw new Error("the process dies here");
      return answered;
    };
    await expect(join(dorado.rooms, line, { call: deaf, signal })).rejects.toThrow("dies here");
    expect(liveOf(acme, circle).state.roster?.members.has(dorado.rooms.me.id)).toBe(true);
    expect(dorado.rooms.circles.size).toBe(0);
    // Nobody else gets in by it meanwhile.
    const emil = party("emil");
    expect(await refusalOf(async () => join(emil.rooms, line, { call: callTo(acme), signal }))).toBe("TICKET_USED");
    await joins(dorado, line, acme, circle);
    expect(picture(dorado, circle)["members"]).toEqual(picture(acme, circle)["members"]);
    // Once it has spoken, the ticket shows nothing to anybody.
    await sync(dorado, acme, circle);
    expect(await refusalOf(async () => preview(emil.rooms, line, { call: callTo(acme), signal }))).toBe("TICKET_USED");
  });

  test("R16: races another for one ticket at two stewards, and all agree on the one that is in", async () => {
    await promote(acme.rooms, circle, borealis.rooms.me.id);
    await sync(acme, borealis, circle);
    await refreshNotices(borealis.rooms, circle);
    await sync(borealis, acme, circle);
    const { line } = await ticketOf(acme);
    await sync(acme, borealis, circle);
    const emil = party("emil");
    await joins(dorado, line, acme, circle);
    await joins(emil, line, borealis, circle);
    await sync(acme, borealis, circle);
    await sync(borealis, acme, circle);
    expect(picture(borealis, circle)).toEqual(picture(acme, circle));
    const { roster } = liveOf(acme, circle).state;
    expect([dorado, emil].filter(({ rooms }) => roster?.members.has(rooms.me.id))).toHaveLength(1);
    await says(acme, circle, "to the one");
    const readers = shownEpoch(acme.rooms, liveOf(acme, circle))?.recipients;
    expect([...(readers?.keys() ?? [])].sort()).toEqual([...(roster?.members.keys() ?? [])].sort());
  });

  test("that comes back hears first of its removal, in a page of its own, and stays", async () => {
    await joins(dorado, (await ticketOf(acme)).line, acme, circle);
    await sync(dorado, acme, circle);
    await remove(acme.rooms, circle, dorado.rooms.me.id);
    await says(acme, circle, "meanwhile");
    const { line } = await ticketOf(acme);
    const joined = join(dorado.rooms, line, { call: callTo(acme), signal });
    await expect.poll(() => liveOf(dorado, circle).coming, { interval: 1 }).toBeDefined();
    for (const envelope of await offered(acme, dorado, circle)) {
      await hands(dorado, acme, { circle, envelopes: [envelope] });
      expect(liveOf(dorado, circle).row.state).toBe("current");
    }
    dorado.rooms.changes.ring();
    await joined;
    // And once it is removed again, it knows.
    await sync(dorado, acme, circle);
    await says(acme, circle, "again");
    await sync(acme, dorado, circle);
    const leaving = await offeredAfter(async () => remove(acme.rooms, circle, dorado.rooms.me.id));
    await hands(dorado, acme, { circle, envelopes: leaving });
    expect(liveOf(dorado, circle).row.state).toBe("removed");
  });

  test("takes part in no more circles than a node can serve", async () => {
    for (let index = 0; index < limits.circlesMax; index++) {
      const id = circleId(systemRandom(32));
      dorado.rooms.circles.set(id, openCircle(dorado.rooms, { id, name: "x", joinedAt: 0 }));
    }
    const { line } = await ticketOf(acme);
    expect(await codeOf(line, callTo(acme))).toBe("LIMIT_EXCEEDED");
    expect(liveOf(acme, circle).state.roster?.members.has(dorado.rooms.me.id)).toBe(false);
  });
});

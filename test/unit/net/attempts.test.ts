// Whom to dial when: for ever, later after each failure, and a relayed contact from time to time.

import { describe, expect, it } from "vitest";
import { limits } from "../../../src/base/limits.ts";
import { type Way, createAttempts } from "../../../src/net/attempts.ts";
import type { Mesh } from "../../../src/net/mesh.ts";
import type { Contact } from "../../../src/net/net.ts";
import { transportId } from "../../../src/record/ids.ts";
import { toyCircle, toyMember } from "../../help/fake-host.ts";
import { heldClock } from "../../help/memory-rooms.ts";

const peer = transportId(new Uint8Array(32).fill(7));
const contact: Contact = {
  transport: peer,
  member: toyMember("acme"),
  addresses: ["/ip4/192.0.2.1/tcp/1"],
  circles: [toyCircle("inner")],
};

function stage() {
  const clock = heldClock();
  const contacts = new Map([[peer, contact]]);
  const parts = { clock, contacts, random: () => Uint8Array.of(128), log: () => undefined };
  const attempts = createAttempts({ ...parts, host: { linksChanged: () => undefined } } as unknown as Mesh);
  attempts.contactsChanged();
  const due = (way: Way, reachable = true): number =>
    attempts.due({ way: () => way, reachable: () => reachable }).length;
  return { clock, contacts, attempts, due };
}

describe("a contact", () => {
  it("without any way to it is not dialled", () => {
    expect(stage().due(undefined, false)).toBe(0);
  });

  it("that is never reached is dialled for ever, at most a minute and a half apart", () => {
    const { clock, attempts, due } = stage();
    let dialled = 0;
    for (let second = 0; second < 3_600; second++) {
      if (due(undefined) === 1) {
        dialled += 1;
        attempts.failed(peer, new Error("no"));
      }
      clock.advance(1_000);
    }
    expect(dialled).toBeGreaterThanOrEqual(60);
    expect(dialled).toBeLessThan(80);
  });

  it("that is linked over a relay is dialled directly every five minutes, and at once where it tells other addresses", () => {
    const { clock, contacts, attempts, due } = stage();
    expect(due(undefined)).toBe(1);
    attempts.succeeded(peer);
    expect(due("relayed")).toBe(0);
    clock.advance(limits.directEveryMs - 1);
    expect(due("relayed")).toBe(0);
    clock.advance(1);
    expect(due("relayed")).toBe(1);
    expect(due("relayed")).toBe(0);
    contacts.set(peer, { ...contact, addresses: ["/ip4/192.0.2.2/tcp/1"] });
    attempts.contactsChanged();
    expect([due("direct"), due("relayed")]).toEqual([0, 1]);
  });
});

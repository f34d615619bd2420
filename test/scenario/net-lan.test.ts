// Members on one local network find each other without any address, where both say that they want to; strangers are not dialled.

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { createLan } from "../../src/net/lan.ts";
import type { Mesh } from "../../src/net/mesh.ts";
import type { Contact } from "../../src/net/net.ts";
import { transportId } from "../../src/record/ids.ts";
import { contactOf, toyCircle, toyMember } from "../help/fake-host.ts";
import { type TestNode, isLinked, startTestNode } from "../help/nets.ts";

const circle = toyCircle("inner");
const patient = { timeout: 40_000, interval: 50 };
const idOf = (fill: number): ReturnType<typeof transportId> => transportId(new Uint8Array(32).fill(fill));

/** Whether what this machine says to a group comes back to it. */
async function hearsItself(): Promise<boolean> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  try {
    socket.bind(0);
    await once(socket, "listening");
    socket.addMembership("224.0.0.251");
    const heard = once(socket, "message", { signal: AbortSignal.timeout(1_000) });
    socket.send("there?", socket.address().port, "224.0.0.251");
    await heard;
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}

describe("a local network", () => {
  it("brings two members together that know no address of each other", async () => {
    if (!(await hearsItself())) {
      process.stderr.write("no multicast on this machine: only what is done with an answer is tried\n");
      return;
    }
    await using acme = await startTestNode("acme", { mdns: true });
    await using borealis = await startTestNode("borealis", { mdns: true });
    const knows = (node: TestNode, other: TestNode): void => {
      node.host.joinCircle(circle);
      node.net.setContacts([{ ...contactOf(other.host, other.net, [circle]), addresses: [] }]);
    };
    knows(acme, borealis);
    knows(borealis, acme);
    await expect.poll(() => isLinked(acme, borealis) && isLinked(borealis, acme), patient).toBe(true);
  });

  it("names contacts at local addresses, two of each, and nobody and nothing else", () => {
    const peer = idOf(7);
    const contact: Contact = { transport: peer, member: toyMember("acme"), addresses: [], circles: [circle] };
    const contacts = new Map([[peer, contact]]);
    let changes = 0;
    const lan = createLan({ contacts } as unknown as Mesh, () => void (changes += 1));
    lan.heard(idOf(8), ["/ip4/192.168.1.8/tcp/1"]);
    lan.heard(undefined, ["/ip4/192.168.1.8/tcp/1"]);
    lan.heard(peer, [
      "/ip4/203.0.113.7/tcp/1",
      "/dns4/x.example/tcp/1",
      "/ip4/192.168.1.7/tcp/0",
      "/ip4/10.0.0.1/udp/1",
    ]);
    expect([lan.found(idOf(8)), lan.found(peer), changes]).toEqual([[], [], 0]);
    for (const host of [1, 2, 3, 3]) lan.heard(peer, [`/ip4/192.168.1.${host}/tcp/7443`]);
    expect(lan.found(peer)).toEqual(["/ip4/192.168.1.3/tcp/7443", "/ip4/192.168.1.2/tcp/7443"]);
    expect(changes).toBe(3);
    contacts.clear();
    lan.forgetStrangers();
    expect(lan.found(peer)).toEqual([]);
  });
});

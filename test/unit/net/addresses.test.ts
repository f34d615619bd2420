// Names and addresses at libp2p's door.

import { describe, expect, it } from "vitest";
import { multiaddr } from "@multiformats/multiaddr";
import { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import { limits } from "../../../src/base/limits.ts";
import { dialTargets, peerIdOf, tellable, transportOf } from "../../../src/net/addresses.ts";
import { transportId } from "../../../src/record/ids.ts";

const idOf = async (fill: number): Promise<ReturnType<typeof transportId>> =>
  transportId((await generateKeyPairFromSeed("Ed25519", new Uint8Array(32).fill(fill))).publicKey.raw);

describe("peer ids", () => {
  it("are transport keys written differently", async () => {
    const id = await idOf(1);
    expect(transportOf(peerIdOf(id))).toBe(id);
    expect(peerIdOf(id).toString()).toMatch(/^12D3Koo/);
  });
});

describe("addresses to dial", () => {
  it("keep their order, are bound to the peer, and lose what is no address", async () => {
    const peer = peerIdOf(await idOf(1));
    const targets = dialTargets(["/ip4/192.0.2.1/tcp/1", "nonsense", "", "/dns4/node.example/tcp/2"], peer);
    expect(targets.map(String)).toEqual([
      `/ip4/192.0.2.1/tcp/1/p2p/${peer.toString()}`,
      `/dns4/node.example/tcp/2/p2p/${peer.toString()}`,
    ]);
  });

  it("are bounded", () => {
    const many = Array.from({ length: 50 }, (_, index) => `/ip4/192.0.2.1/tcp/${index + 1}`);
    expect(dialTargets(many)).toHaveLength(limits.addressesPerMemberMax);
  });
});

describe("addresses to tell", () => {
  it("leave out loopback and link-local ones where there are others", async () => {
    const peer = peerIdOf(await idOf(1));
    const own = [
      "/ip4/127.0.0.1/tcp/7",
      "/ip6/::1/tcp/7",
      "/ip6/fe80::1/tcp/7",
      `/ip4/192.0.2.1/tcp/7/p2p/${peer.toString()}`,
    ];
    expect(tellable(own.map((address) => multiaddr(address)))).toEqual(["/ip4/192.0.2.1/tcp/7"]);
  });

  it("are loopback ones where there is nothing else", () => {
    expect(tellable([multiaddr("/ip4/127.0.0.1/tcp/7")])).toEqual(["/ip4/127.0.0.1/tcp/7"]);
  });
});

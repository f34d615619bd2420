// A member that spends what others have: valid records, made so that they cost their readers time, memory or each other's trust.

import { beforeEach, describe, expect, test } from "vitest";
import { encodeCbor } from "../../src/base/cbor.ts";
import { limits } from "../../src/base/limits.ts";
import { systemRandom } from "../../src/base/random.ts";
import { decodeAddresses, encodeAddresses } from "../../src/circle/notice.ts";
import { openCircle, promote, remove, shownEpoch } from "../../src/node/membership.ts";
import { presentCircle } from "../../src/api/present-circle.ts";
import { type CircleId, laneFor, type LaneId } from "../../src/record/ids.ts";
import type { SignedRecord } from "../../src/record/record.ts";
import { mintEpoch } from "../../src/seal/epoch.ts";
import { after, draftOf, forgeClear, startOf } from "../help/forge.ts";
import {
  admits,
  allOf,
  circleOfParties,
  hands,
  liveOf,
  type Party,
  party,
  picture,
  prekeysOf,
  says,
  sync,
} from "../help/memory-rooms.ts";
import { refusalOf } from "../help/refusal.ts";

let acme: Party;
let borealis: Party;
let mallory: Party;
let circle: CircleId;
beforeEach(async () => {
  [acme, borealis, mallory] = [party("acme"), party("borealis"), party("mallory")];
  circle = await circleOfParties([acme, borealis, mallory]);
});

const sends = async (to: Party, from: Party, ...records: readonly SignedRecord[]): ReturnType<typeof hands> =>
  hands(to, from, { circle, envelopes: records.map(({ bytes }) => bytes) });
/** So many of mallory's next records, one after the other. */
function lane(
  kind: "address" | "epoch",
  count: number,
  bodyOf: (index: number) => Uint8Array,
): readonly SignedRecord[] {
  const draft = draftOf(mallory, circle, kind);
  const records: SignedRecord[] = [];
  for (let index = 0; index < count; index++) {
    const last = records.at(-1);
    const place = last ? after(last) : {};
    const wraps = kind === "epoch" ? [new Uint8Array(1)] : undefined;
    records.push(forgeClear(mallory, { ...draft, ...place }, bodyOf(index), wraps));
  }
  return records;
}
const laneOf = ([first]: readonly SignedRecord[]): LaneId => {
  if (!first) throw new Error("a record");
  return first.header.lane;
};
const address = (port: number): Uint8Array =>
  encodeAddresses({ addresses: [`/ip4/192.0.2.1/tcp/${port}`], relay: false });

describe("a member that names what it has seen in ever new ways", () => {
  test("R8: names a change together with what that change had seen, and is refused before it costs an evaluation", async () => {
    const { graph, memo } = liveOf(acme, circle).state;
    const [genesis] = graph.ops.keys();
    if (!genesis) throw new Error("a genesis");
    const rosterHeads = [...graph.heads, genesis].sort();
    const rosters = memo.recent.size;
    expect(
      await sends(acme, mallory, forgeClear(mallory, draftOf(mallory, circle, "address", { rosterHeads }), address(1))),
    ).toEqual([{ kind: "refused", verdict: "reject", reason: "RECORD_MALFORMED" }]);
    expect(memo.recent.size).toBe(rosters);
  });
});

describe("a member that tells different things to different members", () => {
  /** Two lanes of one name: `count` records each, of which no two are alike. */
  const fork = (count: number): readonly (readonly SignedRecord[])[] =>
    [1, 2].map((side) => lane("address", count, (index) => address(side * 1_000 + index)));

  test("R7: goes on with both sides of a fork, and whoever relays either side is not to blame", async () => {
    const [left = [], right = []] = fork(3);
    await sends(acme, mallory, ...left.slice(0, 1));
    await sends(borealis, mallory, ...right);
    const arrivals = await sync(borealis, acme, circle);
    expect(arrivals).toContainEqual({ kind: "refused", verdict: "ignore", reason: "RECORD_FORKED" });
    expect(arrivals.some((arrival) => arrival.kind === "refused" && arrival.verdict === "reject")).toBe(false);
  });

  test("opens more lanes than it may, others to each, and nobody blames the messenger", async () => {
    const lanes = Array.from({ length: limits.lanesPerMemberMax + 2 }, () => {
      const lane = laneFor(mallory.rooms.me.id, systemRandom);
      return forgeClear(mallory, draftOf(mallory, circle, "address", startOf(mallory, lane)), address(1));
    });
    await sends(acme, mallory, ...lanes.slice(0, limits.lanesPerMemberMax));
    await sends(borealis, mallory, ...lanes.slice(2));
    const arrivals = await sync(borealis, acme, circle);
    expect(arrivals).toContainEqual({ kind: "refused", verdict: "ignore", reason: "LANES_EXCEEDED" });
    expect(arrivals.some((arrival) => arrival.kind === "refused" && arrival.verdict === "reject")).toBe(false);
  });
});

describe("a member whose clock says what no calendar has", () => {
  test("mints the epoch of the circle in the year 287,000, and the circle is shown all the same", async () => {
    const minted = await mintEpoch({
      ...{ circle, minter: mallory.rooms.me.id, suite: 1, depth: 99, fresh: systemRandom(32), parentSecrets: [] },
      prekeys: [...(liveOf(mallory, circle).state.roster?.members.values() ?? [])].map(({ prekey }) => prekey),
    });
    const draft = draftOf(mallory, circle, "epoch", { at: Number.MAX_SAFE_INTEGER });
    const record = forgeClear(mallory, draft, minted.body, minted.wraps);
    expect(await sends(acme, mallory, record)).toEqual([
      { kind: "refused", verdict: "reject", reason: "RECORD_MALFORMED" },
    ]);
    expect(presentCircle(acme.rooms, liveOf(acme, circle)).name).toBe("retail-eu");
  });

  test("as a steward opens a ticket until then, and the list of tickets is shown all the same", async () => {
    await promote(acme.rooms, circle, mallory.rooms.me.id);
    await sync(acme, mallory, circle);
    const notice = { op: "open", ticket: systemRandom(32), for: "x", expires: Number.MAX_SAFE_INTEGER };
    await sends(acme, mallory, forgeClear(mallory, draftOf(mallory, circle, "invite"), encodeCbor(notice)));
    expect(liveOf(acme, circle).state.invites.size).toBe(0);
  });
});

describe("a member that floods", () => {
  test("with control records, and each costs its readers as little as the first", async () => {
    const records = lane("address", 3_000, address);
    const before = liveOf(acme, circle).state;
    expect((await sends(acme, mallory, ...records)).every(({ kind }) => kind === "kept")).toBe(true);
    const { state } = liveOf(acme, circle);
    const sizes = (of: typeof state): readonly number[] =>
      Object.values(of).map((value) => (value instanceof Map ? value.size : 0));
    // Only the lane of mallory and its one address may be new.
    const grown =
      sizes(state).reduce((sum, size) => sum + size, 0) - sizes(before).reduce((sum, size) => sum + size, 0);
    expect(grown).toBeLessThanOrEqual(2);
  });

  test("R68: keeps nobody waiting who comes after it: it gives way in the middle of what it sent", async () => {
    const records = lane("address", 400, address);
    const honest = forgeClear(borealis, draftOf(borealis, circle, "address"), address(1));
    const held = (): number => liveOf(acme, circle).state.lanes.get(laneOf(records))?.length ?? 0;
    const before = held();
    const flood = sends(acme, mallory, ...records);
    expect(await sends(acme, borealis, honest)).toEqual([{ kind: "kept" }]);
    expect(held() - before).toBeLessThanOrEqual(32);
    expect((await flood).every(({ kind }) => kind === "kept")).toBe(true);
  });

  test("R68: has its own pages taken in their order, though others come between", async () => {
    const records = lane("address", 192, address);
    const pages = [records.slice(0, 64), records.slice(64, 128), records.slice(128)].map((page) =>
      sends(acme, mallory, ...page),
    );
    const honest = forgeClear(borealis, draftOf(borealis, circle, "address"), address(1));
    await sends(acme, borealis, honest);
    expect((await Promise.all(pages)).flat().every(({ kind }) => kind === "kept")).toBe(true);
  });

  test("with epochs, and loses its own oldest ones, not those of others", async () => {
    await says(acme, circle, "one");
    const honest = shownEpoch(acme.rooms, liveOf(acme, circle))?.id;
    const records = lane("epoch", limits.epochsHeldMax + 5, () => {
      const recipients = [[systemRandom(32), systemRandom(16)]];
      return encodeCbor({ suite: 1, depth: 2, keyCommitment: systemRandom(32), recipients });
    });
    const ids = records.map(({ id }) => id);
    const before = liveOf(acme, circle).state.epochs.size;
    await sends(acme, mallory, ...records);
    const { epochs } = liveOf(acme, circle).state;
    expect(epochs.size).toBe(limits.epochsHeldMax);
    expect(honest !== undefined && epochs.has(honest)).toBe(true);
    expect(ids.filter((id) => !epochs.has(id))).toEqual(ids.slice(0, ids.length + before - limits.epochsHeldMax));
  });
});

describe("a member that tells where it is reached", () => {
  test.each([
    "/unix/run/docker.sock",
    "/ip4/192.0.2.1/tcp/1/p2p/12D3KooW",
    "/dnsaddr/x.example",
    "/ip4/192.0.2.1/udp/1",
    "/ip4/192.0.2.1/tcp/0",
    "/ip4/192.0.2.999/tcp/1",
    "/ip6/fe80::1%eth0/tcp/1",
    "/ip4/192.0.2.1/tcp/1/http",
    "/ip4/192.0.2.1/tcp/1/ws/p2p/12D3KooW",
    "/dns4/x.example/tcp/443/tls/sni/y.example/ws",
    "/dns4/-x.example/tcp/1",
    "/ip4/192.0.2.1/tcp/1/p2p-circuit",
    "/p2p-circuit/p2p/12D3KooW",
  ])("R63: is not followed to %s", async (text) => {
    expect(await refusalOf(() => decodeAddresses(encodeCbor([text])))).toBe("RECORD_BODY_INVALID");
  });

  test.each([
    "/ip4/192.0.2.1/tcp/1",
    "/ip6/2001:db8::1/tcp/7443",
    "/dns4/x.example/tcp/443/tls/ws",
    "/dns/x.example/tcp/80/ws",
  ])("R63: is followed to %s", (text) => {
    expect(decodeAddresses(encodeCbor([text]))).toEqual({ addresses: [text], relay: false });
    expect(decodeAddresses(encodeCbor([text, "/p2p-circuit"]))).toEqual({ addresses: [text], relay: true });
  });
});

describe("a member that was removed and came back", () => {
  test("is written to under the prekey that it came back with, whichever changes turn out to stand", async () => {
    const [cygnus, dorado] = [party("cygnus"), party("dorado")];
    await promote(acme.rooms, circle, borealis.rooms.me.id);
    await admits(acme, dorado, circle);
    await sync(acme, borealis, circle);
    // Acme lets dorado go and takes it back, while borealis removes it: who hears both sides takes it for gone ...
    await remove(acme.rooms, circle, dorado.rooms.me.id);
    await admits(acme, dorado, circle);
    await remove(borealis.rooms, circle, dorado.rooms.me.id);
    cygnus.rooms.circles.set(circle, openCircle(cygnus.rooms, { id: circle, name: "retail-eu", joinedAt: 0 }));
    await hands(cygnus, borealis, { circle, envelopes: await allOf(borealis, circle) });
    await hands(cygnus, acme, { circle, envelopes: await allOf(acme, circle) });
    expect(picture(cygnus, circle)["members"]).toHaveLength(3);
    // ... until it hears that borealis had been removed meanwhile, which annuls what borealis did.
    await remove(acme.rooms, circle, borealis.rooms.me.id);
    await hands(cygnus, acme, { circle, envelopes: await allOf(acme, circle) });
    expect(picture(cygnus, circle)["members"]).toContain(`${dorado.rooms.me.id} undefined`);
    expect(prekeysOf(cygnus, circle)).toEqual(prekeysOf(acme, circle));
  });
});

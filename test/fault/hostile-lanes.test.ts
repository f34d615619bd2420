// A member that begins lane after lane, by itself or for nodes of its org: nobody is parted by those that some keep and others do not.

import { beforeEach, describe, expect, test } from "vitest";
import { issueCertificate, signingKeyFromSeed } from "../../keys/index.ts";
import { encodeCbor } from "../../src/base/cbor.ts";
import { limits } from "../../src/base/limits.ts";
import { systemRandom } from "../../src/base/random.ts";
import { encodeChange } from "../../src/circle/change-codec.ts";
import { signPrekey } from "../../src/circle/prekey.ts";
import { signEnrol } from "../../src/circle/statement.ts";
import { vouch } from "../../src/node/governing.ts";
import { promote, remove } from "../../src/node/membership.ts";
import { openLane } from "../../src/node/new-lane.ts";
import { takeInLanes, waitingLanes } from "../../src/node/take-in.ts";
import { type CircleId, laneFor, memberId, orgId } from "../../src/record/ids.ts";
import type { SignedRecord } from "../../src/record/record.ts";
import { signClear } from "../../src/record/sign.ts";
import { mintEpoch } from "../../src/seal/epoch.ts";
import { generateWrapKeys } from "../../src/seal/hpke.ts";
import { draftOf, forgeClear, startOf } from "../help/forge.ts";
import {
  admits,
  circleOfParties,
  hands,
  hears,
  liveOf,
  type Party,
  party,
  picture,
  prekeysOf,
  says,
  sync,
} from "../help/memory-rooms.ts";
import { seededRandom } from "../help/seeded-random.ts";

let acme: Party;
let borealis: Party;
let mallory: Party;
let circle: CircleId;
beforeEach(async () => {
  [acme, borealis, mallory] = [party("acme"), party("borealis"), party("mallory")];
  circle = await circleOfParties([acme, borealis, mallory]);
});

const sends = async (to: Party, ...records: readonly SignedRecord[]): ReturnType<typeof hands> =>
  hands(to, mallory, { circle, envelopes: records.map(({ bytes }) => bytes) });

const inNewLane = (): ReturnType<typeof startOf> => startOf(mallory, laneFor(mallory.rooms.me.id, systemRandom));
const notice = (): SignedRecord =>
  forgeClear(mallory, draftOf(mallory, circle, "address", inNewLane()), encodeCbor([]));

/** So many records by which one and the same key enrols in mallory's org, each in a lane of its own. */
async function enrolments(count: number): Promise<readonly SignedRecord[]> {
  const org = signingKeyFromSeed(seededRandom("keys of mallory")(32));
  const [key, transport] = [systemRandom(32), systemRandom(32)].map(signingKeyFromSeed);
  if (!org || !key || !transport) throw new Error("three keys");
  const { notBefore, notAfter } = mallory.rooms.me.certificate;
  const of = { org: "mallory", memberKey: key.publicKey, notBefore, notAfter };
  const certificate = issueCertificate({ org, transport }, of);
  const id = memberId(key.publicKey);
  const consent = signEnrol({ circle, certificate, replaces: [] }, org);
  const { publicKey } = await generateWrapKeys(1);
  const member = { certificate, prekey: signPrekey(circle, key, { suite: 1, publicKey }) };
  const body = encodeChange({ op: "enrol", member, replaces: [], cuts: [], consent });
  return Array.from({ length: count }, () => {
    const place = { author: id, lane: laneFor(id, systemRandom), seq: 0, prev: undefined };
    return signClear(draftOf(mallory, circle, "roster", place), { bytes: body }, { key, random: systemRandom });
  });
}

/** Acme and borealis fetch of each other until nothing comes, and hold the same then. */
async function meet(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await sync(acme, borealis, circle);
    await sync(borealis, acme, circle);
  }
}

describe("R57: more lanes than a node keeps of one author", () => {
  test("begun by enrolments of one key, others at each member, part nobody", async () => {
    const records = await enrolments(2 * limits.lanesPerMemberMax);
    await sends(acme, ...records.slice(0, limits.lanesPerMemberMax));
    await sends(borealis, ...records.slice(limits.lanesPerMemberMax));
    await promote(acme.rooms, circle, borealis.rooms.me.id);
    await says(borealis, circle, "from borealis");
    await meet();
    for (const node of [acme, borealis])
      await takeInLanes(node.rooms, circle, waitingLanes(node.rooms, liveOf(node, circle)));
    await says(acme, circle, "from acme");
    await meet();
    expect(await hears(acme, circle)).toEqual(["from acme", "from borealis"]);
    expect(await hears(borealis, circle)).toEqual(["from acme", "from borealis"]);
    expect(picture(acme, circle)).toEqual(picture(borealis, circle));
  });

  test("of which one was taken in by somebody whose word does not count after all, part nobody", async () => {
    const cygnus = party("cygnus");
    await admits(acme, cygnus, circle);
    await sync(acme, cygnus, circle);
    for (const node of [borealis, mallory]) await sync(acme, node, circle);
    await sends(acme, ...Array.from({ length: limits.lanesPerMemberMax }, notice));
    const [here, there] = [borealis, mallory].map((node) => node.rooms);
    if (!here || !there) throw new Error("two nodes");
    await there.turns.take(circle, async () => openLane(there, liveOf(mallory, circle), "accepted"));
    await sync(mallory, borealis, circle);
    await takeInLanes(here, circle, waitingLanes(here, liveOf(borealis, circle)));
    await sync(borealis, mallory, circle);
    await vouch(there, circle, orgId(new Uint8Array(32).fill(7)));
    await sync(mallory, cygnus, circle);
    // Meanwhile its taker is removed: its word counts no more, and what leans on it was heard all the same.
    await remove(acme.rooms, circle, borealis.rooms.me.id);
    for (let round = 0; round < 3; round++) {
      await sync(acme, cygnus, circle);
      await sync(cygnus, acme, circle);
    }
    await says(cygnus, circle, "from cygnus");
    await sync(cygnus, acme, circle);
    expect(await hears(acme, circle)).toEqual(["from cygnus"]);
    expect(liveOf(acme, circle).state.graph.heads).toEqual(liveOf(cygnus, circle).state.graph.heads);
  });

  test("with an epoch in one that others do not keep: nobody seals under what they cannot open", async () => {
    const full = Array.from({ length: limits.lanesPerMemberMax }, notice);
    await sends(acme, ...full);
    const minter = mallory.rooms.me.id;
    const parts = {
      circle,
      minter,
      suite: 1,
      depth: 99,
      prekeys: prekeysOf(mallory, circle),
      parentSecrets: [],
    } as const;
    const minted = await mintEpoch({ ...parts, fresh: systemRandom(32) });
    const draft = draftOf(mallory, circle, "epoch", inNewLane());
    const [arrival] = await sends(borealis, forgeClear(mallory, draft, minted.body, minted.wraps));
    expect(arrival?.kind).toBe("kept");
    await says(borealis, circle, "who else?");
    await meet();
    expect(await hears(acme, circle)).toEqual(["who else?"]);
  });
});

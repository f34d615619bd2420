// A member that floods: it made its records beforehand, as fast as it could sign them, and speaks the protocol by a network
// of its own that keeps no quota. What it costs the others is not its own work on the machine that they share.

import { TocsinError } from "../../src/base/errors.ts";
import { systemClock } from "../../src/base/clock.ts";
import { hkdfExpand } from "../../src/base/digest.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { NetHost } from "../../src/net/net.ts";
import { startNet } from "../../src/net/start.ts";
import { frontierOf } from "../../src/node/frontier.ts";
import { contacts } from "../../src/node/contacts.ts";
import { secretOf } from "../../src/node/epochs.ts";
import { circleNamed, ownLane } from "../../src/node/rooms.ts";
import { nextPlace } from "../../src/feed/lane.ts";
import { type CircleId, idBytes } from "../../src/record/ids.ts";
import { encodePost } from "../../src/record/parse-body.ts";
import { decodeEnvelope } from "../../src/record/wire.ts";
import { sealPost } from "../../src/seal/seal.ts";
import { after } from "./forge.ts";
import { typicalSighting } from "./records.ts";
import type { Org } from "./world.ts";

const TICK_MS = 10;
const WINDOW_RECORDS = 256; // sent ahead of what a reader said it holds: more would not fit on the way

/** A flood that was prepared: the node that floods is linked and quiet until `run`. */
export type Flood = AsyncDisposable & {
  /** Has so many records a second grow on its lane, tells and pushes them to everybody, for so long. Answers how many there were. */
  readonly run: (perSecond: number, forMs: number) => Promise<number>;
};

/** Makes so many records of an organisation that has posted before, ends its node, and stands in its place. */
export async function prepareFlood(org: Org, circle: CircleId, records: number): Promise<Flood> {
  const { rooms, identity } = org;
  const live = circleNamed(rooms, circle);
  const lane = ownLane(rooms, live);
  const last = lane.head && (await rooms.store.envelope(lane.head));
  const epoch = last && decodeEnvelope(last).header.epoch;
  const secret = epoch && secretOf(rooms, epoch);
  if (!epoch || !secret) throw new Error("a flooder has posted before");
  const from = lane.length;
  const made: Uint8Array[] = [];
  const place = nextPlace(lane);
  for (let n = 0; n < records; n++) {
    const header = { circle, kind: "post", epoch, exercise: false, at: rooms.clock.now() } as const;
    const draft = {
      ...header,
      lane: place.lane,
      author: place.author,
      seq: place.seq,
      prev: place.prev,
      rosterHeads: live.state.graph.heads,
    };
    const { record } = sealPost(draft, encodePost(typicalSighting(n)), {
      secret,
      key: rooms.me.key,
      random: systemRandom,
    });
    made.push(record.bytes);
    Object.assign(place, after(record));
  }
  const known = contacts(rooms);
  const frontier = new Map(frontierOf(live.state));
  await org.stop();

  const readers = new Map<string, number>(); // how much of the lane each of them said it holds
  const host: NetHost = {
    circles: () => [{ id: circle, secret: hkdfExpand(idBytes(circle), "tocsin/1 circle secret", 32), gossip: false }],
    frontier: () => frontier,
    wantedFrom: () => frontier,
    heads: () => new Map(),
    contested: () => new Map(),
    ingest: async (_from, _circle, envelopes) => envelopes.map(() => ({ kind: "duplicate" })),
    serve: async function* (_to, _circle, ranges) {
      for (const range of ranges)
        if (range.lane === lane.id) yield* made.slice(Math.max(0, range.from - from), range.to - from);
    },
    offered: async () => Promise.reject(new TocsinError("POST_REFUSED", "no place is taken here")),
    held: async (by, _circle, told) => {
      readers.set(by, told.frontier.get(lane.id) ?? readers.get(by) ?? 0);
      return new Map();
    },
    reseal: refuse,
    join: refuse,
    verify: refuse,
    receipts: () => [],
    heardReceipts: async () => undefined,
    sent: () => undefined,
    linksChanged: () => undefined,
  };
  const net = await startNet(
    { transportSeed: identity.transportSeed, listen: ["/ip4/127.0.0.1/tcp/0"], announce: [], gossip: false },
    host,
    { clock: systemClock, random: systemRandom },
  );
  net.setContacts(known);
  return {
    run: async (perSecond, forMs) => {
      const startedMs = systemClock.monotonic();
      let pushed = 0;
      let grown = 0;
      for (let passedMs = 0; passedMs < forMs; passedMs = systemClock.monotonic() - startedMs) {
        grown = Math.min(records, Math.floor((passedMs / 1_000) * perSecond));
        frontier.set(lane.id, from + grown);
        const held = Math.max(from, ...readers.values()) - from;
        const to = Math.min(grown, held + WINDOW_RECORDS);
        pushed = Math.max(pushed, held);
        const envelopes = made.slice(pushed, to).map((envelope) => ({ id: decodeEnvelope(envelope).id, envelope }));
        // Also where nothing is pushed: it has the frontier told.
        net.push(circle, envelopes);
        pushed = Math.max(pushed, to);
        await systemClock.wait(TICK_MS);
      }
      return grown;
    },
    [Symbol.asyncDispose]: async () => net[Symbol.asyncDispose](),
  };
}

async function refuse(): Promise<never> {
  throw new Error("it answers nothing");
}

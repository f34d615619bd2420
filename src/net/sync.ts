// Catching up: what a peer said it holds beyond what we hold is pulled in pages, each stored durably before the next one
// counts. What is pulled from whom says `sources.ts`; an interrupted pull resumes by itself, because ranges are always computed
// from what we hold now.

import type { Connection } from "@libp2p/interface";
import { nameOf } from "../base/events.ts";
import { limits } from "../base/limits.ts";
import type { CircleId } from "../record/ids.ts";
import type { LaneRange } from "../record/record.ts";
import { deliver } from "./arrivals.ts";
import { FrameStream } from "./frames.ts";
import { type Mesh, type Session, meterOf, shares } from "./mesh.ts";
import { pagesOf } from "./pages.ts";
import { type Busy, begin, bestSource, contestOf, type Source, unstick } from "./sources.ts";
import { CARRIED_BYTES_MAX, decodeExpected, decodeMessage, encodeMessage } from "./wire.ts";

export const SYNC_PROTOCOL = "/tocsin/sync/1";

const PULLS_MAX = 6; // at once
const PULLS_PER_CIRCLE_MAX = 4; // ...
const SHARED_PULLS_MAX = 3; // ... of which one is left, so that what was said just now is not behind a long absence
const SETTLE_MS = 200; // time for pushes already under way, before their records are asked of a third
const STALL_MS = 10_000;
const STUCK_MS = 30_000; // a range that brought nothing is asked for again after this
const BROKEN_MIN_MS = 250; // a pull that broke is made again after this, doubled for each that broke before it, give or take a half, ...
const BROKEN_MAX_MS = 30_000; // ... and this at most
const PULL_MS = 30_000; // one source is listened to for so long, then the others get their turn
const PULL_PAGES = 64; // or for so many pages: meanwhile somebody else may have come who takes a share
const PAGE_BYTES = Math.min(limits.syncPageBytes, CARRIED_BYTES_MAX);

export type Puller = {
  /** Fetches what the circle's linked members hold beyond us; `soon` first gives pushes under way time to arrive. */
  readonly want: (circle: CircleId, when: "now" | "soon") => void;
  /** The same, and of those lanes too of which the last pull brought nothing. */
  readonly retry: (circle: CircleId, when: "now" | "soon") => void;
};

/** The puller of a network; it owns no resource but the tasks that it runs. */
export function createPuller(mesh: Mesh): Puller {
  const waiting = new Map<CircleId, "now" | "soon">(); // at most one entry a circle
  const running: CircleId[] = []; // one entry a pull
  const busy: Busy = { lanes: new Map(), sending: new Set(), retries: 0 };

  const start = (): void => {
    for (const [circle, when] of waiting) {
      if (running.length >= PULLS_MAX) return;
      if (running.filter((one) => one === circle).length >= PULLS_PER_CIRCLE_MAX) continue;
      waiting.delete(circle);
      running.push(circle);
      mesh.run("pull", async () => {
        try {
          if (when === "soon") await mesh.clock.wait(SETTLE_MS, mesh.closed);
          await pullAll(mesh, circle, { busy, share: () => share(circle), later });
        } finally {
          running.splice(running.indexOf(circle), 1);
          start();
        }
      });
    }
  };

  /** Has another source send, beside those that do, what they leave to it. */
  const share = (circle: CircleId): void => {
    if (running.filter((one) => one === circle).length >= SHARED_PULLS_MAX) return;
    if (!bestSource(mesh, circle, { busy })) return;
    waiting.set(circle, "now");
    start();
  };

  /** Lets a source whose pull broke be for a while, and asks again then. */
  const later = (session: Session): void => {
    const fullMs = Math.min(BROKEN_MAX_MS, BROKEN_MIN_MS * 2 ** session.pullsBroken);
    session.pullsBroken += 1;
    session.isLeftAlone = true;
    mesh.run("pull", async () => {
      await mesh.clock.wait(fullMs * (0.5 + (mesh.random(1)[0] ?? 0) / 256), mesh.closed);
      session.isLeftAlone = false;
      for (const circle of session.theirs.keys()) want(circle, "now");
    });
  };

  const want: Puller["want"] = (circle, when) => {
    if (!bestSource(mesh, circle, { busy })) return;
    waiting.set(circle, waiting.get(circle) === "now" ? "now" : when);
    start();
  };
  return {
    want,
    retry: (circle, when) => {
      busy.retries += 1;
      for (const session of mesh.sessions.values()) unstick(session, circle);
      want(circle, when);
    },
  };
}

/** Pulls from one source after the other until none has more that it would give. */
async function pullAll(
  mesh: Mesh,
  circle: CircleId,
  {
    busy,
    share,
    later,
  }: { readonly busy: Busy; readonly share: () => void; readonly later: (session: Session) => void },
): Promise<void> {
  let moved = false;
  let last: Session | undefined;
  while (!mesh.closed.aborted) {
    // In turn: whoever claims most would be asked first for ever.
    const source: Source | undefined =
      bestSource(mesh, circle, { busy, except: last }) ?? bestSource(mesh, circle, { busy });
    if (source) {
      last = source.session;
      const end = begin(busy, source);
      if (source.left) share();
      try {
        moved = (await pullFrom(mesh, circle, { source, busy, later })) || moved;
      } finally {
        end();
      }
    } else if (moved) {
      // What was refused first may be welcome now: a member's records, once the record that admits it has come.
      // Only progress of our own pulls counts, or a busy circle would have a refused lane asked for without end.
      moved = false;
      for (const session of mesh.sessions.values()) unstick(session, circle);
    } else return;
  }
}

/** One pull from one source. Says whether any of its lanes moved, and marks those that did not, unless it broke. */
async function pullFrom(
  mesh: Mesh,
  circle: CircleId,
  { source, busy, later }: { readonly source: Source; readonly busy: Busy; readonly later: (session: Session) => void },
): Promise<boolean> {
  const { session, ranges } = source;
  const { retries } = busy;
  const before = mesh.host.wantedFrom(circle);
  const contested = mesh.host.contested(circle);
  let [isCut, isBroken] = [false, false];
  try {
    const sides = ranges.filter(({ lane }) => contestOf(session, lane, contested));
    isCut = await pull(mesh, session, { circle, ranges, isContested: sides.length > 0 });
    for (const { lane, from, to } of sides) {
      const seen = session.sides.get(lane);
      session.sides.set(lane, { from: Math.min(from, seen?.from ?? from), to });
      session.doubts.delete(lane);
    }
  } catch (cause) {
    // Abandoned, not forgotten: the next source is tried, and this one again soon.
    isBroken = true;
    mesh.log("pull-failed", { peer: session.peer.slice(0, 8), reason: nameOf(cause) });
  }
  const ours = mesh.host.wantedFrom(circle);
  const untilMs = mesh.clock.monotonic() + STUCK_MS;
  let moved = false;
  for (const { lane, from } of ranges) {
    if ((ours.get(lane) ?? 0) > (before.get(lane) ?? 0)) {
      moved = true;
      session.stuck.delete(lane);
    } else if (!isCut && !isBroken && retries === busy.retries) session.stuck.set(lane, { from, untilMs });
  }
  if (moved || !isBroken) session.pullsBroken = 0;
  if (isBroken && !session.ended.signal.aborted) later(session);
  return moved;
}

/**
 * One pull: asks for the ranges and stores page after page. Of the two that are here at most, one is stored while the
 * signatures of the other are checked; a third is under way. Answers whether it was cut after PULL_PAGES, and says nothing
 * of what did not come.
 */
async function pull(
  mesh: Mesh,
  session: Session,
  asked: { readonly circle: CircleId; readonly ranges: readonly LaneRange[]; readonly isContested: boolean },
): Promise<boolean> {
  const { circle, ranges, isContested } = asked;
  await using frames = await openFrames(mesh, session.connection, { protocol: SYNC_PROTOCOL, peer: session });
  const untilMs = mesh.clock.monotonic() + PULL_MS;
  await frames.write(encodeMessage({ kind: "want", circle, ranges }), stall(session));
  let storing: Promise<Stored> | undefined;
  try {
    for (let pages = 1; ; pages++) {
      const message = decodeMessage(await frames.read(stall(session)));
      if (message.kind === "end") break;
      if (message.kind !== "page") throw new Error("a pull brings pages");
      // The sides of a forked lane are fetched whole or not at all.
      const isCut = pages >= PULL_PAGES && !isContested;
      // Asked for before this page is stored: the link and the disk work at the same time.
      if (!isCut) await frames.write(encodeMessage({ kind: "more" }), stall(session));
      const before = storing;
      storing = storePage(mesh, session, { circle, envelopes: message.envelopes, isContested });
      const stored = await before;
      if (stored?.failure !== undefined) throw stored.failure;
      if (stored?.isLast === true || mesh.clock.monotonic() > untilMs) return false;
      if (!isCut) continue;
      const last = await storing;
      if (last.failure !== undefined) throw last.failure;
      await frames.finish(stall(session));
      return !last.isLast;
    }
    const stored = await storing;
    if (stored?.failure !== undefined) throw stored.failure;
  } finally {
    // Whoever reads the frontier after this pull sees what it brought.
    await storing;
  }
  await frames.finish(stall(session));
  return false;
}

/** What became of a page: whether more of them are of no use, or why it could not be stored. */
type Stored = { readonly isLast: boolean; readonly failure?: unknown };

/** Never rejects: its failure is read when its turn has come. */
async function storePage(
  mesh: Mesh,
  session: Session,
  page: { readonly circle: CircleId; readonly envelopes: readonly Uint8Array[]; readonly isContested: boolean },
): Promise<Stored> {
  try {
    const { isContested, ...arrived } = page;
    const tally = await deliver(mesh, session, { ...arrived, path: "sync" });
    // A page of which nothing was new will hardly be followed by a better one; the next pull asks for what is lacking then.
    // Of a forked lane what is held and what is refused lies before the rest of the other side.
    const isVain = tally.kept === 0 && !(isContested && tally.forked + tally.duplicates > 0);
    return { isLast: tally.blame !== undefined || isVain };
  } catch (failure) {
    return { isLast: true, failure };
  }
}

/** Serves a pull: pages as the reader asks for them, one ahead. */
export async function servePull(mesh: Mesh, session: Session, frames: FrameStream): Promise<void> {
  const { circle, ranges } = decodeExpected("want", await frames.read(stall(session)));
  if (shares(mesh, session, circle)) {
    for await (const envelopes of pagesOf(mesh.host.serve(session.member, circle, ranges), PAGE_BYTES)) {
      mesh.counters.syncServed += envelopes.length;
      await frames.write(encodeMessage({ kind: "page", envelopes }), stall(session));
      mesh.host.sent(session.member, circle, envelopes);
      const [more] = await frames.readSome(stall(session));
      // Whoever ends its side has enough for now.
      if (!more) return frames.finish(stall(session));
      decodeExpected("more", more);
    }
  }
  await frames.write(encodeMessage({ kind: "end" }), stall(session));
  await frames.finish(stall(session));
}

/** A stream of ours on a connection, framed and counted. */
export async function openFrames(
  mesh: Mesh,
  connection: Connection,
  options: { readonly protocol: string; readonly peer: Pick<Session, "peer" | "ended"> },
): Promise<FrameStream> {
  const signal = stall(options.peer);
  const stream = await connection.newStream(options.protocol, { signal });
  return new FrameStream(stream, meterOf(mesh, options.peer.peer, connection));
}

/** Aborts when the session ends, or when the peer does nothing for too long. */
export const stall = (session: Pick<Session, "ended">): AbortSignal =>
  AbortSignal.any([session.ended.signal, AbortSignal.timeout(STALL_MS)]);

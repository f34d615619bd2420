// The story of the demonstration, and what it proves: every delivery that was promised is looked for in the stores.

import { systemClock } from "../base/clock.ts";
import type { PostBody } from "../record/body.ts";
import type { CircleId, RecordId } from "../record/ids.ts";
import { parseIndicator } from "../record/indicator.ts";
import type { Tlp } from "../record/marking.ts";
import { remove } from "../node/membership.ts";
import { post } from "../node/post.ts";
import type { Rooms } from "../node/rooms.ts";
import { type Actor, DEMO_ORGS, type DemoOrg, openStage, playing, type Stage } from "./demo.ts";

export type StoryReport = {
  readonly schema: "tocsin.demo/1";
  readonly orgs: number;
  readonly posted: number;
  /** Items times readers that must hold them, decrypted. */
  readonly promised: number;
  readonly delivered: number;
  readonly missing: number;
  /** From the call of `post` to decrypted and fsynced at another member, live posts only. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly samples: number };
  readonly catchUp: { readonly org: string; readonly records: number; readonly tookMs: number };
  readonly removed: { readonly org: string; readonly postedAfter: number; readonly readable: number };
  readonly tookMs: number;
};

const CIRCLE = "retail-eu";
const AWAY_SIGHTINGS = 200;
const LIVE_SIGHTINGS = 40;
const PROMISE_MS = 20_000;

/** Plays the story once; `tell` gets a line for each scene. The stage is gone when this resolves. */
export async function playStory(options: {
  readonly tell: (line: string) => void;
  readonly log: (event: string, fields: object) => void;
  readonly signal?: AbortSignal;
}): Promise<StoryReport> {
  const started = systemClock.monotonic();
  await using stage = await openStage(options.log);
  const ledger = new Ledger(stage);
  const { tell, signal } = options;
  const next = (line: string): void => {
    signal?.throwIfAborted();
    tell(line);
  };

  const { row } = await stage.assemble(CIRCLE);
  next(`five organisations founded and joined the circle ${CIRCLE}: ${DEMO_ORGS.join(", ")}`);
  await livePosts(ledger, row.id);
  next(`${LIVE_SIGHTINGS} sightings, an alert with its acknowledgements and a reply went to every member`);
  const catchUp = await comeBack(stage, ledger, row.id);
  next(
    `umbrella was away while ${catchUp.records} records were posted, came back and fetched them in ${catchUp.tookMs} ms`,
  );
  const removed = await takeOut(stage, ledger, row.id);
  next(`initech was removed; of the ${removed.postedAfter} records posted since it can read ${removed.readable}`);

  const delivered = await ledger.delivered();
  const { posted, promised } = ledger;
  const tookMs = Math.round(systemClock.monotonic() - started);
  return {
    schema: "tocsin.demo/1",
    orgs: DEMO_ORGS.length,
    posted,
    promised,
    delivered,
    missing: promised - delivered,
    latencyMs: ledger.latency(),
    catchUp,
    removed,
    tookMs,
  };
}

/** Whether everything that the story promises was found true. */
export function storyHolds(report: StoryReport): boolean {
  return report.missing === 0 && report.removed.readable === 0 && report.catchUp.records > 0;
}

async function livePosts(ledger: Ledger, circle: CircleId): Promise<void> {
  for (let turn = 0; turn < LIVE_SIGHTINGS; turn++) {
    const org = DEMO_ORGS[turn % DEMO_ORGS.length] ?? "acme-bank";
    await ledger.live(
      circle,
      org,
      sighting(`ip:203.0.113.${turn + 1}`, "VPN portal password spray from a rented server", "green"),
    );
  }
  const alert = await ledger.live(circle, "northwind", {
    kind: "alert",
    tlp: "amber+strict",
    seat: "sam",
    title: 'OAuth consent phish "DocuShare Sync"',
    text: "Consent app asks for Mail.Read and offline_access. Revoke it tenant-wide.",
    indicators: [parseIndicator("domain:docushare-sync.example")],
    techniques: ["T1528"],
    severity: "severe",
    urgency: "immediate",
    certainty: "observed",
  });
  for (const org of ["acme-bank", "globex"] as const)
    await ledger.live(circle, org, { kind: "ack", tlp: "amber+strict", seat: "kim", re: alert });
  await ledger.live(circle, "globex", {
    kind: "reply",
    tlp: "amber+strict",
    seat: "li",
    re: alert,
    text: "Blocked here since 09:00, two users had consented.",
  });
}

async function comeBack(stage: Stage, ledger: Ledger, circle: CircleId): Promise<StoryReport["catchUp"]> {
  const { umbrella } = stage.actors;
  await stage.leave(umbrella);
  for (const org of ["acme-bank", "northwind"] as const) {
    const bodies = Array.from({ length: AWAY_SIGHTINGS / 2 }, (_, index) =>
      sighting(`domain:c2-${org}-${index}.example`, "beacon of the same kit", "amber"),
    );
    await ledger.post(circle, org, bodies, DEMO_ORGS);
  }
  const backAt = systemClock.monotonic();
  await stage.enter(umbrella);
  await ledger.holdsAll(umbrella);
  return { org: umbrella.org, records: AWAY_SIGHTINGS, tookMs: Math.round(systemClock.monotonic() - backAt) };
}

async function takeOut(stage: Stage, ledger: Ledger, circle: CircleId): Promise<StoryReport["removed"]> {
  const { initech } = stage.actors;
  await remove(playing(stage.actors["acme-bank"]).rooms, circle, playing(initech).rooms.me.id);
  const staying = DEMO_ORGS.filter((org) => org !== "initech");
  const after: RecordId[] = [];
  for (let index = 0; index < 10; index++) {
    after.push(
      ...(await ledger.post(
        circle,
        "acme-bank",
        [sighting(`ip:198.51.100.${index + 1}`, "insider knew about this one", "amber+strict")],
        staying,
      )),
    );
  }
  for (const org of staying) await ledger.holdsAll(stage.actors[org]);
  const readable = await heldBy(playing(initech).rooms, after);
  return { org: "initech", postedAfter: after.length, readable };
}

function sighting(indicator: string, text: string, tlp: Tlp): PostBody {
  return { kind: "sighting", tlp, seat: "kim", text, indicators: [parseIndicator(indicator)], techniques: [] };
}

async function heldBy(rooms: Rooms, ids: readonly RecordId[]): Promise<number> {
  let held = 0;
  for (const id of ids) if (await rooms.store.item(id)) held += 1;
  return held;
}

/** What was posted and to whom it was promised; nothing is taken from the sender's word, everything from the readers' stores. */
class Ledger {
  posted = 0;
  promised = 0;
  private readonly promises = new Map<DemoOrg, RecordId[]>();
  private readonly latencies: number[] = [];
  private readonly stage: Stage;

  constructor(stage: Stage) {
    this.stage = stage;
  }

  async post(
    circle: CircleId,
    org: DemoOrg,
    bodies: readonly PostBody[],
    readers: readonly DemoOrg[],
  ): Promise<readonly RecordId[]> {
    const { rooms } = playing(this.stage.actors[org]);
    const ids = (
      await post(
        rooms,
        circle,
        bodies.map((body) => ({ body, exercise: true })),
      )
    ).map(({ id }) => id);
    this.posted += ids.length;
    for (const reader of readers) {
      if (reader === org) continue;
      this.promised += ids.length;
      this.promises.set(reader, [...(this.promises.get(reader) ?? []), ...ids]);
    }
    return ids;
  }

  /** One post, timed until each other member that is on the stage holds it. */
  async live(circle: CircleId, org: DemoOrg, body: PostBody): Promise<RecordId> {
    const readers = DEMO_ORGS.filter((other) => other !== org);
    const from = systemClock.monotonic();
    const [id] = await this.post(circle, org, [body], DEMO_ORGS);
    if (!id) throw new Error("assertion failed: a post makes a record");
    await Promise.all(
      readers.map(async (reader) => {
        if (await arrives(playing(this.stage.actors[reader]).rooms, id))
          this.latencies.push(systemClock.monotonic() - from);
      }),
    );
    return id;
  }

  /** Waits until an actor holds what it was promised, or the time for it is over: then it counts as missing. */
  async holdsAll(actor: Actor): Promise<void> {
    const { rooms } = playing(actor);
    for (const id of this.promises.get(actor.org) ?? []) if (!(await arrives(rooms, id))) return;
  }

  async delivered(): Promise<number> {
    let delivered = 0;
    for (const [org, ids] of this.promises) {
      await this.holdsAll(this.stage.actors[org]);
      delivered += await heldBy(playing(this.stage.actors[org]).rooms, ids);
    }
    return delivered;
  }

  latency(): StoryReport["latencyMs"] {
    const sorted = [...this.latencies].sort((left, right) => left - right);
    const at = (share: number): number =>
      Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN) * 10) / 10;
    return { p50: at(0.5), p95: at(0.95), samples: sorted.length };
  }
}

/** Whether a node holds an item, opened, before the promised time is over. */
async function arrives(rooms: Rooms, id: RecordId): Promise<boolean> {
  const late = AbortSignal.timeout(PROMISE_MS);
  for (;;) {
    const seen = rooms.items.count();
    if (await rooms.store.item(id)) return true;
    try {
      await rooms.items.after(seen, late);
    } catch (cause) {
      if (late.aborted) return false;
      throw cause;
    }
  }
}

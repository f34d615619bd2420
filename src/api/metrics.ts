// What this node is, as numbers for Prometheus: text format 0.0.4, written here because it is a page long and a library would bring
// a registry of its own. No label names anybody: paths, states and codes only.

import type { EventLoopDelay } from "./loop-delay.ts";
import type { Rooms } from "../node/rooms.ts";
import { recordAt } from "../node/forks.ts";
import { queuedFor } from "./delivery.ts";

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];
type Family = {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  readonly samples: readonly Sample[];
};

/** What the exposition is sent as. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Everything that is measured, as it is now. */
export async function presentMetrics(rooms: Rooms, delay: EventLoopDelay): Promise<string> {
  const lives = [...rooms.circles.values()];
  const links = rooms.net().links();
  const net = rooms.net().counters();
  const { observed } = rooms;
  const intake = [...observed.intake()];
  const states = ["linked", "dialling", "refused", "idle"] as const;
  const lag = delay.read();
  const skewMs = observed.clockSkewMs();
  const families: readonly Family[] = [
    gauge(
      "links",
      "Members by the state of their link",
      ...states.map((state): Sample => [{ state }, links.filter((link) => link.state === state).length]),
    ),
    gauge(
      "cut_off_members",
      "Members not linked because they sent more than their quota",
      one(rooms.quotas.flooders().length),
    ),
    counter(
      "records_sent_total",
      "Records sent, by path",
      [{ path: "push" }, net.pushSent],
      [{ path: "sync" }, net.syncServed],
      [{ path: "gossip" }, net.gossipPublished],
    ),
    counter(
      "records_received_total",
      "Records received, by path",
      [{ path: "push" }, net.pushReceived],
      [{ path: "sync" }, net.syncReceived],
      [{ path: "gossip" }, net.gossipReceived],
    ),
    counter(
      "bytes_total",
      "Bytes on the wire, by direction",
      [{ direction: "out" }, net.bytesSent],
      [{ direction: "in" }, net.bytesReceived],
    ),
    counter("duplicates_total", "Records that came although they were held", one(net.duplicates)),
    counter(
      "refused_total",
      "Records refused, by code",
      ...[...observed.refused()].map(([code, count]): Sample => [{ code }, count]),
    ),
    counter("gaps_total", "Records that came before others that they lean on", one(observed.gaps())),
    counter("strangers_refused_total", "Connections of peers that may not connect", one(net.strangersRefused)),
    counter(
      "ingest_batches_total",
      "Batches taken in, by path; of sync each is a page",
      ...intake.map(([path, { batches }]): Sample => [{ path }, batches]),
    ),
    counter(
      "ingest_seconds_total",
      "Time that batches took until they were durable, by path",
      ...intake.map(([path, { seconds }]): Sample => [{ path }, seconds]),
    ),
    gauge(
      "push_queue_bytes",
      "Bytes pushed and not acknowledged yet, over all links",
      one(links.reduce((sum, { queuedBytes = 0 }) => sum + queuedBytes, 0)),
    ),
    gauge(
      "drafts",
      "Posts held until the own lane is confirmed",
      one(lives.reduce((sum, { drafts }) => sum + drafts, 0)),
    ),
    gauge(
      "undelivered_oldest_seconds",
      "Age of the oldest own record that a member is not known to hold; 0 where there is none",
      one(await oldestUndelivered(rooms)),
    ),
    gauge("epochs_held", "Epoch secrets in the keyring", one(rooms.keyring.value().epochs.size)),
    gauge("store_bytes", "Size of the store on disk", one(await rooms.store.size())),
    gauge(
      "event_loop_lag_seconds",
      "Delay of the event loop since the last reading",
      [{ quantile: "0.5" }, lag.p50Ms / 1_000],
      [{ quantile: "0.99" }, lag.p99Ms / 1_000],
      [{ quantile: "1" }, lag.maxMs / 1_000],
    ),
    gauge("resident_memory_bytes", "Memory of the process", one(process.memoryUsage.rss())),
    gauge(
      "clock_skew_seconds",
      "Our clock ahead of the median of the members",
      ...(skewMs === undefined ? [] : [one(skewMs / 1_000)]),
    ),
  ];
  return families.map(textOf).join("");
}

const one = (value: number): Sample => [{}, value];
const gauge = (name: string, help: string, ...samples: readonly Sample[]): Family => ({
  name,
  type: "gauge",
  help,
  samples,
});
const counter = (name: string, help: string, ...samples: readonly Sample[]): Family => ({
  name,
  type: "counter",
  help,
  samples,
});

function textOf({ name, type, help, samples }: Family): string {
  const full = `tocsin_${name}`;
  const rows = samples.map(([labels, value]) => {
    const named = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
    return `${full}${named.length > 0 ? `{${named.join(",")}}` : ""} ${value}\n`;
  });
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${rows.join("")}`;
}

/** How long ago the oldest own record was posted that some member of its circle is not known to hold, in seconds. */
async function oldestUndelivered(rooms: Rooms): Promise<number> {
  let oldestS = 0;
  for (const live of rooms.circles.values()) {
    const own = live.state.lanes.get(live.row.lane);
    const others = [...(live.state.roster?.members.keys() ?? [])].filter((member) => member !== rooms.me.id);
    const queued = Math.max(0, ...others.map((member) => queuedFor(rooms, live, member)));
    if (!own || queued === 0) continue;
    const record = await recordAt(rooms, live.row.id, { lane: own.id, seq: own.length - queued });
    if (record) oldestS = Math.max(oldestS, (rooms.clock.now() - record.header.at) / 1_000);
  }
  return oldestS;
}

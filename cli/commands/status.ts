// `status`: one screen on how this node is.

import type { StatusDocument } from "../../src/api/documents.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { Input } from "../command.ts";
import type { statusFlags } from "../flags.ts";
import { withDaemon, type Invocation } from "../invocation.ts";
import { safeText } from "../safe-text.ts";

const CLOCK_SKEW_MS = 120_000;
const WATCH_MS = 1_000;

export async function status(call: Invocation, { options }: Input<typeof statusFlags>): Promise<void> {
  const document = await withDaemon(call, async (client) => {
    for (let told = ""; ; await systemClock.wait(WATCH_MS, call.signal)) {
      const now = await client.call("status", {}, call);
      if (!options.watch || now.circles.every(isComplete)) return now;
      const lines = now.circles.flatMap(progress).join("; ");
      if (lines !== told) call.out.note(lines);
      told = lines;
    }
  });
  if (call.out.mode !== "text") return call.out.document(document, () => []);
  const { laneLines, table, undeliveredText } = await import("../texts.ts");
  const {
    org,
    seat,
    daemon,
    listen,
    circles,
    peers,
    outbox,
    undelivered,
    spool,
    lanes,
    disk,
    repair,
    clockSkewMs,
    flooding,
    net,
  } = document;
  const alone = peers.total > 0 && !document.connected;
  const cells = circles.map(({ name, members, items, unread, needAck, behind }) =>
    [safeText(name), members, items, unread, needAck, behind].map(String),
  );
  call.out.document(document, () => [
    `${safeText(org)}/${safeText(seat)}   daemon ${daemon.version}, process ${daemon.pid}, up ${upText(daemon.uptimeMs)}`,
    ...(alone ? [`! you are disconnected from every peer since ${document.since}`] : []),
    `listening on ${listen.join(", ") || "nothing"}`,
    `peers ${peers.up}/${peers.total} up   outbox ${outbox.queued} queued, ${outbox.held} held, ${outbox.failed} failed   disk ${mib(disk.bytes)}`,
    ...(repair
      ? [
          `store repaired ${repair.at.slice(0, 16)}: ${repair.records} records kept, ${repair.lost} lost that members may give back` +
            `${repair.circlesLost > 0 ? `, ${repair.circlesLost} circles lost` : ""}; the damaged files are in ${safeText(repair.aside)}`,
        ]
      : []),
    `network ${mib(net.bytesSent)} sent, ${mib(net.bytesReceived)} received, ${net.strangersRefused} strangers refused`,
    ...clockLines(clockSkewMs),
    ...flooding.map(
      ({ org, records, until }) =>
        `! member ${safeText(org)} sent ${records.toLocaleString("en")} records in a minute: it is not linked until ${until.slice(11, 16)}Z`,
    ),
    ...spoolLines(spool),
    ...lanes.flatMap(laneLines),
    ...undelivered.map(undeliveredText),
    "",
    ...circles.flatMap(progress),
    ...circles.flatMap(({ name, exercise: { running, needAck } }) =>
      running === null && needAck === 0 ? [] : [drillLine(name, running, needAck)],
    ),
    ...circles.flatMap(warnings),
    ...circles.flatMap(quotaLines),
    ...circles.flatMap(({ name, forked }) =>
      forked.map((org) => `! ${safeText(org)} signed two records at one place in ${safeText(name)}: see circle show`),
    ),
    ...table(["CIRCLE", "MEMBERS", "ITEMS", "UNREAD", "NEED ACK", "BEHIND"], cells),
  ]);
}

/** Drills are told apart from what is real. */
function drillLine(circle: string, running: string | null, needAck: number): string {
  const alerts = needAck === 0 ? "" : `${needAck} of its alerts wait for you`;
  const what = running === null ? "" : `EXERCISE "${safeText(running)}" runs in ${safeText(circle)}`;
  return [what === "" ? `EXERCISE of before in ${safeText(circle)}` : what, alerts]
    .filter((part) => part !== "")
    .join(": ");
}

/** Nobody minds two minutes; further off, what is posted looks old or new to others. */
function clockLines(skewMs: number | null): string[] {
  if (skewMs === null || Math.abs(skewMs) < 1_000) return [];
  const side = `${Math.round(Math.abs(skewMs) / 1_000)} s ${skewMs > 0 ? "ahead of" : "behind"} the median of the peers`;
  return [Math.abs(skewMs) > CLOCK_SKEW_MS ? `! the clock of this machine is ${side}: set it` : `clock ${side}`];
}

function spoolLines({ waiting, failed, reasons, keyChanged }: StatusDocument["spool"]): string[] {
  const why = reasons.length > 0 ? `: ${reasons.join(", ")}` : "";
  return [
    ...(waiting + failed > 0 ? [`spool ${waiting} waiting, ${failed} failed${why}`] : []),
    ...(keyChanged ? ["! somebody changed the spool key of this home; what was spooled under it is failed"] : []),
  ];
}

/** Whether nothing more comes by waiting. */
function isComplete({ behind, disk }: StatusDocument["circles"][number]): boolean {
  return behind === 0 || disk.state === "full";
}

/** How far a circle is behind, where it is: what is held, how fast it grows, and who sends. */
function progress(one: StatusDocument["circles"][number]): string[] {
  if (isComplete(one)) return [];
  const { name, behind, catchUp } = one;
  const circle = safeText(name);
  if (!catchUp) return [`${circle} is ${behind} records behind; no member that is here has them`];
  const { have, of, perSecond, from } = catchUp;
  const left = perSecond > 0 ? `, ${Math.ceil(behind / perSecond)} s left` : "";
  return [
    `catching up ${circle}: ${have} of ${of} records, ${perSecond} a second${left}, from ${from.map(safeText).join(", ")}`,
  ];
}

/** How near a circle is to its quota, where that is near. */
function quotaLines({ name, disk: { bytes, quota, state, hollow } }: StatusDocument["circles"][number]): string[] {
  const cure = "raise quota in node.json and restart the daemon";
  const waiting = hollow > 0 ? `; ${hollow} posts of others are not kept yet` : "";
  if (state === "full")
    return [
      `! ${safeText(name)} has reached its disk quota of ${mib(quota)}: it takes no more posts, yours neither${waiting}. ${cure}`,
    ];
  if (state === "near")
    return [
      `! ${safeText(name)} takes ${Math.floor((bytes * 100) / quota)} % of its disk quota of ${mib(quota)}${waiting}: ${cure}`,
    ];
  return [];
}

function warnings({ name, state, frozenUntil, changes, rulesToAccept }: StatusDocument["circles"][number]): string[] {
  const circle = safeText(name);
  const more = changes.unseen > 1 ? ` and ${changes.unseen - 1} more` : "";
  return [
    ...(changes.last === null
      ? []
      : [`! membership of ${circle} changed: ${safeText(changes.last)}${more}; see tocsin circle log ${circle}`]),
    ...(rulesToAccept ? [`! the rules of ${circle} wait for you: tocsin circle accept ${circle}`] : []),
    ...(frozenUntil === null
      ? []
      : [`! you are frozen in ${circle} until ${frozenUntil.slice(0, 16).replace("T", " ")}Z: nobody seals for you`]),
    ...(state === "pending" ? [`you are not in ${circle} yet: it waits for members, or is being fetched`] : []),
  ];
}

function upText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

// One screen on how this node is.

import { toRfc3339 } from "../base/clock.ts";
import { type MemberId, orgId } from "../record/ids.ts";
import { readMark } from "../node/reading.ts";
import { lastRepair } from "../node/repair.ts";
import { exerciseOf } from "../node/custody.ts";
import { fetchingFrom } from "../node/catch-up.ts";
import { orgOf } from "../node/circle-state.ts";
import { hollowCount, quotaLevel } from "../node/disk-quota.ts";
import { frontierOf } from "../node/frontier.ts";
import type { LiveCircle, Rooms } from "../node/rooms.ts";
import { standingAmong } from "../node/standing.ts";
import { queuedFor } from "./delivery.ts";
import { presentNews } from "./changes.ts";
import type { StatusDocument } from "./documents.ts";
import type { BareStatus } from "./lane-document.ts";
import { stateOf } from "./present-circle.ts";
import { presentUndelivered } from "./routes-outbox.ts";
import { behindOf, isForDrills, presentForks, presentFreeze } from "./present.ts";

const THREAD_MAX = 1_000;
/** How far unread items and open alerts are counted: beyond it a person reads "many". */
const COUNT_MAX = 1_000;

/** One screen of everything: identity, circles, peers, what waits. */
export async function presentStatus(rooms: Rooms, daemon: StatusDocument["daemon"]): Promise<BareStatus> {
  const circles = [];
  let queued = 0;
  for (const live of rooms.circles.values()) {
    const { row, state } = live;
    const news = await presentNews(rooms, live);
    circles.push({
      id: row.id,
      name: row.name,
      members: state.roster?.members.size ?? 0,
      items: await rooms.store.itemCount(row.id),
      ...(await countOpen(rooms, live)),
      ...presentCatchUp(rooms, live),
      forked: [...new Set(presentForks(live).map(({ org }) => org))],
      state: stateOf(rooms, live),
      frozenUntil: presentFreeze(rooms, live, orgId(rooms.me.certificate.orgKey))?.until ?? null,
      changes: { unseen: news.unseen, last: news.last },
      rulesToAccept: news.rulesToAccept,
      disk: presentDisk(rooms, live),
    });
    const others = [...(state.roster?.members.keys() ?? [])].filter((member) => member !== rooms.me.id);
    queued += Math.max(0, ...others.map((member) => queuedFor(rooms, live, member)));
  }
  const peers = new Set([...rooms.circles.values()].flatMap((live) => [...(live.state.roster?.members.keys() ?? [])]));
  peers.delete(rooms.me.id);
  const up = new Set(
    rooms
      .net()
      .links()
      .filter((link) => link.state === "linked" && peers.has(link.member))
      .map((link) => link.member),
  );
  const repair = await lastRepair(rooms.store);
  const skewMs = rooms.observed.clockSkewMs();
  const standing = rooms.net().standing();
  return {
    schema: "tocsin.status/1",
    org: rooms.me.org,
    seat: rooms.me.seat,
    daemon,
    listen: [...rooms.net().addresses()],
    circles,
    connected: standing.connected,
    since: toRfc3339(standing.sinceMs),
    peers: { up: up.size, total: peers.size },
    outbox: { queued, held: 0, failed: 0, release: 0 },
    undelivered: presentUndelivered(rooms),
    disk: { bytes: await rooms.store.size() },
    repair: repair ? { ...repair, at: toRfc3339(repair.at) } : null,
    clockSkewMs: skewMs === undefined ? null : Math.round(skewMs),
    flooding: rooms.quotas.flooders().map(({ member, records, until }) => ({
      ...{ org: orgNamed(rooms, member), member, records, until: toRfc3339(until) },
    })),
    net: { ...rooms.net().counters() },
  };
}

/** The org of a member of any circle of ours. */
function orgNamed(rooms: Rooms, member: MemberId): string {
  const found = [...rooms.circles.values()].map(({ state }) => state.roster?.members.get(member)?.certificate.org);
  return found.find((org) => org !== undefined) ?? member.slice(0, 8);
}

function presentCatchUp(rooms: Rooms, live: LiveCircle): Pick<StatusDocument["circles"][number], "behind" | "catchUp"> {
  const behind = behindOf(rooms, live);
  const fetching = behind > 0 ? fetchingFrom(live, rooms.clock.monotonic()) : undefined;
  if (!fetching) return { behind, catchUp: null };
  const have = [...frontierOf(live.state).values()].reduce((sum, length) => sum + length, 0);
  const from = [...new Set(fetching.from.map((member) => orgOf(live.state, member)))];
  return { behind, catchUp: { have, of: have + behind, perSecond: fetching.perSecond, from } };
}

function presentDisk(rooms: Rooms, live: LiveCircle): StatusDocument["circles"][number]["disk"] {
  const { bytes } = live.disk;
  return { bytes, quota: rooms.quotaBytes, state: quotaLevel(rooms, bytes), hollow: hollowCount(live) };
}

type Counted = Pick<StatusDocument["circles"][number], "unread" | "needAck" | "exercise">;

async function countOpen(rooms: Rooms, live: LiveCircle): Promise<Counted> {
  const mark = await readMark(rooms, live.row.id);
  const now = rooms.clock.now();
  let [unread, needAck, drills, looked] = [0, 0, 0, 0];
  for await (const item of rooms.store.feed({ circle: live.row.id, limit: COUNT_MAX })) {
    looked += 1;
    if (item.author === rooms.me.id) continue;
    // An acknowledgement is shown with its alert, not as news of its own.
    if (item.cursor > mark && item.body.kind !== "ack") unread += 1;
    if (item.body.kind !== "alert") continue;
    const answers = await rooms.store.thread(item.id, THREAD_MAX);
    const { isGone, body } = standingAmong(rooms, item, answers);
    if (isGone || body.kind !== "alert" || (body.expires ?? Infinity) <= now) continue;
    if (body.who && !body.who.includes(orgId(rooms.me.certificate.orgKey))) continue;
    const { id, exercise } = item;
    const isAcked = answers.some(
      (one) => one.body.kind === "ack" && one.body.re === id && one.author === rooms.me.id && one.exercise === exercise,
    );
    if (isAcked) continue;
    if (exercise && !isForDrills(live)) drills += 1;
    else needAck += 1;
  }
  return { unread, needAck, exercise: { running: exerciseOf(rooms, live)?.name ?? null, needAck: drills } };
}

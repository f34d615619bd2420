// One screen on how this node is.

import { toRfc3339 } from "../base/clock.ts";
import { type CircleId, type MemberId, orgId } from "../record/ids.ts";
import { readMark } from "../node/reading.ts";
import { lastRepair } from "../node/repair.ts";
import { exerciseOf } from "../node/custody.ts";
import { fetchingFrom } from "../node/catch-up.ts";
import { orgOf } from "../node/circle-state.ts";
import { hollowCount, quotaLevel } from "../node/disk-quota.ts";
import { frontierOf } from "../node/frontier.ts";
import type { LiveCircle, Rooms } from "../node/rooms.ts";
import { standingAmong } from "../node/standing.ts";
import type { Item } from "../store/store.ts";
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
/** So many posts are looked through in the order of arrival, and so many alerts for those that wait. */
const ARRIVED_MAX = 2_000;
const ALERTS_MAX = 200;

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
  const running = exerciseOf(rooms, live)?.name ?? null;
  let [unread, needAck, drills] = [0, 0, 0];
  for (const { author, body } of await unreadIn(rooms, live.row.id)) {
    // An acknowledgement is shown with its alert, not as news of its own.
    if (author !== rooms.me.id && body.kind !== "ack") unread += 1;
  }
  for await (const alert of rooms.store.feed({ circle: live.row.id, kinds: ["alert"], limit: ALERTS_MAX })) {
    if (alert.author === rooms.me.id || !(await waitsForUs(rooms, alert))) continue;
    if (alert.exercise && !isForDrills(live)) drills += 1;
    else needAck += 1;
  }
  return { unread, needAck, exercise: { running, needAck: drills } };
}

/**
 * What is unread in a circle, among its newest items where that is much. Status is asked with every change: of a long log that is read,
 * nothing may be looked through.
 */
async function unreadIn({ store }: Rooms, circle: CircleId): Promise<readonly Item[]> {
  const mark = await readMark({ store }, circle);
  if ((await store.lastCursor()) - mark > ARRIVED_MAX) {
    const newest = await Array.fromAsync(store.feed({ circle, limit: COUNT_MAX }));
    return newest.filter(({ cursor }) => cursor > mark);
  }
  const arrived = await store.after(mark, ARRIVED_MAX);
  return arrived.filter((item) => item.circle === circle).slice(0, COUNT_MAX);
}

/** Whether an alert of another org stands and our org is asked and has not acknowledged it. */
async function waitsForUs(rooms: Rooms, item: Item): Promise<boolean> {
  const answers = await rooms.store.thread(item.id, THREAD_MAX);
  const { isGone, body } = standingAmong(rooms, item, answers);
  if (isGone || body.kind !== "alert" || (body.expires ?? Infinity) <= rooms.clock.now()) return false;
  if (body.who && !body.who.includes(orgId(rooms.me.certificate.orgKey))) return false;
  const { id, exercise } = item;
  return !answers.some(
    (one) => one.body.kind === "ack" && one.body.re === id && one.author === rooms.me.id && one.exercise === exercise,
  );
}

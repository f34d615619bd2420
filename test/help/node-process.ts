// A node in a process of its own, without daemon and commands: what is killed, frozen or measured is this node alone.
// The parent calls the table below over the process's message channel.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import net from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { queryObjects } from "node:v8";
import { YamuxStream } from "@libp2p/yamux/stream";
import { DAEMON_FLAGS } from "../../cli/runtime-flags.ts";
import { newIdentity, type VaultContents } from "../../keys/index.ts";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { joinCall } from "../../src/net/join.ts";
import { join as joinCircle } from "../../src/node/joining.ts";
import { missingKeys } from "../../src/node/epochs.ts";
import { found, invite } from "../../src/node/membership.ts";
import { post } from "../../src/node/post.ts";
import type { Link } from "../../src/net/net.ts";
import type { CircleId, LaneId, MemberId, RecordId } from "../../src/record/ids.ts";
import { circleNamed } from "../../src/node/rooms.ts";
import { receiptOf } from "../../src/node/receipts.ts";
import type { Receipt } from "../../src/record/receipt.ts";
import type { Item } from "../../src/store/store.ts";
import { type Flood, prepareFlood } from "./flooder.ts";
import { typicalSighting } from "./records.ts";
import { openPolicy, Org } from "./world.ts";

/** Milliseconds on the one monotonic clock that all processes of a machine share. */
export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Where a node's process stands: below a command that ends by starting another one, with what it listens on and offers. */
export type Place = {
  readonly below?: readonly string[];
  readonly listen?: readonly string[];
  readonly relay?: boolean;
  /** What others are told instead of where it listens. */
  readonly announce?: readonly string[];
  /** The loopback address that it dials from. */
  readonly from?: string;
};

/** What a node's process uses. */
export type Usage = {
  readonly cpuMs: number;
  readonly rssPeakBytes: number;
  readonly loopDelayMaxMs: number;
};

/** What a node holds open and fills, after its garbage was collected. */
export type Weight = {
  readonly rssBytes: number;
  readonly heapBytes: number;
  /** Streams of libp2p that are still in memory, open or not. */
  readonly streams: number;
  readonly sockets: number;
  readonly timers: number;
  /** Without the files of the store, which come and go as it grows. */
  readonly descriptors: number;
  readonly storeBytes: number;
  readonly records: number;
};

/** What a receipt says of a lane. */
export type Proven = Pick<Receipt, "held" | "unopened">;

/** One post: what it says by its number, and when it was asked for. */
export type Said = { readonly id: RecordId; readonly number: number; readonly atMs: number };

/** One post that can be read in a store. */
export type Readable = Pick<Item, "id" | "author" | "lane" | "seq"> & { readonly number: number };

/** What the parent may call; everything crosses by structured clone. */
function callsOf(org: Org) {
  const delays = monitorEventLoopDelay({ resolution: 10 });
  delays.enable();
  let used = process.cpuUsage();
  const seenAt: (readonly [RecordId, number])[] = [];
  let noted = 0; // cursor
  let flood: Flood | undefined;
  return {
    addresses: async (): Promise<readonly string[]> => org.rooms.net().addresses(),
    found: async (): Promise<CircleId> => (await found(org.rooms, "retail-eu", openPolicy)).row.id,
    invite: async (circle: CircleId, name: string): Promise<string> =>
      (await invite(org.rooms, circle, { for: name, lifeMs: 60_000 })).line,
    join: async (line: string): Promise<void> =>
      void (await joinCircle(org.rooms, line, { call: joinCall, signal: AbortSignal.timeout(60_000) })),
    /** Posts `count` sightings from number `from` on, so many in one durable batch. Answers the ids of all. */
    post: async (circle: CircleId, from: number, count: number, batch: number): Promise<readonly RecordId[]> => {
      const ids: RecordId[] = [];
      for (let at = 0; at < count; at += batch) {
        const bodies = Array.from({ length: Math.min(batch, count - at) }, (_, n) => typicalSighting(from + at + n));
        const posted = await post(
          org.rooms,
          circle,
          bodies.map((body) => ({ body, exercise: false })),
        );
        ids.push(...posted.map(({ id }) => id));
      }
      return ids;
    },
    /** Posts one at a time, one each `everyMs`. Answers when each call was made. */
    pace: async (
      circle: CircleId,
      count: number,
      everyMs: number,
    ): Promise<readonly (readonly [RecordId, number])[]> => {
      const said: (readonly [RecordId, number])[] = [];
      for (let n = 0; n < count; n++) {
        const atMs = machineMs();
        const [posted] = await post(org.rooms, circle, [{ body: typicalSighting(n), exercise: false }]);
        if (posted) said.push([posted.id, atMs]);
        await systemClock.wait(Math.max(0, atMs + everyMs - machineMs()));
      }
      return said;
    },
    /** Resolves with the moment at which the circle holds so many items, opened. */
    holds: async (circle: CircleId, items: number, withinMs: number): Promise<number> => {
      const late = AbortSignal.timeout(withinMs);
      for (;;) {
        const seen = org.rooms.items.count();
        if ((await org.rooms.store.itemCount(circle)) >= items) return machineMs();
        await org.rooms.items.after(seen, late);
      }
    },
    /** When each of the next `count` items could be read here. */
    watch: async (count: number, withinMs: number): Promise<readonly (readonly [RecordId, number])[]> => {
      const late = AbortSignal.timeout(withinMs);
      const seenAt: (readonly [RecordId, number])[] = [];
      let cursor = await org.rooms.store.lastCursor();
      while (seenAt.length < count) {
        const rung = org.rooms.items.count();
        const items = await org.rooms.store.after(cursor, 1_000);
        for (const { id } of items) seenAt.push([id, machineMs()]);
        cursor = items.at(-1)?.cursor ?? cursor;
        if (items.length === 0) await org.rooms.items.after(rung, late);
      }
      return seenAt;
    },
    /** This node's own lane in the circle. */
    ownLane: async (circle: CircleId): Promise<LaneId> => circleNamed(org.rooms, circle).row.lane,
    /** When each of the next `count` records of a lane was held here, opened or not. */
    watchLane: async (circle: CircleId, lane: LaneId, count: number, withinMs: number): Promise<readonly number[]> => {
      const length = (): number => circleNamed(org.rooms, circle).state.lanes.get(lane)?.length ?? 0;
      const late = machineMs() + withinMs;
      const heldAt: number[] = [];
      for (let from = length(); heldAt.length < count && machineMs() < late;) {
        for (; from < length(); from++) heldAt.push(machineMs());
        await systemClock.wait(1);
      }
      return heldAt;
    },
    /** Posts the sighting of this number. */
    say: async (circle: CircleId, number: number): Promise<Said> => {
      const atMs = machineMs();
      const [posted] = await post(org.rooms, circle, [{ body: typicalSighting(number), exercise: false }]);
      if (!posted) throw new Error("a post has an id");
      return { id: posted.id, number, atMs };
    },
    /** From now on notes when each item could be read here, until the process ends. Answers once it does. */
    note: async (): Promise<void> => {
      noted = await org.rooms.store.lastCursor();
      const never = new AbortController().signal;
      const noting = async (): Promise<void> => {
        for (;;) {
          const rung = org.rooms.items.count();
          const items = await org.rooms.store.after(noted, 1_000);
          for (const { id } of items) seenAt.push([id, machineMs()]);
          noted = items.at(-1)?.cursor ?? noted;
          if (items.length === 0) await org.rooms.items.after(rung, never);
        }
      };
      noting().catch(() => process.exit(1));
    },
    /** What was noted, once that is all there is. */
    noted: async (): Promise<readonly (readonly [RecordId, number])[]> => {
      while (noted < (await org.rooms.store.lastCursor())) await systemClock.wait(5);
      return seenAt;
    },
    /** Every post of the circle that can be read in the store, each as often as it is there. */
    readable: async (circle: CircleId): Promise<readonly Readable[]> =>
      (await org.items(circle)).map(({ id, author, lane, seq, body }) => ({
        id,
        author,
        lane,
        seq,
        number: body.kind === "sighting" ? (body.seen?.count ?? 0) - 1 : -1,
      })),
    /** What a person would look at first where something is missing. */
    troubles: async (circle: CircleId): Promise<unknown> => ({
      sealed: await org.rooms.store.sealedCount(circle),
      missingKeys: missingKeys(org.rooms, circleNamed(org.rooms, circle)),
      drafts: circleNamed(org.rooms, circle).drafts,
      links: org.rooms
        .net()
        .links()
        .flatMap(({ state, lastError }) => (state === "linked" ? [] : [lastError ?? state])),
      events: Object.fromEntries(
        Object.entries(Object.groupBy(org.events, ({ event }) => event)).map(([event, all]) => [event, all?.length]),
      ),
      last: org.events.slice(-5),
    }),
    /** Which of these records are in the store, opened or not. */
    stored: async (ids: readonly RecordId[]): Promise<readonly RecordId[]> => {
      const found: RecordId[] = [];
      for (const id of ids) if (await org.rooms.store.envelope(id)) found.push(id);
      return found;
    },
    me: async (): Promise<MemberId> => org.rooms.me.id,
    /** What each member proved of a lane of this node: how much of it is stored there, and which of that is not open. */
    receipts: async (
      circle: CircleId,
      lane: LaneId,
      members: readonly MemberId[],
    ): Promise<readonly (readonly [MemberId, Proven])[]> =>
      members.flatMap((member) => {
        const receipt = receiptOf(org.rooms, circle, { member, lane });
        return receipt ? [[member, { held: receipt.held, unopened: receipt.unopened }]] : [];
      }),
    itemCount: async (circle: CircleId): Promise<number> => org.rooms.store.itemCount(circle),
    ids: async (circle: CircleId): Promise<readonly RecordId[]> => (await org.items(circle)).map(({ id }) => id),
    links: async (): Promise<readonly Link[]> => org.rooms.net().links(),
    linked: async (): Promise<number> =>
      org.rooms
        .net()
        .links()
        .filter(({ state }) => state === "linked").length,
    /** Records sent to those who pulled them, since the process began. */
    served: async (): Promise<number> => org.rooms.net().counters().syncServed,
    storeBytes: async (): Promise<number> => org.rooms.store.size(),
    /** Since the last call. */
    usage: async (): Promise<Usage> => {
      const { user, system } = process.cpuUsage(used);
      used = process.cpuUsage();
      const usage = {
        cpuMs: (user + system) / 1_000,
        rssPeakBytes: process.resourceUsage().maxRSS * 1_024,
        loopDelayMaxMs: delays.max / 1e6,
      };
      delays.reset();
      return usage;
    },
    /** What must come back to where it was. */
    open: async (): Promise<{ readonly sockets: number; readonly timers: number }> => {
      const kinds = process.getActiveResourcesInfo();
      const count = (kind: string): number => kinds.filter((one) => one === kind).length;
      return { sockets: count("TCPSocketWrap"), timers: count("Timeout") };
    },
    /** Linux only. */
    weigh: async (circle: CircleId): Promise<Weight> => {
      const streams = queryObjects(YamuxStream, { format: "count" }); // collects all garbage first
      const { rss, heapUsed } = process.memoryUsage();
      const kinds = process.getActiveResourcesInfo();
      const count = (kind: string): number => kinds.filter((one) => one === kind).length;
      const targets = (await readdir("/proc/self/fd")).map(async (fd) =>
        readlink(`/proc/self/fd/${fd}`).catch(() => ""),
      );
      return {
        rssBytes: rss,
        heapBytes: heapUsed,
        streams,
        sockets: count("TCPSocketWrap"),
        timers: count("Timeout"),
        descriptors: (await Promise.all(targets)).filter((to) => to !== "" && !to.startsWith(org.folder)).length,
        storeBytes: await org.rooms.store.size(),
        records: await org.rooms.store.itemCount(circle),
      };
    },
    /** Makes records for a flood, and stands in the place of the node. */
    prepareFlood: async (circle: CircleId, records: number): Promise<void> => {
      flood = await prepareFlood(org, circle, records);
    },
    /** Answers how many records its lane grew by. */
    flood: async (perSecond: number, forMs: number): Promise<number> => (await flood?.run(perSecond, forMs)) ?? 0,
    /** Who was cut off since the start, by the log. */
    cutOff: async (): Promise<readonly unknown[]> =>
      org.events.filter(({ event }) => event === "member-floods").map(({ fields }) => fields),
    stop: async (): Promise<void> => org.stop(),
  };
}

type Calls = ReturnType<typeof callsOf>;
type Answer<K extends keyof Calls> = Awaited<ReturnType<Calls[K]>>;

/** The parent's end of one node. Its files outlive its process, so that it can be killed and started again. */
export class NodeProcess implements AsyncDisposable {
  readonly name: string;
  readonly folder: string;
  private readonly identity: VaultContents;
  private readonly place: Place;
  private listen: readonly string[];
  private child: ChildProcess | undefined;
  private asked = 0;

  constructor(name: string, folder: string, place: Place = {}) {
    this.name = name;
    this.folder = folder;
    this.place = place;
    this.listen = place.listen ?? ["/ip4/127.0.0.1/tcp/0"];
    this.identity = newIdentity({ org: name, seat: "kim" }, { random: systemRandom, now: systemClock.now() });
  }

  get isRunning(): boolean {
    return this.child !== undefined;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** Starts the process and the node in it. */
  async start(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const words = [
      ...(this.place.below ?? []),
      process.execPath,
      ...DAEMON_FLAGS,
      "--no-warnings",
      import.meta.filename,
    ];
    const [command = "", ...args] = words;
    const child = spawn(command, args, {
      serialization: "advanced",
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    child.setMaxListeners(0);
    this.child = child;
    child.once("exit", () => {
      if (this.child === child) this.child = undefined;
    });
    child.send({
      name: this.name,
      folder: this.folder,
      identity: this.identity,
      listen: this.listen,
      place: this.place,
    });
    // The port stays the same over restarts, as a real node's does.
    const addresses = await this.call("addresses");
    if (!this.place.announce) this.listen = addresses;
  }

  /** Calls the node. Rejects with its error's message, or when the process ends first. */
  call<K extends keyof Calls>(name: K, ...args: Parameters<Calls[K]>): Promise<Answer<K>> {
    const { child } = this;
    if (!child) return Promise.reject(new Error(`${this.name} is not running`));
    const id = ++this.asked;
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        child.off("message", onMessage);
        child.off("exit", onExit);
      };
      const onMessage = (answer: { id: number; value?: unknown; failed?: string }): void => {
        if (answer.id !== id) return;
        settle();
        if (answer.failed === undefined) resolve(answer.value as Answer<K>);
        else reject(new Error(`${this.name}: ${answer.failed}`));
      };
      const onExit = (): void => {
        settle();
        reject(new Error(`${this.name} ended`));
      };
      child.on("message", onMessage);
      child.on("exit", onExit);
      child.send({ id, name, args }, (failed) => void (failed && onExit()));
    });
  }

  /** Ends the node in order, or kills its process; resolves when the process is gone. */
  async end(how: "stop" | "SIGKILL"): Promise<void> {
    const { child } = this;
    if (!child) return;
    const gone = once(child, "exit");
    if (how === "stop") {
      await this.call("stop");
      child.disconnect();
    } else child.kill("SIGKILL");
    await gone;
  }

  signal(name: "SIGSTOP" | "SIGCONT"): void {
    this.child?.kill(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGCONT");
    await this.end("SIGKILL");
  }
}

/** Nodes that share a circle and are linked, each a process; the first of them founded it. */
export type ProcessCircle = AsyncDisposable & {
  readonly circle: CircleId;
  readonly nodes: readonly [NodeProcess, NodeProcess, ...NodeProcess[]];
};

/** The first node founds a circle, the others join it by ticket, one after the other. Their files are below `folder`. */
export async function circleOfProcesses(
  folder: string,
  count: number,
  placeOf?: (node: number) => Place,
): Promise<ProcessCircle> {
  await using stack = new AsyncDisposableStack();
  const made = Array.from({ length: count }, (_, n) =>
    stack.use(new NodeProcess(`org-${n}`, join(folder, `org-${n}`), placeOf?.(n))),
  );
  const [founder, second, ...others] = made;
  if (!founder || !second) throw new Error("a circle of processes needs two");
  for (const node of made) await node.start();
  const circle = await founder.call("found");
  for (const joiner of made.slice(1)) await joiner.call("join", await founder.call("invite", circle, joiner.name));
  while (!(await allLinked(made)));
  const owned = stack.move();
  return { circle, nodes: [founder, second, ...others], [Symbol.asyncDispose]: async () => owned.disposeAsync() };
}

/** Whether each of them is linked with all others. */
export async function allLinked(nodes: readonly NodeProcess[]): Promise<boolean> {
  const linked = await Promise.all(nodes.map((node) => node.call("linked")));
  return linked.every((links) => links === nodes.length - 1);
}

/** Binds every socket that this process dials with, so that a proxy knows whose it is. */
function dialFrom(localAddress: string): void {
  const { connect } = net;
  const bound = (options: net.TcpNetConnectOpts): net.Socket => connect({ ...options, localAddress });
  Object.assign(net, { connect: bound });
}

async function serveParent(): Promise<void> {
  const [made] = (await once(process, "message")) as [
    { name: string; folder: string; identity: VaultContents; listen: readonly string[]; place: Place },
  ];
  const { identity, listen, place } = made;
  if (place.from !== undefined) dialFrom(place.from);
  const org = new Org(made.name, made.folder, { ...place, identity, listen });
  const starting = org.start().then(() => callsOf(org));
  process.on("message", (asked: { id: number; name: keyof Calls; args: readonly unknown[] }) => {
    const answer = async (): Promise<unknown> => {
      const call = (await starting)[asked.name] as (...args: readonly unknown[]) => Promise<unknown>;
      return call(...asked.args);
    };
    answer().then(
      (value) => process.send?.({ id: asked.id, value }),
      (cause: unknown) => process.send?.({ id: asked.id, failed: cause instanceof Error ? cause.message : "unknown" }),
    );
  });
  process.once("disconnect", () => process.exit());
}

if (process.send && process.argv[1] === import.meta.filename) await serveParent();

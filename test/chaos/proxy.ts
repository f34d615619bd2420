// Bad networks between real nodes: every connection passes a proxy on loopback that delays, loses, cuts and goes silent.
// A stream of bytes cannot lose any, so what is modelled is what TCP makes of a bad path; docs/testing.md says how.

import { connect, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { machineMs, type Place } from "../help/node-process.ts";
import type { Dice } from "./dice.ts";

/** What a path is like; the same for all paths and both ways. */
export type Weather = {
  /** One way. */
  readonly delayMs: number;
  /** Either way of the delay, uniform. */
  readonly jitterMs: number;
  /** Probability with which one segment is lost, 0 to below 1. */
  readonly loss: number;
  /** Of one connection, one way; 0 for no limit. */
  readonly bytesPerSecond: number;
};

export const clear: Weather = { delayMs: 0, jitterMs: 0, loss: 0, bytesPerSecond: 0 };

/**
 * How a path breaks. "reset": connections end at once, new ones are refused. "silence": nothing passes, and what was sent
 * passes when it is over. "forget": nothing passes, and connections of before never speak again, as after a restart of
 * a router. "one-way": silence from the first to the second only.
 */
export type Break = (typeof everyBreak)[number];
export const everyBreak = ["reset", "silence", "forget", "one-way"] as const;

/** Whether bytes from one node to another are concerned. */
export type Between = (from: number, to: number) => boolean;

const SEGMENT_BYTES = 1_448;
const RTO_MIN_MS = 200;
const RTO_MAX_MS = 60_000;
const UNDERWAY_BYTES_MAX = 256 * 1024; // then the sender waits, as with a full window
const PORT = 4_001;
const PROXY_PORT = 4_002;

/** One way of one connection. */
type Way = { readonly stop: () => void };
type Line = {
  readonly ends: readonly [number, number];
  readonly sockets: readonly [Socket, Socket];
  forgotten: boolean;
};

/** All paths between `count` nodes. Linux only: each node has a loopback address of its own, by which the proxy knows who dials. */
export class Proxies implements AsyncDisposable {
  private readonly servers: Server[] = [];
  private readonly lines = new Set<Line>();
  private readonly accepted = new Set<Socket>();
  private isClosing = false;
  private readonly breaks = new Set<{ readonly how: Break; readonly between: Between }>();
  private readonly count: number;
  private readonly dice: Dice;
  weather: Weather = clear;
  /** Connections and bytes that passed, for whoever doubts that anything did. */
  passed = { connections: 0, bytes: 0, lost: 0 };

  constructor(count: number, dice: Dice) {
    this.count = count;
    this.dice = dice;
  }

  /** Where a node dials from. Different for each process that runs proxies. */
  host(node: number): string {
    return `127.${64 + ((process.pid >> 8) & 63)}.${process.pid & 255}.${node + 1}`;
  }

  listen(node: number): string {
    return `/ip4/${this.host(node)}/tcp/${PORT}`;
  }

  /** The address that others are told. */
  announced(node: number): string {
    return `/ip4/${this.host(node)}/tcp/${PROXY_PORT}`;
  }

  place(node: number): Place {
    return { listen: [this.listen(node)], announce: [this.announced(node)], from: this.host(node) };
  }

  async open(): Promise<void> {
    for (let node = 0; node < this.count; node++) {
      const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (socket) =>
        this.accept(socket, node),
      );
      server.listen(PROXY_PORT, this.host(node));
      await once(server, "listening");
      this.servers.push(server);
    }
  }

  /** Breaks paths; call the answer to heal them. */
  break(how: Break, between: Between): () => void {
    const broken = { how, between: how === "one-way" ? between : eitherWay(between) };
    this.breaks.add(broken);
    for (const line of this.lines) {
      if (!broken.between(...line.ends)) continue;
      if (how === "reset") end(line);
      if (how === "forget") line.forgotten = true;
    }
    return () => void this.breaks.delete(broken);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isClosing = true;
    const closed = this.servers.map(async (server) => once(server.close(), "close"));
    // Whoever dialled a moment ago is accepted still.
    for (const socket of this.accepted) socket.destroy();
    for (const line of this.lines) end(line);
    await Promise.all(closed);
  }

  private accept(socket: Socket, target: number): void {
    this.accepted.add(socket);
    socket.once("close", () => this.accepted.delete(socket));
    const dialler = Number(socket.remoteAddress?.split(".")[3]) - 1;
    if (this.isClosing || this.is("reset", dialler, target)) {
      socket.on("error", () => undefined).resetAndDestroy();
      return;
    }
    const upstream = connect({ host: this.host(target), port: PORT, allowHalfOpen: true, noDelay: true });
    const line: Line = { ends: [dialler, target], sockets: [socket, upstream], forgotten: false };
    this.lines.add(line);
    this.passed.connections += 1;
    // The handshake of TCP takes a round trip before the first byte; the proxy has accepted at once.
    const fromMs = machineMs() + 2 * this.weather.delayMs;
    const ways = [this.way(line, 0, fromMs), this.way(line, 1, fromMs)];
    for (const one of line.sockets) {
      one.once("close", () => {
        if (line.sockets.some(({ closed }) => !closed)) return;
        for (const { stop } of ways) stop();
        this.lines.delete(line);
      });
    }
  }

  private is(how: Break, from: number, to: number): boolean {
    return [...this.breaks].some((one) => one.how === how && one.between(from, to));
  }

  private isSilent(from: number, to: number): boolean {
    return [...this.breaks].some((one) => one.how !== "reset" && one.between(from, to));
  }

  /** Carries bytes from one socket of a line to the other, in order, each chunk when its segments would have arrived. */
  private way(line: Line, side: 0 | 1, fromMs: number): Way {
    const [source, sink] = side === 0 ? line.sockets : [line.sockets[1], line.sockets[0]];
    const [from, to] = side === 0 ? line.ends : [line.ends[1], line.ends[0]];
    const underway: { readonly bytes: Buffer | "end" | "reset"; dueMs: number }[] = [];
    let bytesUnderway = 0;
    let lastDueMs = 0;
    let sentMs = fromMs;
    let retryMs = 0; // while the path is silent: the pause before the next retransmission
    let timer: NodeJS.Timeout | undefined;
    let isFull = false; // the sink takes no more for now
    let stopped = false;

    const send = (bytes: Buffer | "end" | "reset"): void => {
      if (stopped) return;
      const { weather } = this;
      const length = typeof bytes === "string" ? 0 : bytes.length;
      sentMs = Math.max(machineMs(), sentMs);
      if (weather.bytesPerSecond > 0) sentMs += (length / weather.bytesPerSecond) * 1_000;
      const dueMs = sentMs + weather.delayMs + weather.jitterMs * (2 * this.dice.fraction() - 1) + this.lossMs(length);
      // What is lost holds up everything behind it.
      lastDueMs = Math.max(lastDueMs, dueMs);
      underway.push({ bytes, dueMs: lastDueMs });
      bytesUnderway += length;
      if (bytesUnderway > UNDERWAY_BYTES_MAX) source.pause();
      schedule();
    };
    const schedule = (): void => {
      const [head] = underway;
      if (head && !timer && !isFull && !stopped) timer = setTimeout(arrive, Math.max(0, head.dueMs - machineMs()));
    };
    const arrive = (): void => {
      timer = undefined;
      const [head] = underway;
      if (!head || stopped || line.forgotten) return;
      if (this.isSilent(from, to)) {
        retryMs = Math.min(RTO_MAX_MS, retryMs === 0 ? this.rtoMs() : retryMs * 2);
        head.dueMs = machineMs() + retryMs;
        schedule();
        return;
      }
      retryMs = 0;
      underway.shift();
      if (head.bytes === "end") sink.end();
      else if (head.bytes === "reset") sink.resetAndDestroy();
      else {
        bytesUnderway -= head.bytes.length;
        this.passed.bytes += head.bytes.length;
        if (bytesUnderway <= UNDERWAY_BYTES_MAX && source.isPaused()) source.resume();
        if (sink.writable && !sink.write(head.bytes)) {
          isFull = true;
          sink.once("drain", () => {
            isFull = false;
            schedule();
          });
        }
      }
      schedule();
    };
    source.on("data", send);
    source.once("end", () => send("end"));
    source.on("error", () => send("reset"));
    source.resume();
    return {
      stop: () => {
        stopped = true;
        clearTimeout(timer);
      },
    };
  }

  private rtoMs(): number {
    return Math.max(RTO_MIN_MS, 4 * this.weather.delayMs);
  }

  /** How much later a chunk arrives because segments of it were lost: one timeout, doubled while one of them is lost again. */
  private lossMs(length: number): number {
    const { loss } = this.weather;
    let late = 0;
    let missing = loss === 0 ? 0 : Math.ceil(length / SEGMENT_BYTES);
    for (let rtoMs = this.rtoMs(); missing > 0; rtoMs = Math.min(RTO_MAX_MS, rtoMs * 2)) {
      missing = Array.from({ length: missing }).filter(() => this.dice.fraction() < loss).length;
      this.passed.lost += missing;
      if (missing > 0) late += rtoMs;
    }
    return late;
  }
}

const eitherWay =
  (between: Between): Between =>
  (from, to) =>
    between(from, to) || between(to, from);

function end({ sockets }: Line): void {
  for (const socket of sockets) socket.resetAndDestroy();
}

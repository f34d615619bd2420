// The screen against its budgets: the CPU of the first frame, frames while items come in, and opening and scrolling over a large
// store. Ratios are taken within one run, against an empty script or a small store. Run with `npm run bench:screen`.

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openDoor } from "../src/api/daemon.ts";
import { post } from "../src/node/post.ts";
import { markRead } from "../src/node/reading.ts";
import { fakeFeed, item } from "../test/help/fake-feed.ts";
import { staffOf } from "../test/help/callers.ts";
import { typicalSighting } from "../test/help/records.ts";
import { PROGRAM } from "../test/help/run-cli.ts";
import { openTerminalOn, type PersonsTerminal } from "../test/help/screen.ts";
import { circleOf, type World } from "../test/help/world.ts";

const SIZE = { columns: 120, rows: 36 };
const FIRST_FRAME_RATIO_MAX = 9;
const FRAME_P50_MS_MAX = 15;
const MEMORY_MIB_MAX = 200;
/** How much slower a large store may be; what is left is the noise of a shared machine. */
const LARGE_RATIO_MAX = 1.25;
const SMALL = 500;
const LARGE = 100_000;
const RUNS = 9;
const UPDATES = 100;
const UPDATE_MS = 100;
const PATIENCE_MS = 60_000;
/** Stands in every frame with an item. */
const SHOWN = "SIGHT";

const folder = await mkdtemp(join(tmpdir(), "tocsin-bench-screen-"));
let failed = false;
try {
  await using small = await storeOf("small", SMALL);
  await firstFrame(small.socketPath);
  await frames();
  await using large = await storeOf("large", LARGE);
  await openAndScroll(small.socketPath, large.socketPath);
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

type Served = AsyncDisposable & { readonly socketPath: string };

/** A node that holds so many items, all of them read, and serves its door. */
async function storeOf(name: string, items: number): Promise<Served> {
  await using stack = new AsyncDisposableStack();
  const world: World = stack.use(await circleOf("acme"));
  const [org] = world.orgs;
  if (!org) throw new Error("a world has a founder");
  const { rooms } = org;
  for (let from = 0; from < items; from += SMALL) {
    const bodies = Array.from({ length: SMALL }, (_, n) => ({ body: typicalSighting(from + n), exercise: false }));
    await post(rooms, world.circle, bodies);
  }
  await markRead(rooms, world.circle, await rooms.store.lastCursor());
  const data = join(folder, name);
  await mkdir(data, { mode: 0o700 });
  const socketPath = join(data, "daemon.sock");
  const home = {
    ...{ data, socketPath, vault: join(data, "vault"), store: join(data, "store"), keyring: join(data, "keyring") },
    ...{
      start: data,
      settings: join(data, "node.json"),
      spool: join(data, "spool"),
      spoolKey: join(data, "spool.pub"),
    },
  };
  const staff = await staffOf(rooms);
  // The world owns the node; the door needs its rooms alone.
  const node = { rooms, orgSeed: undefined, [Symbol.asyncDispose]: async () => undefined };
  stack.use(await openDoor(node, { home, log: () => undefined, staff, stop: () => undefined }));
  const owned = stack.move();
  return { socketPath, [Symbol.asyncDispose]: async () => owned.disposeAsync() };
}

function open(socketPath: string, meter: string): PersonsTerminal {
  const env = {
    TOCSIN_SOCKET: socketPath,
    TOCSIN_HOME: join(folder, "nobody"),
    TOCSIN_NO_AUTOSTART: "1",
    HOME: folder,
  };
  return openTerminalOn(process.execPath, ["--import", meter, PROGRAM, "ui"], { ...SIZE, env });
}

/** Makes a process write its own CPU (user and system, microseconds) to a file: with its first frame, or as it ends without any. */
function meterTo(file: string): string {
  const code = `
    import { writeFileSync } from "node:fs";
    const write = process.stdout.write.bind(process.stdout);
    let told = false;
    const tell = () => {
      if (told) return;
      told = true;
      const { user, system } = process.cpuUsage();
      writeFileSync(${JSON.stringify(file)}, String(user + system));
    };
    process.stdout.write = (chunk, ...rest) => {
      const answer = write(chunk, ...rest);
      if (String(chunk).includes(${JSON.stringify(SHOWN)})) tell();
      return answer;
    };
    process.on("exit", tell);`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

async function firstFrame(socketPath: string): Promise<void> {
  const empty = join(folder, "empty.mjs");
  const meter = join(folder, "cpu");
  await writeFile(empty, "");
  const ratios: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const script = openTerminalOn(process.execPath, ["--import", meterTo(meter), empty], SIZE);
    await until(script, () => script.exit() !== undefined);
    const floor = Number(await readFile(meter, "utf8"));
    await script[Symbol.asyncDispose]();
    const screen = open(socketPath, meterTo(meter));
    await until(screen, () => screen.text().includes(SHOWN));
    screen.type("q");
    await until(screen, () => screen.exit() !== undefined);
    ratios.push(Number(await readFile(meter, "utf8")) / floor);
    await screen[Symbol.asyncDispose]();
  }
  tell("CPU to the first frame, of an empty script", middle(ratios), "x", FIRST_FRAME_RATIO_MAX);
}

/** Makes a process write the CPU of its drawing thread between its frames (microseconds) and its memory to a file as it ends. */
function frameMeterTo(file: string): string {
  const code = `
    import { writeFileSync } from "node:fs";
    const write = process.stdout.write.bind(process.stdout);
    const frames = [];
    process.stdout.write = (chunk, ...rest) => {
      const answer = write(chunk, ...rest);
      const { user, system } = process.threadCpuUsage();
      if (String(chunk).length > 20) frames.push({ cpu: user + system, length: String(chunk).length });
      return answer;
    };
    process.on("exit", () => writeFileSync(${JSON.stringify(file)}, JSON.stringify({ frames, rss: process.memoryUsage().rss })));`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

/** The screen of the command line over a scripted feed: all that a frame costs, from the socket to the terminal. */
async function frames(): Promise<void> {
  const file = join(folder, "frames.json");
  const socketPath = join(folder, "feed.sock");
  const old = Array.from({ length: SMALL }, (_, index) =>
    item({ title: `Item ${index} of a busy day, with a title of some length`, org: "globex" }, SMALL - index),
  );
  await using feed = await fakeFeed(socketPath, old);
  await using screen = open(socketPath, frameMeterTo(file));
  await until(screen, () => screen.text().includes(SHOWN));
  // All of them are brought first: whoever goes to the end is given more.
  for (let at = 0; at < 8; at++) {
    screen.type("G");
    await pause(UPDATE_MS);
  }
  screen.type("g");
  const from = screen.raw().length;
  for (let update = 0; update < UPDATES; update++) {
    feed.arrive(item({ title: `Update ${update} while somebody looks`, org: "northwind" }));
    await pause(UPDATE_MS);
  }
  const bytes = screen.raw().length - from;
  screen.type("\u0003");
  await until(screen, () => screen.exit() !== undefined);
  const told = JSON.parse(await readFile(file, "utf8")) as { frames: { cpu: number }[]; rss: number };
  const cpu = told.frames.slice(-UPDATES).map(({ cpu: sum }, at, all) => (sum - (all[at - 1]?.cpu ?? sum)) / 1_000);
  cpu.splice(0, 1);
  cpu.sort((left, right) => left - right);
  tell(`a frame, ${SMALL} items, 10 updates/s, CPU p50`, middle(cpu), "ms", FRAME_P50_MS_MAX);
  console.log(`${"its p95".padEnd(60)} ${(cpu[Math.floor(cpu.length * 0.95)] ?? NaN).toFixed(1).padStart(8)} ms`);
  console.log(`${"characters written an update".padEnd(60)} ${(bytes / UPDATES).toFixed(0).padStart(8)}`);
  tell("memory at the end", told.rss / 2 ** 20, "MiB", MEMORY_MIB_MAX);
}

/** Opening, and half a page of scrolling, over both stores in turn. */
async function openAndScroll(small: string, large: string): Promise<void> {
  const opening: Record<string, number[]> = { small: [], large: [] };
  const scrolling: Record<string, number[]> = { small: [], large: [] };
  for (let run = 0; run < RUNS; run++) {
    for (const [name, socketPath] of [
      ["small", small],
      ["large", large],
    ] as const) {
      const from = performance.now();
      await using screen = open(socketPath, meterTo(join(folder, "cpu")));
      await until(screen, () => screen.text().includes(SHOWN));
      opening[name]?.push(performance.now() - from);
      for (let page = 0; page < 4; page++) {
        const before = screen.text();
        const pressed = performance.now();
        screen.type("\u0004");
        await until(screen, () => screen.text() !== before);
        scrolling[name]?.push(performance.now() - pressed);
      }
      screen.type("\u0003");
      await until(screen, () => screen.exit() !== undefined);
    }
  }
  for (const [what, times] of [
    ["opening", opening],
    ["half a page of scrolling", scrolling],
  ] as const) {
    const [few, many] = [middle(times["small"] ?? []), middle(times["large"] ?? [])];
    console.log(`${`${what}, ${SMALL} items`.padEnd(60)} ${few.toFixed(1).padStart(8)} ms`);
    tell(`${what}, ${LARGE} items (${many.toFixed(1)} ms), of that`, many / few, "x", LARGE_RATIO_MAX);
  }
}

async function until(terminal: PersonsTerminal, holds: () => boolean): Promise<void> {
  const from = performance.now();
  while (!holds()) {
    if (performance.now() - from > PATIENCE_MS) throw new Error(`never came; last seen:\n${terminal.text()}`);
    if (terminal.exit() && !holds()) throw new Error(`it ended with ${terminal.exit()?.code}:\n${terminal.text()}`);
    await pause(2);
  }
}

function middle(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? NaN;
}

function tell(what: string, value: number, unit: string, most: number): void {
  const broken = value > most;
  if (broken) failed = true;
  console.log(
    `${what.padEnd(60)} ${value.toFixed(2).padStart(8)} ${unit}  (at most ${most})${broken ? "  BROKEN" : ""}`,
  );
}

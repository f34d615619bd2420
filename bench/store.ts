// Figures of the store on this machine: commits, disk per record, opening, and the reads that people wait for.
// Run with `node bench/store.ts [records]`; needs no build.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storageCipher } from "../keys/storage-key.ts";
import { systemClock } from "../src/base/clock.ts";
import { systemRandom } from "../src/base/random.ts";
import { encodePost } from "../src/record/parse-body.ts";
import { openStore } from "../src/store/level.ts";
import type { Kept, Store } from "../src/store/store.ts";
import { penIn, sightingOf, someCircle, typicalSighting } from "../test/help/records.ts";

const RECORDS = Number(process.argv[2] ?? 100_000);
const BATCH = 100;
const PADDING = 256;
/** Salt, length and tag around a body. */
const AROUND_BODY = 36;
const TAG = 16;

const folder = await mkdtemp(join(tmpdir(), "tocsin-bench-"));
const cipher = storageCipher(systemRandom(32), systemRandom);
const open = (name: string): Promise<Store> => openStore(join(folder, name), { cipher, clock: systemClock });

try {
  const pen = penIn(someCircle());
  const typical = (number: number): Kept => {
    const body = typicalSighting(number);
    const padded = Math.ceil((encodePost(body).length + AROUND_BODY) / PADDING) * PADDING;
    return pen.says(body, { payloadBytes: padded + TAG });
  };
  const sample = typical(0);
  print("body as JSON", JSON.stringify(sample.content).length, "B");
  print("envelope", sample.record.bytes.length, "B");

  const single = await open("single");
  const other = penIn(someCircle());
  const times: number[] = [];
  for (let n = 0; n < 300; n++) {
    const kept = other.says(typicalSighting(n), { payloadBytes: 784 });
    times.push(await timed(() => single.commit({ circle: other.circle, records: [kept] })));
  }
  await single[Symbol.asyncDispose]();
  print("commit of one record, median", quantile(times, 0.5), "ms");
  print("commit of one record, 99 %", quantile(times, 0.99), "ms");

  let store = await open("large");
  let busyMs = 0;
  const cpuBefore = process.cpuUsage();
  let makingUs = 0;
  for (let from = sample.record.header.seq; from < RECORDS; from += BATCH) {
    const making = process.cpuUsage();
    const records = Array.from({ length: BATCH }, (_, n) => (from + n === 0 ? sample : typical(from + n)));
    makingUs += process.cpuUsage(making).user;
    busyMs += await timed(() => store.commit({ circle: pen.circle, records }));
  }
  const cpu = process.cpuUsage(cpuBefore);
  print(`commits of ${BATCH}`, RECORDS / (busyMs / 1_000), "records/s");
  print("CPU of committing", (cpu.user + cpu.system - makingUs) / RECORDS, "us/record");
  print("memory", process.memoryUsage().rss / 1024 / 1024, "MiB");
  await store[Symbol.asyncDispose]();

  print(`open ${RECORDS} records`, await timed(async () => void (store = await open("large"))), "ms");
  print("last 20 of the feed, first read", await timed(() => Array.fromAsync(store.feed({ limit: 20 }))), "ms");
  await report("last 20 of the feed", () => Array.fromAsync(store.feed({ limit: 20 })));
  await report("last 100 of the feed", () => Array.fromAsync(store.feed({ limit: 100 })));
  await report("who else saw an indicator", (n) => store.byIndicator({ type: "ip", value: `198.51.${n % 200}.7` }, 20));
  await report("one item by id", () => store.item(sample.record.id));
  const range = { lane: pen.lane, from: 0, to: Math.min(RECORDS, 10_000) };
  const rangeMs = await timed(async () => {
    for await (const _ of store.range(pen.circle, range));
  });
  print("serving a lane", range.to / (rangeMs / 1_000), "records/s");
  print("disk", (await store.size()) / RECORDS, "B/record");
  await store[Symbol.asyncDispose]();

  const wide = await open("wide");
  const many = penIn(someCircle());
  for (let from = 0; from < 2_000; from += 10) {
    const records = Array.from({ length: 10 }, (_, n) =>
      many.says(
        sightingOf(
          ...Array.from(
            { length: 500 },
            (_, i) => `10.${(from + n) >> 3}.${i >> 1}.${(n << 1) | (i & 1)}-${from + n}-${i}`,
          ),
        ),
      ),
    );
    await wide.commit({ circle: many.circle, records });
  }
  await report("one of 1,000,000 indicators", (n) =>
    wide.byIndicator({ type: "ip", value: `10.${n >> 3}.0.0-${n}-0` }, 20),
  );
  await wide[Symbol.asyncDispose]();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function report(what: string, work: (n: number) => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  for (let n = 0; n < 50; n++) times.push(await timed(() => work(n * 31)));
  print(`${what}, median`, quantile(times, 0.5), "ms");
  print(`${what}, worst of 50`, quantile(times, 1), "ms");
}

function quantile(times: readonly number[], q: number): number {
  return [...times].sort((left, right) => left - right)[Math.min(times.length - 1, Math.floor(times.length * q))] ?? 0;
}

function print(what: string, value: number, unit: string): void {
  console.log(`${what.padEnd(48)} ${value.toFixed(value < 100 ? 2 : 0).padStart(10)} ${unit}`);
}

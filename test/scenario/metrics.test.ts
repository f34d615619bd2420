// What a monitor sees of a node: metrics over HTTP on loopback, the clocks of the others, and nobody's name.

import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { presentStatus } from "../../src/api/status.ts";
import { type MetricsDoor, openMetricsDoor } from "../../src/api/metrics-door.ts";
import { circleOf, type Org, sees, sighting, type World } from "../help/world.ts";

let world: World;
let acme: Org;
let borealis: Org;
let door: MetricsDoor;
beforeAll(async () => {
  world = await circleOf("acme", "borealis");
  [acme, borealis] = [world.org("acme"), world.org("borealis")];
  door = await openMetricsDoor(acme.rooms, "127.0.0.1:0");
});
afterAll(async () => {
  await door[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

type Answer = { readonly code: number | undefined; readonly type: string | undefined; readonly text: string };

const get = async (path = "/metrics", options: { method?: string; host?: string } = {}): Promise<Answer> => {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const { method = "GET", host = `127.0.0.1:${door.port}` } = options;
  const asked = request(
    { host: "127.0.0.1", port: door.port, path, method, headers: { host }, agent: false },
    (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      answer.on("end", () => resolve({ code: answer.statusCode, type: answer.headers["content-type"], text }));
    },
  );
  asked.on("error", reject).end();
  return promise;
};
const valueOf = (text: string, name: string): number =>
  Number(
    text
      .split("\n")
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1),
  );

describe("the metrics", () => {
  test("are in the text format, and count what came in and went out", async () => {
    await sees(acme, await borealis.posts(world.circle, sighting("ip:203.0.113.24")));
    await sees(borealis, await acme.posts(world.circle, sighting("ip:203.0.113.25")));
    const { code, type, text } = await get();
    expect([code, type]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
    const rows = text.trimEnd().split("\n");
    const sample = /^tocsin_[a-z_]+(\{[a-z]+="[A-Za-z0-9_.]+"\})? -?\d+(\.\d+)?(e[+-]\d+)?$/;
    expect(rows.filter((row) => !row.startsWith("# ") && !sample.test(row))).toEqual([]);
    expect(valueOf(text, 'tocsin_links{state="linked"}')).toBe(1);
    for (const name of [
      'tocsin_records_received_total{path="push"}',
      "tocsin_store_bytes",
      "tocsin_epochs_held",
      "tocsin_resident_memory_bytes",
      'tocsin_ingest_batches_total{path="push"}',
    ])
      expect([name, valueOf(text, name) > 0]).toEqual([name, true]);
    await expect.poll(async () => valueOf((await get()).text, "tocsin_undelivered_oldest_seconds")).toBe(0);
  });

  test("name nobody", async () => {
    const { text } = await get();
    const ids = [acme, borealis].flatMap(({ name, rooms }) => [name, rooms.me.id.slice(0, 8)]);
    for (const word of [...ids, "retail-eu", "203.0.113"]) expect(text).not.toContain(word);
  });

  test("are one page, read only, and not for a browser that gave our address another name", async () => {
    expect((await get("/")).code).toBe(404);
    expect((await get("/metrics", { method: "POST" })).code).toBe(405);
    expect((await get("/metrics", { host: "tocsin.evil.example" })).code).toBe(404);
  });

  test("say how old the oldest post is that somebody lacks", async () => {
    await borealis.stop();
    await acme.posts(world.circle, sighting("ip:203.0.113.26"));
    await expect.poll(async () => valueOf((await get()).text, "tocsin_undelivered_oldest_seconds")).toBeGreaterThan(0);
    await borealis.start();
    await expect
      .poll(async () => valueOf((await get()).text, "tocsin_undelivered_oldest_seconds"), { timeout: 20_000 })
      .toBe(0);
  });

  test("and status tells how far the clocks of the others are from ours", async () => {
    const { clockSkewMs, flooding } = await presentStatus(acme.rooms, {
      pid: 1,
      version: "0",
      uptimeMs: 1,
      locked: false,
    });
    expect(Math.abs(clockSkewMs ?? Infinity)).toBeLessThan(5_000);
    expect(flooding).toEqual([]);
  });
});

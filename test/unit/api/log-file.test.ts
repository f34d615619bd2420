// The log of a daemon: what fits into a line, and how much there can be of it.

import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { lineOf, openLogFile } from "../../../src/api/log-file.ts";
import { type EventName, EVENTS, factsOf, nameOf, placeOf } from "../../../src/base/events.ts";
import { limits } from "../../../src/base/limits.ts";
import { tempDir } from "../../help/temp-dir.ts";

/** A clock that goes on by so much at every look. */
const ticking = (stepMs: number) => {
  let now = 0;
  return { now: () => 1_000_000, monotonic: () => (now += stepMs), wait: async () => undefined };
};

const LEAKS = [
  "203.0.113.24",
  "/ip4/203.0.113.24/tcp/7443",
  "kim@acme.example",
  "ab".repeat(32),
  "connect ECONNREFUSED 203.0.113.24:7443",
  "Acme Corp. lost its keys at 12:30",
  "/var/lib/tocsin/vault",
  "x".repeat(100),
];

test("no field of any event takes an address, a key, a path or a message", () => {
  for (const [event, { fields }] of Object.entries(EVENTS))
    for (const leak of LEAKS) {
      const given = Object.fromEntries(Object.keys(fields).map((name) => [name, leak]));
      const written = Object.values(factsOf(event as EventName, given));
      expect([event, leak, written.every((value) => value === "?")]).toEqual([event, leak, true]);
    }
});

test("an id is eight characters at most, and a field that the table lacks is left out", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (peer, other) => {
      const { peer: written = "", ...rest } = factsOf("gossip-dead", { peer, other });
      expect(rest).toEqual({});
      expect(String(written)).toMatch(/^([0-9A-Za-z]{1,8}|\?)$/);
    }),
  );
});

test("a failure is told by its name and its place, never by its message", () => {
  const failed = Object.assign(new Error("could not reach acme at 203.0.113.24"), { code: "ECONNREFUSED" });
  expect(nameOf(failed)).toBe("ECONNREFUSED");
  expect(nameOf("acme")).toBe("unknown");
  failed.stack =
    "Error: at /src/acme.ts:1\n at f (file:///x/src/node/ingest.ts:55:7)\n at g (file:///x/src/api/session.ts:9:1)";
  expect(placeOf(failed)).toBe("ingest.ts:55");
  expect(lineOf(0, "background-failed", { reason: nameOf(failed), at: placeOf(failed) })).toBe(
    '{"time":"1970-01-01T00:00:00.000Z","level":"error","event":"background-failed","reason":"ECONNREFUSED","at":"ingest.ts:55"}',
  );
});

test("of what happens too often the rest is counted", async () => {
  await using folder = await tempDir();
  const path = folder.at("daemon.log");
  let at = 0;
  const clock = { ...ticking(0), monotonic: () => at };
  const file = openLogFile(path, { clock });
  for (let n = 0; n < limits.logEventsMax + 7; n++) file.log("gossip-dead", { peer: "abcdefgh" });
  file.log("lane-opened", { author: "abcdefgh" });
  at = 20_000;
  file.log("gossip-dead", { peer: "abcdefgh" });
  file[Symbol.dispose]();
  const lines = readFileSync(path, "utf8").trim().split("\n");
  expect(lines.length).toBe(limits.logEventsMax + 3);
  expect(JSON.parse(lines.at(-2) ?? "")).toMatchObject({ event: "lines-left-out", of: "gossip-dead", count: 7 });
});

test("its files are the owner's, and never more than a few of a few MiB", async () => {
  await using folder = await tempDir();
  const path = folder.at("state/daemon.log");
  const file = openLogFile(path, { clock: ticking(60_000) });
  file.log("daemon-ready", { version: "0.1.0", circles: 1 });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(folder.at("state")).mode & 0o777).toBe(0o700);
  file[Symbol.dispose]();
  for (let round = 0; round < limits.logFilesMax + 2; round++) {
    writeFileSync(path, `${round}`.padEnd(limits.logFileBytesMax));
    const grown = openLogFile(path, { clock: ticking(60_000) });
    grown.log("daemon-ready", { version: "0.1.0", circles: round });
    grown[Symbol.dispose]();
  }
  const files = readdirSync(folder.at("state"));
  expect(files.length).toBe(limits.logFilesMax);
  expect(files.every((name) => statSync(folder.at(`state/${name}`)).size <= limits.logFileBytesMax)).toBe(true);
  expect(readFileSync(path, "utf8")).toContain(`"circles":${limits.logFilesMax + 1}`);
  expect(readFileSync(`${path}.1`, "utf8").trim()).toBe(`${limits.logFilesMax + 1}`);
});

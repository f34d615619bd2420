// What the store promises when its process is killed or its disk is full.

import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { limits } from "../../src/base/limits.ts";
import { faultyStore } from "../help/faulty-store.ts";
import { openLevelStore } from "../help/level-store.ts";
import { memoryStore } from "../help/memory-store.ts";
import { penIn, sightingOf, someCircle } from "../help/records.ts";
import { refusalOf } from "../help/refusal.ts";
import { tempDir } from "../help/temp-dir.ts";
import { BATCH, type SpaceStory } from "./store-writer.ts";

const WRITER = new URL("store-writer.ts", import.meta.url).pathname;
const run = promisify(execFile);

describe("a store whose process is killed while it writes", () => {
  it.each([1, 20, 150])(
    "holds every commit that was acknowledged, and no half one, after %i of them",
    async (commits) => {
      await using folder = await tempDir();
      const path = folder.at("store");
      const writer = spawn(process.execPath, [WRITER, path, "forever"], { stdio: ["ignore", "pipe", "inherit"] });
      let acknowledged = 0;
      for await (const line of createInterface({ input: writer.stdout })) {
        acknowledged = Number(line);
        if (acknowledged >= commits * BATCH) writer.kill("SIGKILL");
      }
      if (writer.signalCode === null) await once(writer, "exit");

      await using store = await openLevelStore(path);
      const [circle] = await store.circles();
      const [lane] = circle ? await store.lanes(circle.id) : [];
      if (!circle || !lane) throw new Error("the store lost its circle");
      expect(lane.length).toBeGreaterThanOrEqual(acknowledged);
      expect(lane.length % BATCH).toBe(0);
      // The row of a batch is as new as its records.
      expect(circle.joinedAt).toBe(lane.length - BATCH);
      expect(await store.itemCount(circle.id)).toBe(lane.length);
      expect(await store.lastCursor()).toBe(lane.length);
      const items = await store.after(0, 100_000);
      const envelopes = await Array.fromAsync(store.range(circle.id, { lane: lane.lane, from: 0, to: lane.length }));
      expect(items.map(({ seq }) => seq)).toEqual(envelopes.map((_, seq) => seq));
      expect(items.at(-1)?.id).toBe(lane.head);
      expect((await Array.fromAsync(store.feed({ limit: 100_000 }))).length).toBe(lane.length);
      for (const item of items.slice(-BATCH)) expect(await store.envelope(item.id)).toEqual(envelopes[item.seq]);
    },
  );
});

describe("a store on a full disk", () => {
  // A mount of one's own needs a kernel that lets one make it; the limit on file sizes is everywhere.
  const mayMount = spawnSync("unshare", ["--map-root-user", "--mount", "true"]).status === 0;

  it.each(["file size limit", ...(mayMount ? ["small mount"] : [])])(
    "refuses a commit, keeps what it has, and takes it once there is space again (%s)",
    async (means) => {
      await using folder = await tempDir();
      const disk = folder.at("disk");
      await mkdir(disk);
      const megabytes = Math.ceil(limits.diskReserveBytes / 1024 / 1024) + 8;
      const command = `mount -t tmpfs -o size=${megabytes}m tmpfs "$0" && exec "$1" "$2" "$0/store" space "$3"`;
      const { stdout } =
        means === "small mount"
          ? await run("unshare", [
              "--map-root-user",
              "--mount",
              "sh",
              "-c",
              command,
              disk,
              process.execPath,
              WRITER,
              means,
            ])
          : await run(process.execPath, [WRITER, `${disk}/store`, "space", means]);
      const story = JSON.parse(stdout) as SpaceStory;
      expect(story.refusal).toBe("DISK_FULL");
      expect(story.lengthBefore).toBeGreaterThan(0);
      expect(story).toEqual({
        refusal: "DISK_FULL",
        lengthBefore: story.lengthBefore,
        lengthAfterRefusal: story.lengthBefore,
        readableAfterRefusal: story.lengthBefore,
        lengthAfterSpace: story.lengthBefore + BATCH,
        itemsAfterRestart: story.lengthBefore + BATCH,
      });
    },
  );

  it("is what the faulty store of other tests shows", async () => {
    await using store = faultyStore(memoryStore(), 2);
    const acme = penIn(someCircle());
    const [first, second] = [acme.says(sightingOf("203.0.113.1")), acme.says(sightingOf("203.0.113.2"))];
    await store.commit({ circle: acme.circle, records: [first] });
    expect(await refusalOf(() => store.commit({ circle: acme.circle, records: [second] }))).toBe("DISK_FULL");
    expect(await store.lastCursor()).toBe(1);
    await store.commit({ circle: acme.circle, records: [second] });
    expect(await store.lastCursor()).toBe(2);
  });
});

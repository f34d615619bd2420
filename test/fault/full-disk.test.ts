// A full disk at each durable write of a home: the write is refused by name, changes nothing, and passes once there is space again.

import { execFile, spawnSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { limits } from "../../src/base/limits.ts";
import { tempDir } from "../help/temp-dir.ts";
import { TocsinError } from "../../src/base/errors.ts";
import type { Store } from "../../src/store/store.ts";
import { refusalOf } from "../help/refusal.ts";
import { circleOf, sees, sighting } from "../help/world.ts";
import type { WriteStory } from "./disk-writer.ts";

const WRITER = new URL("disk-writer.ts", import.meta.url).pathname;
const run = promisify(execFile);

describe("a full disk", () => {
  // A mount of one's own needs a kernel that lets one make it; the limit on file sizes is everywhere.
  const mayMount = spawnSync("unshare", ["--map-root-user", "--mount", "true"]).status === 0;

  it.each(["file size limit", ...(mayMount ? ["small mount"] : [])])(
    "refuses each durable write by its name, and harms nothing that is there (%s)",
    async (means) => {
      await using folder = await tempDir();
      const disk = folder.at("disk");
      await mkdir(disk);
      const megabytes = Math.ceil(limits.diskReserveBytes / 1024 / 1024) + 8;
      const mount = `mount -t tmpfs -o size=${megabytes}m tmpfs "$0" && exec "$@"`;
      const words = [process.execPath, WRITER, disk, means];
      const { stdout } =
        means === "small mount"
          ? await run("unshare", ["--map-root-user", "--mount", "sh", "-c", mount, disk, ...words])
          : await run(process.execPath, words.slice(1));
      const stories = JSON.parse(stdout) as readonly WriteStory[];
      const log = { refusal: "none", afterRefusal: "whole lines", afterSpace: "whole lines, and how many are lost" };
      expect(stories.map(({ name }) => name)).toEqual([
        ...["vault", "keyring", "lifeline", "spooled item", "spool key", "settings", "secret on paper", "log"],
        ...["store commit", "bootstrap contacts", "peer", "start mark"],
      ]);
      for (const story of stories) {
        const { name, before } = story;
        const refused = { refusal: "DISK_FULL", afterRefusal: before };
        expect(story, name).toMatchObject({ ...(name === "log" ? log : refused), drafts: [] });
        expect(story.afterSpace, name).not.toBe(before);
      }
    },
    60_000,
  );

  it("stops a running node from taking anything in, and once there is space it goes on by itself", async () => {
    await using world = await circleOf("acme", "borealis");
    const { circle } = world;
    const [acme, borealis] = [world.org("acme"), world.org("borealis")];
    await sees(borealis, await acme.posts(circle, sighting("ip:203.0.113.1")));
    const { store } = borealis.rooms;
    const working = { commit: store.commit.bind(store) };
    const arrived = Promise.withResolvers<undefined>();
    const full: Store["commit"] = () => {
      arrived.resolve(undefined);
      return Promise.reject(new TocsinError("DISK_FULL", "the disk of the store is full"));
    };
    Object.assign(store, { commit: full });
    const missed = await acme.posts(circle, sighting("ip:203.0.113.2"));
    await arrived.promise;
    expect(await refusalOf(() => borealis.posts(circle, sighting("ip:203.0.113.3")))).toBe("DISK_FULL");
    expect(await borealis.items(circle)).toHaveLength(1);
    Object.assign(store, working);
    await sees(acme, await borealis.posts(circle, sighting("ip:203.0.113.3")));
    await sees(borealis, missed);
  }, 60_000);
});

// A full disk at each durable write of a home: the write is refused by name, changes nothing, and passes once there is space again.

import { execFile, spawnSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { limits } from "../../src/base/limits.ts";
import { tempDir } from "../help/temp-dir.ts";
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
});

// The settings of a node: whole or refused.

import { stat, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { limits } from "../../../src/base/limits.ts";
import { checkSettings, quotaBytes, readSettings, writeSettings } from "../../../src/node/config.ts";
import { errorOf, refusalOf } from "../../help/refusal.ts";
import { tempDir } from "../../help/temp-dir.ts";

describe("settings", () => {
  test("are read as they were written, by their owner only", async () => {
    await using folder = await tempDir();
    const settings = {
      listen: ["/ip4/0.0.0.0/tcp/7443", "/ip6/::1/tcp/0"],
      announce: ["/dns4/tocsin.example/tcp/443"],
    };
    await writeSettings(folder.at("node.json"), settings);
    expect(await readSettings(folder.at("node.json"))).toEqual(settings);
    expect((await stat(folder.at("node.json"))).mode & 0o777).toBe(0o600);
  });

  test.each(["", "{}", "[]", '{"listen":[],"announce":[]}', '{"listen":["/ip4/1.2.3.4/tcp/1"],"announce":[],"x":1}'])(
    "%j is refused",
    async (text) => {
      await using folder = await tempDir();
      await writeFile(folder.at("node.json"), text);
      expect(await refusalOf(() => readSettings(folder.at("node.json")))).toBe("CONFIG_INVALID");
    },
  );

  test.each(["0.0.0.0:9464", "192.0.2.1:9464", "localhost:9464", "127.0.0.1", "127.0.0.1:65536", "[::]:9464", ":9464"])(
    "metrics are not served at %s",
    async (metrics) => {
      const listen = ["/ip4/127.0.0.1/tcp/0"];
      expect(await refusalOf(() => checkSettings({ listen, announce: [], metrics }))).toBe("CONFIG_INVALID");
      for (const fine of ["127.0.0.1:9464", "[::1]:0"]) checkSettings({ listen, announce: [], metrics: fine });
    },
  );

  test("say what a circle may take of the disk, in binary units", async () => {
    const [listen, announce] = [["/ip4/127.0.0.1/tcp/0"], []];
    const bytes = (quota: string): number => quotaBytes({ listen, announce, quota });
    expect(quotaBytes({ listen, announce })).toBe(limits.circleQuotaBytes);
    expect([bytes("500MB"), bytes("2GB")]).toEqual([500 * 2 ** 20, 2 * 2 ** 30]);
    await using folder = await tempDir();
    for (const quota of ["2", "0GB", "1.5GB", "-1GB", "2 GB", "2gb", "2TB", "1000000GB", 2, ""]) {
      await writeFile(folder.at("node.json"), JSON.stringify({ listen, announce, quota }));
      const error = await errorOf(() => readSettings(folder.at("node.json")));
      expect([error?.code, error?.message]).toEqual(["CONFIG_INVALID", expect.stringContaining('"quota"')]);
    }
  });

  test.each([
    "/ip4/256.0.0.1/tcp/1",
    "/ip4/::1/tcp/1",
    "/ip6/127.0.0.1/tcp/1",
    "/ip4/127.0.0.1/tcp/65536",
    "/ip4/127.0.0.1/udp/1",
    "/ip4/127.0.0.1/tcp/1/p2p/x",
    "/dns4/tocsin.example/tcp/1",
    "127.0.0.1:7443",
  ])("nobody listens on %s", async (address) => {
    expect(await refusalOf(() => checkSettings({ listen: [address], announce: [] }))).toBe("CONFIG_INVALID");
  });
});

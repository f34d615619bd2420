// Where the files of an organisation are.

import { describe, expect, test } from "vitest";
import { homeOf } from "../../../cli/homes.ts";

describe("the home", () => {
  test("TOCSIN_HOME moves everything", () => {
    const home = homeOf({ HOME: "/h", TOCSIN_HOME: "/t", XDG_DATA_HOME: "/x" });
    expect(home).toEqual({
      data: "/t",
      vault: "/t/vault",
      store: "/t/store",
      start: "/t/start",
      keyring: "/t/keyring",
      settings: "/t/node.json",
      passphrase: "/t/passphrase",
      log: "/t/daemon.log",
      spool: "/t/spool",
      spoolKey: "/t/spool.pub",
      socketPath: "/t/run/daemon.sock",
    });
  });

  test("follows the XDG base directories, ignoring relative ones", () => {
    const env = { HOME: "/h", XDG_DATA_HOME: "relative", XDG_STATE_HOME: "/s", XDG_RUNTIME_DIR: "/r" };
    expect(homeOf(env)).toMatchObject({
      vault: "/h/.local/share/tocsin/vault",
      log: "/s/tocsin/daemon.log",
      socketPath: "/r/tocsin/daemon.sock",
    });
  });

  test("TOCSIN_SOCKET moves the socket alone", () => {
    expect(homeOf({ TOCSIN_HOME: "/t", TOCSIN_SOCKET: "/elsewhere/s" }).socketPath).toBe("/elsewhere/s");
  });

  test("a home too deep for a socket gets one in the private temporary folder, always the same", () => {
    const deep = `/${"d".repeat(120)}`;
    const { socketPath } = homeOf({ TOCSIN_HOME: deep });
    expect(socketPath.length).toBeLessThan(104);
    expect(socketPath).toMatch(/tocsin-\d+\/[0-9a-f]{16}\.sock$/);
    expect(homeOf({ TOCSIN_HOME: deep }).socketPath).toBe(socketPath);
    expect(homeOf({ TOCSIN_HOME: `${deep}x` }).socketPath).not.toBe(socketPath);
  });
});

// Networks that cannot reach each other: Linux network namespaces, made and removed by a test. Where they are not permitted
// (no root, no iproute2) a node that listens nowhere stands in for one behind a wall.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Place } from "./node-process.ts";

const run = promisify(execFile);
const ip = async (...args: readonly string[]): Promise<void> => void (await run("ip", args));

/** Places for a node that everybody can dial and for two that only it can dial. */
export type Walls = AsyncDisposable & {
  readonly real: boolean;
  readonly middle: Place;
  readonly left: Place;
  readonly right: Place;
  /** Opens a way from the left to the right, so that the left can dial the right. */
  readonly breach: () => Promise<void>;
};

export async function buildWalls(): Promise<Walls> {
  const tag = `toc${process.pid % 100_000}`;
  const names = { middle: `${tag}m`, left: `${tag}l`, right: `${tag}r` };
  const remove = async (): Promise<void> => {
    for (const name of Object.values(names)) await ip("netns", "del", name).catch(() => undefined);
  };
  try {
    for (const name of Object.values(names)) await ip("netns", "add", name);
    for (const [side, net] of [["left", "10.77.1"] as const, ["right", "10.77.2"] as const]) {
      await ip("-n", names.middle, "link", "add", side, "type", "veth", "peer", "name", "out", "netns", names[side]);
      for (const [name, device, address] of [
        [names.middle, side, `${net}.1/24`],
        [names[side], "out", `${net}.2/24`],
      ] as const) {
        await ip("-n", name, "addr", "add", address, "dev", device);
        await ip("-n", name, "link", "set", device, "up");
        await ip("-n", name, "link", "set", "lo", "up");
      }
    }
  } catch (cause) {
    await remove();
    const why = cause instanceof Error ? cause.message.split("\n")[0] : "unknown";
    process.stderr.write(`network namespaces are not permitted here (${why}): nodes that listen nowhere stand in\n`);
    const hidden = { listen: [] };
    return {
      ...{ real: false, middle: { relay: true }, left: hidden, right: hidden },
      breach: async () => undefined,
      [Symbol.asyncDispose]: async () => undefined,
    };
  }
  const below = (name: string): Pick<Place, "below"> => ({ below: ["ip", "netns", "exec", name] });
  return {
    real: true,
    middle: { ...below(names.middle), listen: ["/ip4/0.0.0.0/tcp/7443"], relay: true },
    left: { ...below(names.left), listen: ["/ip4/10.77.1.2/tcp/7443"] },
    right: { ...below(names.right), listen: ["/ip4/10.77.2.2/tcp/7443"] },
    breach: async () => {
      await ip("-n", names.left, "route", "add", "10.77.2.0/24", "via", "10.77.1.1");
      await ip("-n", names.right, "route", "add", "10.77.1.0/24", "via", "10.77.2.1");
      await run("ip", ["netns", "exec", names.middle, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"]);
    },
    [Symbol.asyncDispose]: remove,
  };
}

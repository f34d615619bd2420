// The settings of a node: where it listens and what it announces. One small JSON file beside the vault, checked whole
// when it is read; a setting that cannot be meant stops the start instead of being ignored.

import { readFile, rename, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { z } from "zod";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";

export type NodeSettings = {
  /** Multiaddrs `/ip4/…/tcp/…` or `/ip6/…/tcp/…`. */
  readonly listen: readonly string[];
  /** Multiaddrs that peers are told, `/dns4/…/tcp/…` too; empty: what we listen on. */
  readonly announce: readonly string[];
};

const address = (hosts: RegExp): z.ZodType<string> => z.string().refine((text) => portOf(text, hosts) !== undefined);
const LISTEN = /^ip[46]$/;
const ANNOUNCE = /^(ip[46]|dns[46]?)$/;
const settings = z.strictObject({
  listen: z.array(address(LISTEN)).min(1).max(limits.addressesPerMemberMax),
  announce: z.array(address(ANNOUNCE)).max(limits.addressesPerMemberMax),
}) satisfies z.ZodType<NodeSettings>;

/** Throws CONFIG_INVALID where an address is none of the two forms. */
export function checkSettings(value: NodeSettings): void {
  for (const text of value.listen)
    if (portOf(text, LISTEN) === undefined) throw badAddress(text, "/ip4/0.0.0.0/tcp/7443");
  for (const text of value.announce) {
    if (portOf(text, ANNOUNCE) === undefined) throw badAddress(text, "/dns4/tocsin.example/tcp/7443");
  }
  if (!settings.safeParse(value).success) {
    throw new TocsinError("CONFIG_INVALID", `1 to ${limits.addressesPerMemberMax} addresses are needed`);
  }
}

/** Throws CONFIG_INVALID for a file that is missing or holds anything else than settings. */
export async function readSettings(path: string): Promise<NodeSettings> {
  try {
    return settings.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    throw new TocsinError("CONFIG_INVALID", "the settings in node.json cannot be used", { cause });
  }
}

/** Written aside and renamed, readable by its owner only. */
export async function writeSettings(path: string, value: NodeSettings): Promise<void> {
  checkSettings(value);
  await writeFile(`${path}.new`, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** The TCP port of a multiaddr `/<protocol>/<host>/tcp/<port>` whose protocol matches, else undefined. */
function portOf(text: string, protocols: RegExp): number | undefined {
  const [, protocol = "", host = "", port = ""] = /^\/([a-z0-9]+)\/([^/]+)\/tcp\/(\d{1,5})$/.exec(text) ?? [];
  if (!protocols.test(protocol) || Number(port) > 65_535) return undefined;
  const family = isIP(host);
  if (protocol === "ip4" || protocol === "ip6") return family === Number(protocol[2]) ? Number(port) : undefined;
  return family === 0 && /^[a-z0-9.-]{1,253}$/i.test(host) ? Number(port) : undefined;
}

function badAddress(text: string, example: string): TocsinError {
  return new TocsinError("CONFIG_INVALID", `${JSON.stringify(text.slice(0, 64))} is no address of a node`, {
    hint: `write it as ${example}`,
  });
}

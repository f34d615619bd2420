// The settings of a node: where it listens, what it announces, what it tells of its people, and when it warns them. One small
// JSON file beside the vault, checked whole when it is read; a setting that cannot be meant stops the start instead of being ignored.

import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { writeAtomic } from "../../keys/index.ts";
import { utf8 } from "../base/bytes.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { TLP_LEVELS } from "../record/marking.ts";
import { type NodeAddress, parseNodeAddress } from "../record/node-address.ts";
import type { Welcome } from "./closed-circle.ts";
import type { KeepDays } from "./retention.ts";
import {
  duration,
  durationMs,
  type HookSetting,
  hookSettings,
  type NotifySetting,
  notifySettings,
  type ReleaseSetting,
  releaseSettings,
} from "./local-rules.ts";

export type NodeSettings = {
  /** Multiaddrs of addresses of this machine: `/ip4/…/tcp/…` or `/ip6/…/tcp/…`, with `/ws` or `/tls/ws` for WebSocket. */
  readonly listen: readonly string[];
  /** Multiaddrs that peers are told, `/dns4/…/tcp/…` too; empty: what we listen on. */
  readonly announce: readonly string[];
  /** Whether connections are carried for the members of our circles. */
  readonly relay?: boolean;
  /** Whether members are looked for on the local network, which tells it that this node is there. */
  readonly mdns?: boolean;
  /** An HTTP proxy, `http://host:port`, through which WebSocket addresses are dialled. */
  readonly proxy?: string;
  /** Where metrics are served, `127.0.0.1:PORT` or `[::1]:PORT`; nowhere if left out. */
  readonly metrics?: string;
  /** Files of the private key and the certificates of `/tls/ws`, PEM; paths from the folder of the settings. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Whose closed circles this node comes into by itself; left out: those of every member of its circles. */
  readonly direct?: Welcome;
  /** Whether authors are told how far people here have read; left out: yes. */
  readonly readReceipts?: boolean;
  /** What no post may hold unseen. */
  readonly scrub?: ScrubSettings;
  /** Absolute path of a socket for scripts of other users, in a folder of ours that they may enter; each shows a token. */
  readonly scriptSocket?: string;
  /** How long at most after its approval something is said for another member, such as 15m or 2h; left out: 15m. */
  readonly sponsorDelay?: string;
  /** After how long people here are told of a post that an org does not hold, such as 30m, 4h or 2d; left out: 4h. */
  readonly undelivered?: string;
  /** Who must approve what before it leaves; left out: nobody, but of what scripts hold. */
  readonly release?: readonly ReleaseSetting[];
  /** Programs that are run when members raise alerts, or name what is looked for. */
  readonly hooks?: readonly HookSetting[];
  /** When people here are told that something came. */
  readonly notify?: NotifySetting;
  /** What each circle may take of the disk, such as 500MB or 2GB, in binary units; left out: 2GB. */
  readonly quota?: string;
  /** For how many days bodies are kept here, by their marking, such as `{ "red": 30 }`; left out, or longer: as the circle has it. */
  readonly keepDays?: KeepDays;
};

/** What is known of the own organisation, for the review of what is posted (docs/scrub.md); each may be left out. */
export type ScrubSettings = {
  /** Two letters of ISO 3166: whose telephone numbers are written without their country. */
  readonly country?: string;
  /** Own domains: with all names below them. */
  readonly domains?: readonly string[];
  /** Own networks, `address/prefix`, beside those that are internal everywhere. */
  readonly networks?: readonly string[];
  /** Names of hosts and users. */
  readonly names?: readonly string[];
  /** A folder of warninglists in MISP's format; a path from the folder of the settings. */
  readonly warninglists?: string;
};

const UNIT_BYTES = { MB: 2 ** 20, GB: 2 ** 30 } as const;

const isListen = (text: string): boolean => (parseNodeAddress(text)?.kind ?? "name") !== "name";
const isAnnounce = (text: string): boolean => (parseNodeAddress(text)?.port ?? 0) > 0;
const isProxy = (text: string): boolean => {
  const url = URL.parse(text);
  return url?.protocol === "http:" && url.pathname === "/" && url.search === "" && url.hash === "";
};
/** Whoever reads the metrics learns how busy the circles are: nobody but this machine does. */
const isLoopback = (text: string): boolean => {
  const [, port] = /^(?:127\.0\.0\.1|\[::1\]):(\d{1,5})$/.exec(text) ?? [];
  return port !== undefined && Number(port) <= 65_535;
};
const path = z.string().min(1).max(4_096);
const ownWords = z.array(z.string().min(1).max(limits.addressCharsMax)).max(limits.scrubWordsMax).exactOptional();
const scrub = z.strictObject({
  country: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .exactOptional(),
  domains: ownWords,
  networks: ownWords,
  names: ownWords,
  warninglists: path.exactOptional(),
});
const settings = z.strictObject({
  listen: z.array(z.string().refine(isListen)).min(1).max(limits.addressesPerMemberMax),
  announce: z.array(z.string().refine(isAnnounce)).max(limits.addressesPerMemberMax),
  relay: z.boolean().exactOptional(),
  mdns: z.boolean().exactOptional(),
  proxy: z.string().max(limits.addressCharsMax).refine(isProxy).exactOptional(),
  metrics: z.string().max(64).exactOptional(),
  tls: z.strictObject({ key: path, cert: path }).exactOptional(),
  direct: z.enum(["members", "verified", "nobody"]).exactOptional(),
  readReceipts: z.boolean().exactOptional(),
  scrub: scrub.exactOptional(),
  scriptSocket: path.startsWith("/").exactOptional(),
  sponsorDelay: duration.exactOptional(),
  undelivered: duration.exactOptional(),
  release: releaseSettings.exactOptional(),
  hooks: hookSettings.exactOptional(),
  notify: notifySettings.exactOptional(),
  quota: z
    .string()
    .regex(/^[1-9]\d{0,5}(MB|GB)$/)
    .exactOptional(),
  keepDays: z
    .strictObject(
      Object.fromEntries(TLP_LEVELS.map((tlp) => [tlp, z.number().int().min(1).max(36_500).exactOptional()])),
    )
    .exactOptional(),
}) satisfies z.ZodType<NodeSettings>;

/** Throws CONFIG_INVALID where an address is none of the forms, or `/tls/ws` is listened on without a certificate. */
export function checkSettings(value: NodeSettings): void {
  for (const text of value.listen) if (!isListen(text)) throw badAddress(text, "/ip4/0.0.0.0/tcp/7443");
  for (const text of value.announce) if (!isAnnounce(text)) throw badAddress(text, "/dns4/tocsin.example/tcp/7443");
  if (value.metrics !== undefined && !isLoopback(value.metrics))
    throw new TocsinError("CONFIG_INVALID", "metrics are served to this machine only", {
      hint: 'write "metrics": "127.0.0.1:9464" in node.json',
    });
  if (!settings.safeParse(value).success) {
    throw new TocsinError("CONFIG_INVALID", `1 to ${limits.addressesPerMemberMax} addresses are needed`);
  }
  if (!value.tls && addressesOf(value.listen).some(({ transport }) => transport === "wss"))
    throw new TocsinError("CONFIG_INVALID", "/tls/ws cannot be listened on without a certificate", {
      hint: 'name its files in node.json: "tls": { "key": "key.pem", "cert": "cert.pem" }',
    });
}

/** How long a post may wait for an org before people are told. */
export function sponsorDelayMs({ sponsorDelay }: NodeSettings): number {
  return sponsorDelay === undefined ? limits.sponsorDelayMs : durationMs(sponsorDelay);
}

export function undeliveredMs({ undelivered }: NodeSettings): number {
  return undelivered === undefined ? limits.undeliveredMs : durationMs(undelivered);
}

/** What one circle may take of the disk, in bytes. */
export function quotaBytes({ quota }: NodeSettings): number {
  if (quota === undefined) return limits.circleQuotaBytes;
  return Number(quota.slice(0, -2)) * UNIT_BYTES[quota.slice(-2) as keyof typeof UNIT_BYTES];
}

/** Throws CONFIG_INVALID for a file that is missing or holds anything else than settings. */
export async function readSettings(path: string): Promise<NodeSettings> {
  let value: NodeSettings;
  try {
    value = settings.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    const at = cause instanceof z.ZodError ? cause.issues[0]?.path[0] : undefined;
    const where = typeof at === "string" ? `: look at "${at}"` : "";
    throw new TocsinError("CONFIG_INVALID", `the settings in node.json cannot be used${where}`, { cause });
  }
  checkSettings(value);
  // Whoever can write the file has this user run what it likes.
  if (value.hooks && ((await stat(path)).mode & 0o022) !== 0)
    throw new TocsinError("CONFIG_INVALID", "node.json names hooks, and others may write to it", {
      hint: "run tocsin doctor --fix",
    });
  return value;
}

/** The key and the certificates that the settings at a path name, PEM. Throws CONFIG_INVALID where a file cannot be read. */
export async function readTls(path: string, tls: NodeSettings["tls"]): Promise<NodeSettings["tls"]> {
  if (!tls) return undefined;
  try {
    const [key, cert] = await Promise.all(
      [tls.key, tls.cert].map(async (file) => readFile(resolve(dirname(path), file), "utf8")),
    );
    return key === undefined || cert === undefined ? undefined : { key, cert };
  } catch (cause) {
    throw new TocsinError("CONFIG_INVALID", "the certificate named in node.json cannot be read", { cause });
  }
}

/** Written aside, synced and renamed, readable by its owner only. Throws DISK_FULL, CONFIG_INVALID, STORE_FAILED. */
export async function writeSettings(path: string, value: NodeSettings): Promise<void> {
  checkSettings(value);
  await writeAtomic(path, utf8(`${JSON.stringify(value, undefined, 2)}\n`), { replace: true });
}

function addressesOf(texts: readonly string[]): readonly NodeAddress[] {
  return texts.map(parseNodeAddress).filter((address) => address !== undefined);
}

function badAddress(text: string, example: string): TocsinError {
  return new TocsinError("CONFIG_INVALID", `${JSON.stringify(text.slice(0, 64))} is no address of a node`, {
    hint: `write it as ${example}`,
  });
}

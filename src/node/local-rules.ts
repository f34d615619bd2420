// The part of the settings that is about the people and programs of this org: who approves what before it leaves, and what is run when.

import { z } from "zod";
import { limits } from "../base/limits.ts";
import { TLP_LEVELS, type Tlp } from "../record/marking.ts";
import { type NotifyRule, type NotifySettings, TELLINGS } from "../notify/notify.ts";
import { isZone, ownZone, TIME_OF_DAY } from "../notify/wall-clock.ts";
import { POST_KINDS } from "../record/body.ts";
import type { ReleaseRule } from "../seat/release.ts";

/** A rule of the settings; see `ReleaseRule`. */
export type ReleaseSetting = Omit<ReleaseRule, "withinMs"> & {
  /** How long an approval counts, such as 30m, 4h or 2d; left out: 24h. */
  readonly within?: string;
};

/** A program of this org that is run when members say something. */
export type HookSetting = {
  /** `alert`: a member raised one. `match`: a member named what the query asks for or, without one, an indicator that we named. */
  readonly on: "alert" | "match";
  /** Names, or ids in hexadecimal; left out: every circle. */
  readonly circles?: readonly string[];
  /** Of a match: words of a search. */
  readonly query?: string;
  /** The program by its absolute path, and its arguments. No shell sees them. */
  readonly run: readonly string[];
  /** The strictest marking that is handed over; left out: amber+strict. RED never is. */
  readonly maxTlp?: Tlp;
  /** What the program does with it, as far as PAP cares; left out: passive. */
  readonly does?: "passive" | "third-party" | "active";
};

/** When people are told that something came; see `NotifySettings`. */
export type NotifySetting = {
  readonly rules?: readonly NotifyRule[];
  /** Left out: the zone of this machine. */
  readonly zone?: string;
  readonly quiet?: NonNullable<NotifySettings["quiet"]>;
  /** Left out: alerts. */
  readonly pierce?: NotifySettings["pierce"];
  readonly digest?: NotifySettings["digest"];
  readonly words?: boolean;
  /** How often an alert is told again until somebody here acknowledged it, such as 15m; left out: 5m; "never". */
  readonly again?: string;
};

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A number and a unit: 30m, 4h, 2d. */
export const duration = z.string().regex(/^[1-9]\d{0,3}[smhd]$/);
const names = z.array(z.string().min(1).max(limits.nameCharsMax)).min(1).max(limits.circlesMax);

export const releaseSettings = z
  .array(
    z
      .strictObject({
        circles: names.exactOptional(),
        tlp: z.array(z.enum(TLP_LEVELS)).min(1).exactOptional(),
        approvals: z.number().int().min(1).max(limits.seatsMax),
        by: names.exactOptional(),
        within: duration.exactOptional(),
      })
      // What nobody could ever meet is a mistake.
      .refine(({ approvals, by }) => by === undefined || new Set(by).size >= approvals),
  )
  .max(limits.localRulesMax) satisfies z.ZodType<readonly ReleaseSetting[]>;

export const hookSettings = z
  .array(
    z
      .strictObject({
        on: z.enum(["alert", "match"]),
        circles: names.exactOptional(),
        query: z.string().min(1).max(limits.titleCharsMax).exactOptional(),
        run: z.tuple([z.string().startsWith("/").max(4_096)], z.string().max(4_096)).check(z.maxLength(64)),
        maxTlp: z.enum(TLP_LEVELS).exclude(["red"]).exactOptional(),
        does: z.enum(["passive", "third-party", "active"]).exactOptional(),
      })
      .refine(({ on, query }) => on === "match" || query === undefined),
  )
  .max(limits.localRulesMax) satisfies z.ZodType<readonly HookSetting[]>;

const time = z.string().regex(TIME_OF_DAY);
const kinds = z.array(z.enum(POST_KINDS)).max(POST_KINDS.length);

export const notifySettings = z.strictObject({
  rules: z
    .array(
      z.strictObject({ circles: names.exactOptional(), kinds: kinds.min(1).exactOptional(), tell: z.enum(TELLINGS) }),
    )
    .max(limits.localRulesMax)
    .exactOptional(),
  zone: z.string().max(limits.nameCharsMax).refine(isZone).exactOptional(),
  // From a time to itself would be always, or never.
  quiet: z
    .strictObject({ from: time, to: time })
    .refine(({ from, to }) => from !== to)
    .exactOptional(),
  pierce: kinds.exactOptional(),
  digest: z.array(time).max(24).exactOptional(),
  words: z.boolean().exactOptional(),
  again: z.union([duration, z.literal("never")]).exactOptional(),
}) satisfies z.ZodType<NotifySetting>;

/** How people are told, with what the settings leave out. */
export function notifyRules(settings: NotifySetting = {}): NotifySettings {
  const {
    rules = [],
    zone = ownZone(),
    pierce = ["alert"],
    digest = [],
    words = false,
    quiet,
    again = "15m",
  } = settings;
  const told = again === "never" ? {} : { againMs: durationMs(again) };
  return { rules, zone, pierce, digest, words, ...told, ...(quiet && { quiet }) };
}

/** The rules that the settings name. */
export function releaseRules(settings: readonly ReleaseSetting[] = []): readonly ReleaseRule[] {
  return settings.map(({ within = "24h", ...rule }) => ({ ...rule, withinMs: durationMs(within) }));
}

export type LocalRules = {
  readonly release?: readonly ReleaseSetting[];
  readonly hooks?: readonly HookSetting[];
  readonly notify?: NotifySetting;
};

/** Circles and seats that the rules name and that there are none of: a rule about them is about nothing. */
export function namedInVain(
  { release = [], hooks = [], notify }: LocalRules,
  known: { readonly circles: ReadonlySet<string>; readonly seats: ReadonlySet<string> },
): readonly string[] {
  const about = [...release, ...hooks, ...(notify?.rules ?? [])];
  const circles = about.flatMap(({ circles: named = [] }) => named).filter((name) => !known.circles.has(name));
  const seats = release.flatMap(({ by = [] }) => by).filter((name) => !known.seats.has(name));
  return [...new Set([...circles, ...seats])];
}

/** A duration of the settings in ms. */
export function durationMs(text: string): number {
  return Number(text.slice(0, -1)) * UNIT_MS[text.slice(-1) as keyof typeof UNIT_MS];
}

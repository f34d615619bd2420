// The part of the settings that says what this org asks of its own people: who approves what before it leaves.

import { z } from "zod";
import { limits } from "../base/limits.ts";
import { TLP_LEVELS } from "../record/marking.ts";
import type { ReleaseRule } from "../seat/release.ts";

/** A rule of the settings; see `ReleaseRule`. */
export type ReleaseSetting = Omit<ReleaseRule, "withinMs"> & {
  /** How long an approval counts, such as 30m, 4h or 2d; left out: 24h. */
  readonly within?: string;
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

/** The rules that the settings name. */
export function releaseRules(settings: readonly ReleaseSetting[] = []): readonly ReleaseRule[] {
  return settings.map(({ within = "24h", ...rule }) => ({ ...rule, withinMs: durationMs(within) }));
}

/** A duration of the settings in ms. */
export function durationMs(text: string): number {
  return Number(text.slice(0, -1)) * UNIT_MS[text.slice(-1) as keyof typeof UNIT_MS];
}

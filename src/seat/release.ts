// By whose approval a post is let out: the rules of this node, which of them ask for a post, and what they still ask for. Pure judgements.

import type { PostBody } from "../record/body.ts";
import type { CircleId } from "../record/ids.ts";
import type { Tlp } from "../record/marking.ts";

/** So many seats must approve what goes to these circles under these markings. */
export type ReleaseRule = {
  /** Names, or ids in hexadecimal; absent: every circle. */
  readonly circles?: readonly string[];
  /** Absent: every marking. */
  readonly tlp?: readonly Tlp[];
  readonly approvals: number;
  /** Seats of which they must be; absent: any that may approve. */
  readonly by?: readonly string[];
  /** How long an approval counts, ms. */
  readonly withinMs: number;
};

/** What a rule asks for, and how far that is. */
export type Need = {
  readonly approvals: number;
  /** Seats whose approval counts now. */
  readonly have: readonly string[];
  /** Seats that may give one still. */
  readonly may: readonly string[];
};

/** Where a post is to go. */
export type Target = { readonly id: CircleId; readonly name: string };

/** Whether rules ask for a post at all: what says nothing in words of its own tells nobody anything, and no rule may keep it back. */
export function isAsked(body: PostBody): boolean {
  if (body.kind === "ack") return body.note !== undefined;
  if (body.kind === "retract") return body.why !== undefined;
  return body.kind !== "nudge";
}

/** The rules that ask for what goes to a circle under a marking: each must be met. */
export function rulesFor(rules: readonly ReleaseRule[], { id, name }: Target, tlp: Tlp): readonly ReleaseRule[] {
  return rules.filter(
    ({ circles, tlp: markings }) =>
      (circles?.some((named) => named === name || named === id) ?? true) && (markings?.includes(tlp) ?? true),
  );
}

/**
 * What is asked for a held post: one approval where no rule says more. R77: an approval counts only of a seat that may approve there now
 * and is not the one that wants to say it, of whom the rule names where it names any, of exactly the bytes that are held, and for the
 * rule's time. `approvals` are those that are signed so; `able`: who may approve in the circle now.
 */
export function needsOf(
  rules: readonly ReleaseRule[],
  held: {
    readonly approvals: readonly { readonly seat: string; readonly at: number }[];
    readonly able: readonly string[];
    readonly poster: string;
    readonly now: number;
  },
): readonly Need[] {
  const { approvals, able, poster, now } = held;
  const all: readonly Pick<ReleaseRule, "approvals" | "by" | "withinMs">[] =
    rules.length > 0 ? rules : [{ approvals: 1, withinMs: Infinity }];
  return all.map(({ approvals: wanted, by, withinMs }) => {
    const asked = able.filter((seat) => seat !== poster && (by?.includes(seat) ?? true));
    // A clock that was put back makes no approval younger.
    const counts = (seat: string): boolean =>
      approvals.some((one) => one.seat === seat && Math.abs(now - one.at) < withinMs);
    return { approvals: wanted, have: asked.filter(counts), may: asked.filter((seat) => !counts(seat)) };
  });
}

export function isMet(needs: readonly Need[]): boolean {
  return needs.every(({ approvals, have }) => have.length >= approvals);
}

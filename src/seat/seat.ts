// Who uses this node: seats of people and machines, the tokens by which they prove who they are, and what each may do. Values and
// pure judgements; what is told to other nodes of a seat is its name and nothing else.

import type { PostKind } from "../record/body.ts";
import type { CircleId } from "../record/ids.ts";
import { stricter, type Tlp, tlpLabel } from "../record/marking.ts";

/** From looking to ruling. None of them holds another one. */
export const RIGHTS = ["read", "post", "alert", "approve", "steward", "admin"] as const;
export type Right = (typeof RIGHTS)[number];

/** A person or a machine of this org. */
export type Seat = {
  readonly name: string;
  /** What a machine says is marked as said by one. */
  readonly machine: boolean;
  readonly rights: readonly Right[];
  /** Absent: all circles, those to come too. */
  readonly circles?: readonly CircleId[];
  /** When it was added, ms since 1970. */
  readonly at: number;
};

/** So many posts in so long; a burst may take them all at once. */
export type Rate = { readonly count: number; readonly perMs: number };

/** What a client shows to speak as a seat. It narrows what the seat may do and never widens it. */
export type Token = {
  readonly name: string;
  readonly seat: string;
  /** Keyed hash of its secret, which is not kept. */
  readonly mac: Uint8Array;
  readonly circles?: readonly CircleId[];
  /** What may be posted by it; absent: every kind that the seat may post. */
  readonly kinds?: readonly PostKind[];
  readonly maxTlp?: Tlp;
  readonly rate?: Rate;
  /** Whether its posts wait until another seat has released them. */
  readonly release: "auto" | "hold";
  readonly expires?: number;
  readonly at: number;
};

/** Who asks, as it stands at this moment. */
export type Caller = {
  readonly seat: string;
  readonly machine: boolean;
  readonly rights: ReadonlySet<Right>;
  readonly circles?: ReadonlySet<CircleId>;
  readonly token?: Pick<Token, "name" | "kinds" | "maxTlp" | "rate" | "release">;
};

/** Whoever reaches the owner's socket. */
export function ownerCaller(seat: string): Caller {
  return { seat, machine: false, rights: new Set(RIGHTS) };
}

/** What a seat may do by a token. */
export function callerOf({ name, machine, rights, circles }: Seat, token: Token): Caller {
  const both = circles && token.circles ? circles.filter((id) => token.circles?.includes(id)) : undefined;
  const may = both ?? circles ?? token.circles;
  return { seat: name, machine, rights: new Set(rights), ...(may && { circles: new Set(may) }), token };
}

/** Why a caller may not say something, in words; undefined where it may. */
export function refusedPost(
  { rights, token, seat }: Caller,
  { kind, tlp }: { readonly kind: PostKind; readonly tlp: Tlp },
): string | undefined {
  if (kind === "alert" && !rights.has("alert")) return `seat ${seat} may not raise alerts`;
  if (token?.kinds && !token.kinds.includes(kind)) return `token ${token.name} may not post a ${kind}`;
  if (token?.maxTlp !== undefined && stricter(tlp, token.maxTlp))
    return `token ${token.name} posts ${tlpLabel(token.maxTlp)} at most`;
  return undefined;
}

/** What is left of a rate: tokens of a bucket, and when that was so. */
export type Bucket = { readonly left: number; readonly atMs: number };

/** A bucket after one more post, or after how long there is room for it. */
export function spend({ count, perMs }: Rate, before: Bucket | undefined, nowMs: number): Bucket | { waitMs: number } {
  const passed = before ? Math.max(0, nowMs - before.atMs) : 0;
  const left = before ? Math.min(count, before.left + (passed * count) / perMs) : count;
  return left >= 1 ? { left: left - 1, atMs: nowMs } : { waitMs: Math.ceil(((1 - left) * perMs) / count) };
}

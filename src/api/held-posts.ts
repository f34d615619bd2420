// What a script says by a token that holds it: kept until another seat decides, and told as what it is.

import type { Clearance } from "../audit/clearance.ts";
import { toHex } from "../base/bytes.ts";
import { TocsinError } from "../base/errors.ts";
import type { HeldPost, Releases } from "../node/releases.ts";
import type { Rooms } from "../node/rooms.ts";
import type { Seats } from "../node/seats.ts";
import type { Utterance } from "../node/utterance.ts";
import { type CircleId, printId } from "../record/ids.ts";
import type { PostBody, PostKind } from "../record/body.ts";
import type { Risk } from "../record/risk.ts";
import type { Need } from "../seat/release.ts";
import type { Caller } from "../seat/seat.ts";
import type { ImportLineDocument, ResultDocument } from "./documents.ts";

/** Who uses a node, and what of it waits to be released. */
export type Staff = { readonly seats: Seats; readonly releases: Releases };

export function isHeld({ token }: Caller): boolean {
  return token?.release === "hold";
}

/** Whether what a caller says waits for others: by its token, or by the rules of this node. */
export function mustWait(
  { releases }: Pick<Staff, "releases">,
  caller: Caller,
  said: { circle: CircleId; body: PostBody },
): boolean {
  return isHeld(caller) || releases.asks(said.circle, said.body);
}

/** What is told in the trail of what goes out at once. */
export function clearanceBy({ token }: Caller): Clearance {
  return token ? { token: token.name } : {};
}

/** Holds posts of a caller; one without a key is a post of its own. */
export async function holdFor(
  rooms: Rooms,
  { releases }: Pick<Staff, "releases">,
  asked: { readonly caller: Caller; readonly circle: CircleId; readonly utterances: readonly Utterance[] },
): ReturnType<Releases["hold"]> {
  const { caller, circle, utterances } = asked;
  const keyed = utterances.map((one) => ({ ...one, key: one.key ?? `held:${toHex(rooms.random(16))}` }));
  return releases.hold(circle, keyed, { seat: caller.seat, token: caller.token?.name ?? "" });
}

/** How a post that is held, or was rejected, is told to the one who said it. */
export function presentHeld(
  { releases }: Pick<Staff, "releases">,
  post: HeldPost,
): Pick<ResultDocument, "id" | "state" | "held" | "rejected"> {
  const { id, state, by, reason } = post;
  if (state === "rejected") return { id, state: "rejected", rejected: { by, reason } };
  const { have, wanted } = state === "held" ? furthest(releases.needs(post)) : { have: 1, wanted: 1 };
  return { id, state: "held", held: { reason: "release", heard: have, needed: wanted } };
}

/** How it would be told of a post that would wait. */
export function rehearseHeld(
  { releases }: Pick<Staff, "releases">,
  caller: Caller,
  { circle, utterance }: { readonly circle: CircleId; readonly utterance: Utterance },
): Pick<ResultDocument, "state" | "held"> {
  const { have, wanted } = furthest(releases.wanted(circle, utterance.body, caller.seat));
  return { state: "held", held: { reason: "release", heard: have, needed: wanted } };
}

/** Of what is asked for, what lacks most. */
export function furthest(needs: readonly Need[]): { readonly have: number; readonly wanted: number } {
  const all = needs.map(({ approvals, have }) => ({ have: have.length, wanted: approvals }));
  const lacking = all.toSorted((left, right) => right.wanted - right.have - (left.wanted - left.have));
  return lacking[0] ?? { have: 0, wanted: 0 };
}

/** The same in a line of an import. */
export function presentHeldLine(
  { id, state, record }: HeldPost,
  { isNew, kind }: { readonly isNew: boolean; readonly kind: PostKind },
): Pick<ImportLineDocument, "id" | "state"> {
  if (state === "released") return { id: record === undefined ? id : printId(kind, record), state: "duplicate" };
  return { id, state: state === "rejected" ? "rejected" : isNew || state === "held" ? "held" : "duplicate" };
}

/** Dangers are taken by people. Throws RIGHT_MISSING. */
export function refuseRisks({ machine, seat }: Caller, accept: readonly Risk[] = []): void {
  if (machine && accept.length > 0)
    throw new TocsinError("RIGHT_MISSING", `seat ${seat} is a machine and takes no risks`);
}

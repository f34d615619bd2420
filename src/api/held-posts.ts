// What a script says by a token that holds it: kept until another seat decides, and told as what it is.

import { toHex } from "../base/bytes.ts";
import { TocsinError } from "../base/errors.ts";
import type { HeldPost, Releases } from "../node/releases.ts";
import type { Rooms } from "../node/rooms.ts";
import type { Seats } from "../node/seats.ts";
import type { Utterance } from "../node/utterance.ts";
import { type CircleId, printId } from "../record/ids.ts";
import type { PostKind } from "../record/body.ts";
import type { Risk } from "../record/risk.ts";
import type { Caller } from "../seat/seat.ts";
import type { ImportLineDocument, ResultDocument } from "./documents.ts";

/** Who uses a node, and what of it waits to be released. */
export type Staff = { readonly seats: Seats; readonly releases: Releases };

export function isHeld({ token }: Caller): boolean {
  return token?.release === "hold";
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
export function presentHeld({ id, state }: HeldPost): Pick<ResultDocument, "id" | "state" | "held"> {
  if (state === "rejected") return { id, state: "rejected" };
  return { id, state: "held", held: { reason: "release", heard: state === "held" ? 0 : 1, needed: 1 } };
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

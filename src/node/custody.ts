// The verbs about what becomes of records: legal holds, and exercises of a circle.

import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { encodeExercise, type Exercise, runningAt } from "../circle/exercise.ts";
import { encodeHold, type HoldScope } from "../circle/hold.ts";
import { refuseSteward } from "../circle/policy.ts";
import type { CircleId } from "../record/ids.ts";
import { rosterOf } from "./circle-state.ts";
import { untilAsked } from "./lanes.ts";
import { currentCircle, declare } from "./post.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";
import type { Statement } from "./utterance.ts";

/** Says one of them in the circle's turn; nothing where `statementFor` answers nothing. */
async function say(
  rooms: Rooms,
  circle: CircleId,
  statementFor: (live: LiveCircle) => Statement | undefined,
): Promise<void> {
  currentCircle(rooms, circle);
  await untilAsked(rooms, circle);
  await rooms.turns.take(circle, async () => {
    const live = currentCircle(rooms, circle);
    const statement = statementFor(live);
    if (statement) await declare(rooms, live, [statement]);
  });
}

/** Keeps a record, or all of a circle, from being erased here, and tells the circle. Throws LIMIT_EXCEEDED. */
export async function hold(rooms: Rooms, circle: CircleId, of: HoldScope, reason: string): Promise<void> {
  await say(rooms, circle, ({ state }) => {
    const own = state.holds.get(rooms.me.id);
    if (own?.has(of) === true && own.get(of)?.reason === reason) return undefined;
    // A hold that pushed another one out would have that erased.
    if (own?.has(of) !== true && (own?.size ?? 0) >= limits.holdsPerMemberMax)
      throw new TocsinError("LIMIT_EXCEEDED", `${limits.holdsPerMemberMax} holds of this circle are in force`, {
        hint: "hold the circle as a whole, or release some",
      });
    return { kind: "hold", body: encodeHold({ op: "hold", of, reason }) };
  });
}

/** Ends a hold; what was withdrawn meanwhile is erased with it. Throws NOT_FOUND where this node holds nothing such. */
export async function release(rooms: Rooms, circle: CircleId, of: HoldScope): Promise<void> {
  await say(rooms, circle, ({ state }) => {
    if (state.holds.get(rooms.me.id)?.has(of) !== true)
      throw new TocsinError("NOT_FOUND", "this node has no such hold in force", {
        hint: "the node that said it releases it",
      });
    return { kind: "hold", body: encodeHold({ op: "release", of }) };
  });
}

/** Starts an exercise. Throws STEWARD_NEEDED. */
export async function startExercise(
  rooms: Rooms,
  circle: CircleId,
  { name, forMs }: { readonly name: string; readonly forMs: number },
): Promise<void> {
  await say(rooms, circle, ({ state }) => {
    refuse(rooms, state);
    const until = rooms.clock.now() + Math.min(forMs, limits.exerciseMaxMs);
    return { kind: "exercise", body: encodeExercise({ op: "start", name, until }) };
  });
}

/** Ends the exercise that runs. Throws NOT_FOUND, STEWARD_NEEDED. */
export async function stopExercise(rooms: Rooms, circle: CircleId): Promise<void> {
  await say(rooms, circle, (live) => {
    const running = exerciseOf(rooms, live);
    if (!running) throw new TocsinError("NOT_FOUND", "no exercise is running");
    refuse(rooms, live.state);
    return { kind: "exercise", body: encodeExercise({ op: "stop", exercise: running.id }) };
  });
}

/** The exercise that runs in a circle now, or ran at an earlier moment. */
export function exerciseOf(
  { clock }: Pick<Rooms, "clock">,
  { state }: Pick<LiveCircle, "state">,
  then: number = clock.now(),
): Exercise | undefined {
  return runningAt(state.exercises, clock.now(), Math.min(then, clock.now()));
}

function refuse(rooms: Rooms, state: LiveCircle["state"]): void {
  const refused = refuseSteward(rosterOf(state), rooms.me.id);
  if (refused) throw refused;
}

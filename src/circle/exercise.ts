// Exercises of a circle: while one runs, what members say is a drill unless they say otherwise. It decides nothing about a record: that is
// in its signed header.

import { z } from "zod";
import { decodeCbor, encodeCbor } from "../base/cbor.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { idBytes, ID_BYTES, type MemberId, recordId, type RecordId } from "../record/ids.ts";

export type ExerciseNotice =
  | { readonly op: "start"; readonly name: string; readonly until: number }
  | { readonly op: "stop"; readonly exercise: RecordId };
export type Exercise = {
  readonly id: RecordId;
  readonly by: MemberId;
  readonly name: string;
  /** By its author's clock, ms since 1970. */
  readonly at: number;
  /** It ends by itself then. */
  readonly until: number;
};
/** Exercises by their first record, and when a steward ended them, be it that this was heard of first. */
export type Exercises = ReadonlyMap<RecordId, { readonly start?: Exercise; readonly stoppedAt?: number }>;

const exerciseSchema = z.discriminatedUnion("op", [
  z.strictObject({
    op: z.literal("start"),
    name: z.string().min(1).max(limits.titleCharsMax),
    until: z.number().int().min(0).max(limits.momentMaxMs),
  }),
  z.strictObject({
    op: z.literal("stop"),
    exercise: z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === ID_BYTES),
  }),
]);

export function encodeExercise(notice: ExerciseNotice): Uint8Array {
  return encodeCbor(notice.op === "stop" ? { ...notice, exercise: idBytes(notice.exercise) } : notice);
}

/** Throws RECORD_BODY_INVALID. */
export function decodeExercise(bytes: Uint8Array): ExerciseNotice {
  const parsed = exerciseSchema.safeParse(decodeCbor(bytes, limits.recordBytesMax));
  if (!parsed.success) throw new TocsinError("RECORD_BODY_INVALID", "not an exercise that this version knows");
  return parsed.data.op === "stop" ? { op: "stop", exercise: recordId(parsed.data.exercise) } : parsed.data;
}

/** The exercises after a word of a steward. A start lasts `limits.exerciseMaxMs` at most; the last `limits.exercisesKept` are known. */
export function withExercise(
  exercises: Exercises,
  notice: ExerciseNotice,
  { id, by, at }: Pick<Exercise, "id" | "by" | "at">,
): Exercises {
  const next = new Map(exercises);
  if (notice.op === "stop") {
    const known = next.get(notice.exercise);
    next.set(notice.exercise, { ...known, stoppedAt: Math.min(at, known?.stoppedAt ?? at) });
  } else {
    const until = Math.min(notice.until, at + limits.exerciseMaxMs);
    next.set(id, { ...next.get(id), start: { id, by, name: notice.name, at, until } });
  }
  return new Map([...next].slice(-limits.exercisesKept));
}

/** The exercise that runs now, or that ran at an earlier moment; of several the one that was started last. */
export function runningAt(exercises: Exercises, now: number, then: number = now): Exercise | undefined {
  const running = [...exercises.values()].flatMap(({ start, stoppedAt = Infinity }) => {
    if (!start || start.until <= then) return [];
    // A word that is heard now holds now, however the clock of its author goes.
    return then < now ? (start.at <= then && then < stoppedAt ? [start] : []) : stoppedAt === Infinity ? [start] : [];
  });
  return running.sort((left, right) => right.at - left.at)[0];
}

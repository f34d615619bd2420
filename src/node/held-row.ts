// A post that waits to be released, as the store keeps it: bytes to value and back, strictly.

import { z } from "zod";
import { type Approval, subjectOf } from "../audit/approval.ts";
import { type Clearance, decodeClearance, encodeClearance } from "../audit/clearance.ts";
import { toBase32, utf8 } from "../base/bytes.ts";
import { type Cbor, decodeCbor, encodeCbor } from "../base/cbor.ts";
import { sha256 } from "../base/digest.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { PostBody } from "../record/body.ts";
import { circleId, type CircleId, ID_BYTES, idBytes, recordId, type RecordId } from "../record/ids.ts";
import { decodePost, encodePost } from "../record/parse-body.ts";
import { RISKS } from "../record/risk.ts";
import type { Utterance } from "./utterance.ts";

/** `approved`: enough seats released it, and it is being posted. */
const STATES = ["held", "approved", "released", "rejected"] as const;

export type HeldPost = {
  /** `h-` and base 32, from its circle and key: the same key is the same post. */
  readonly id: string;
  readonly circle: CircleId;
  readonly key: string;
  /** What it says; gone once it is released or rejected. */
  readonly said: (Pick<Utterance, "exercise" | "accept" | "clearance"> & { readonly body: PostBody }) | undefined;
  /** Who wants to say it, and by which token; empty: by none. */
  readonly seat: string;
  readonly token: string;
  readonly at: number;
  readonly state: (typeof STATES)[number];
  /** One a seat, also those that do not count any more; once it is decided, those by which it was released. */
  readonly approvals: readonly Approval[];
  /** By whom and why it was released without. */
  readonly breakGlass: Clearance["breakGlass"];
  /** Who decided, when and why; or, while it is held, why the circle refused it after a release. */
  readonly by: string;
  readonly decidedAt: number;
  readonly reason: string;
  /** What it became. */
  readonly record: RecordId | undefined;
  /** Once it is approved: when it is posted at the earliest, ms since 1970. */
  readonly dueAt: number;
};

const bytes = (length: number): z.ZodType<Uint8Array> =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length);
const some = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const moment = z.number().int().min(0).max(limits.momentMaxMs);
const row = z.strictObject({
  circle: bytes(ID_BYTES),
  key: z.string(),
  said: z
    .strictObject({
      body: some,
      exercise: z.boolean(),
      accept: z.array(z.enum(RISKS)),
      clearance: some.nullable(),
    })
    .nullable(),
  ...{ seat: z.string(), token: z.string(), at: moment, state: z.enum(STATES) },
  /** The approvals and the breaking of the glass, in the form of the trail. */
  approved: some,
  ...{ by: z.string(), decidedAt: moment, reason: z.string(), record: bytes(ID_BYTES).nullable() },
  dueAt: moment,
});

/** The name of its row. */
export function heldName(circle: CircleId, key: string): Uint8Array {
  return sha256(idBytes(circle), utf8(key)).slice(0, 16);
}

export function heldId(circle: CircleId, key: string): string {
  return `h-${toBase32(heldName(circle, key))}`;
}

export function encodeHeld(post: HeldPost): Uint8Array {
  const { circle, said, approvals, breakGlass, record, id: _, ...plain } = post;
  const words: Cbor = said
    ? {
        ...{ body: encodePost(said.body), exercise: said.exercise, accept: [...(said.accept ?? [])] },
        clearance: said.clearance ? encodeClearance(said.clearance) : null,
      }
    : null;
  const approved = encodeClearance({ approvals: [...approvals], ...(breakGlass && { breakGlass }) });
  return encodeCbor({
    ...plain,
    ...{ circle: idBytes(circle), said: words, approved, record: record ? idBytes(record) : null },
  });
}

/** Throws STORE_CORRUPT. */
export function decodeHeld(encoded: Uint8Array): HeldPost {
  try {
    const { circle: named, said, approved, record, ...plain } = row.parse(decodeCbor(encoded, limits.ownRowBytesMax));
    const circle = circleId(named);
    const { approvals = [], breakGlass } = decodeClearance(approved);
    return {
      ...plain,
      ...{ id: heldId(circle, plain.key), circle, approvals, breakGlass },
      said: said
        ? {
            ...{ body: decodePost(said.body), exercise: said.exercise, accept: said.accept },
            ...(said.clearance && { clearance: decodeClearance(said.clearance) }),
          }
        : undefined,
      record: record ? recordId(record) : undefined,
    };
  } catch (cause) {
    throw new TocsinError("STORE_CORRUPT", "the store holds a malformed post for release", { cause });
  }
}

/** What an undecided post says. */
export function wordsIn({ said }: HeldPost): NonNullable<HeldPost["said"]> {
  if (!said) throw new TocsinError("INTERNAL", "an undecided post says nothing");
  return said;
}

/** What its approvals are of. */
export function subjectIn(post: HeldPost): Uint8Array {
  const { body, exercise, accept = [] } = wordsIn(post);
  return subjectOf({ circle: post.circle, key: post.key, body, exercise, accept });
}

/** What the trail tells of how it was let out. */
export function clearanceOf(post: HeldPost): Clearance {
  const { token, approvals, breakGlass } = post;
  return {
    ...(token !== "" && { token }),
    subject: subjectIn(post),
    ...(approvals.length > 0 && { approvals: [...approvals] }),
    ...(breakGlass && { breakGlass }),
  };
}

/** Whether it is undecided, or not said yet. */
export function isOpen({ state }: HeldPost): boolean {
  return state === "held" || state === "approved";
}

export function decided(): TocsinError {
  return new TocsinError("NOT_FOUND", "no such post is held; somebody may have decided about it already");
}

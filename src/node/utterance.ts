// What is to be said by this node, and what became of it. Types only.

import type { Clearance } from "../audit/clearance.ts";
import type { TocsinError } from "../base/errors.ts";
import type { PostBody } from "../record/body.ts";
import type { RecordId } from "../record/ids.ts";
import type { RecordKind } from "../record/record.ts";
import type { Risk } from "../record/risk.ts";

/** What is to be said, and how often it may be said: a repeat of the same key answers the first record. */
export type Utterance = {
  readonly body: PostBody;
  readonly exercise: boolean;
  readonly key?: string;
  readonly accept?: readonly Risk[];
  /** What was done before it is let out: approvals, review, token. */
  readonly clearance?: Clearance;
};

/** `duplicate`: the key was posted before, and this is the first record of it. */
export type Posted = { readonly id: RecordId; readonly duplicate: boolean };

/** What is not posted yet: why, and the key of each by which its record will be found. */
export type HeldPosts = { readonly why: TocsinError; readonly keys: readonly string[] };

/** Posts of one call that wait for the circle's turn. */
export type WaitingPosts = {
  readonly utterances: readonly Utterance[];
  readonly resolve: (posted: readonly Posted[]) => void;
  readonly reject: (cause: unknown) => void;
};

/** A control record to be. */
export type Statement = {
  readonly kind: Exclude<RecordKind, "post" | "epoch">;
  readonly body: Uint8Array;
  readonly wraps?: readonly Uint8Array[];
};

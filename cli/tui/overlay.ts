// What can stand over a view and take its keys: the help, one item, a question of one line, the output of a command, a post
// that is written and reviewed, a verification.

import type { JoinPreviewDocument, VerifyDocument } from "../../src/api/documents.ts";
import type { Tlp } from "../../src/record/marking.ts";
import type { Edit } from "./edit.ts";
import type { Rehearsal } from "./events.ts";
import type { Screen } from "./screen.ts";

export type Overlay =
  | { readonly kind: "help"; readonly top: number; readonly filter: Edit | undefined }
  | { readonly kind: "item"; readonly id: string }
  | Line
  | Output
  | Compose
  | Review
  | Verifying
  | Joining;

/** A question of one line at the lower edge. */
export type Line = {
  readonly kind: "line";
  readonly purpose: LinePurpose;
  readonly edit: Edit;
  /** Which of the commands that were typed before stands there; 0 is the last one. */
  readonly recalled?: number;
  /** What Tab offered last: the words, and which of them stands there now. */
  readonly offered?: { readonly stem: string; readonly words: readonly string[]; readonly at: number };
};
export type LinePurpose =
  | { readonly kind: "command" }
  | { readonly kind: "search" }
  /** A ticket, which is not shown. */
  | { readonly kind: "ticket" }
  /** The note of an acknowledgement. */
  | { readonly kind: "note"; readonly id: string; readonly circle: string }
  /** Why a post is sent with what the review found in it. */
  | { readonly kind: "reason" };

/** What a command printed. */
export type Output = {
  readonly kind: "output";
  readonly title: string;
  readonly lines: readonly string[];
  readonly top: number;
  /** Its exit code, or undefined while it runs. */
  readonly code: number | undefined;
};

export const COMPOSED = ["sighting", "alert", "ask", "note", "incident", "msg", "reply"] as const;
export type ComposedKind = (typeof COMPOSED)[number];
export const FIELDS = ["kind", "tlp", "to", "title", "body", "found", "due"] as const;
export type Field = (typeof FIELDS)[number];

/** A post while it is written. */
export type Compose = {
  readonly kind: "compose";
  readonly circle: string;
  readonly what: ComposedKind;
  /** The item that it answers. */
  readonly re: string | undefined;
  /** Undefined: as the circle, or the item that it answers, has it. */
  readonly tlp: Tlp | undefined;
  /** Orgs, parted by commas; empty: whoever reads the circle. */
  readonly to: Edit;
  readonly title: Edit;
  readonly body: Edit;
  /** In minutes from now, until when an alert is acknowledged or an ask answered; undefined: no time. */
  readonly due: number | undefined;
  readonly field: Field;
  /** Of the indicators that are found in it, those whose taking a person turned round; and which one is chosen. */
  readonly turned: readonly string[];
  readonly foundAt: number;
  /** What is wrong with it. */
  readonly problem: string | undefined;
  /** The daemon was asked and has not answered. */
  readonly waiting: boolean;
};

/** The last page before a post leaves. */
export type Review = {
  readonly kind: "review";
  readonly rehearsal: Rehearsal;
  readonly top: number;
  readonly problem: string | undefined;
  readonly waiting: boolean;
};

/** What a ticket leads to, before it is used. */
export type Joining = {
  readonly kind: "join";
  readonly ticket: string;
  readonly preview: JoinPreviewDocument | undefined;
  readonly problem: string | undefined;
  readonly waiting: boolean;
};

/** The two halves of six words. */
export type Verifying = {
  readonly kind: "verify";
  readonly peer: string;
  /** Undefined while the other side has not begun. */
  readonly document: VerifyDocument | undefined;
  readonly heard: Edit;
  readonly problem: string | undefined;
  /** Nothing more can be done here but to begin anew. */
  readonly over: boolean;
};

/** The screen with one more thing over it. */
export function over(screen: Screen, overlay: Overlay): Screen {
  return { ...screen, overlays: [...screen.overlays, overlay] };
}

/** The screen without the uppermost thing. */
export function uncovered(screen: Screen): Screen {
  return { ...screen, overlays: screen.overlays.slice(0, -1) };
}

/** The screen with the uppermost thing in another state. */
export function instead(screen: Screen, overlay: Overlay): Screen {
  return over(uncovered(screen), overlay);
}

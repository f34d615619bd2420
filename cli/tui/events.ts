// What can happen to a screen and what its rim has to do about it, as values. Types, and the few words in which a key answers.

import type {
  CirclesDocument,
  ItemDocument,
  JoinDocument,
  JoinPreviewDocument,
  PeersDocument,
  ResultDocument,
  ShowDocument,
  StatusDocument,
  VerifyDocument,
} from "../../src/api/documents.ts";
import type { Methods } from "../../src/api/methods.ts";
import type { OutboxDocument } from "../../src/api/outbox-document.ts";
import type { ScrubDocument } from "../../src/api/scrub-document.ts";
import type { NotifySettings } from "../../src/notify/notify.ts";
import type { Key } from "./keys.ts";
import type { Found, History, Screen, Sending } from "./screen.ts";

/** Everything that a screen of one circle shows, asked at once. */
export type Snapshot = {
  readonly status: StatusDocument;
  readonly peers: PeersDocument["peers"];
  readonly circle: string;
  readonly items: readonly ItemDocument[];
  /** Of every circle, as asks and incidents are. */
  readonly alerts: readonly ItemDocument[];
  readonly asks?: readonly ItemDocument[];
  readonly incidents?: readonly ItemDocument[];
  readonly unread: readonly string[];
  /** Cursor of the newest record of any kind and circle. */
  readonly newest: string;
  /** The cursor before which older items of the circle stand, null where there are none. */
  readonly older?: string | null;
  readonly notify?: NotifySettings;
};

export type PostParams = Methods["post"]["params"];
/** A post that was rehearsed: what the review found in it and who would read it. */
export type Rehearsal = Drafted & { readonly scrub: ScrubDocument; readonly result: ResultDocument };
/** What a person wrote; `direct`: the orgs of the closed circle that it is for, which its first message makes. */
export type Drafted = { readonly params: PostParams; readonly direct?: readonly string[] };

/** What can happen to a screen; `now` is in milliseconds since 1970. */
export type ScreenEvent =
  | { readonly kind: "snapshot"; readonly snapshot: Snapshot; readonly now: number }
  | { readonly kind: "arrived"; readonly items: readonly ItemDocument[] }
  | { readonly kind: "changed" }
  | { readonly kind: "refreshed"; readonly status: StatusDocument; readonly peers: PeersDocument["peers"] }
  | { readonly kind: "nudged"; readonly id: string; readonly waiting: readonly string[] }
  | { readonly kind: "shown"; readonly item: ShowDocument }
  | { readonly kind: "key"; readonly key: Key; readonly now: number }
  | { readonly kind: "resize"; readonly columns: number; readonly rows: number }
  | { readonly kind: "tick"; readonly now: number }
  | { readonly kind: "lost"; readonly now: number }
  | { readonly kind: "sent"; readonly sending: Sending; readonly result: ResultDocument; readonly at: string }
  | { readonly kind: "members"; readonly circles: CirclesDocument["circles"] }
  | { readonly kind: "held"; readonly outbox: OutboxDocument }
  | { readonly kind: "history"; readonly history: History }
  | { readonly kind: "found"; readonly found: Found }
  | {
      readonly kind: "older";
      readonly circle: string;
      readonly items: readonly ItemDocument[];
      readonly next: string | null;
    }
  | { readonly kind: "rehearsed"; readonly rehearsal: Rehearsal }
  /** A rehearsal or a post that failed: nothing was sent. */
  | { readonly kind: "unposted"; readonly message: string }
  | { readonly kind: "posted"; readonly result: ResultDocument }
  | { readonly kind: "wrote"; readonly text: string }
  | { readonly kind: "printed"; readonly lines: readonly string[] }
  | { readonly kind: "ended"; readonly code: number }
  | { readonly kind: "verifying"; readonly document: VerifyDocument }
  | { readonly kind: "unverified"; readonly message: string; readonly again: boolean }
  | { readonly kind: "previewed"; readonly preview: JoinPreviewDocument }
  | { readonly kind: "joined"; readonly joined: JoinDocument }
  | { readonly kind: "unjoined"; readonly message: string }
  | { readonly kind: "failed"; readonly message: string; readonly sending?: Sending };

/** What the rim has to do. */
export type Effect =
  | { readonly kind: "load"; readonly circle: string }
  | { readonly kind: "refresh" }
  | { readonly kind: "show"; readonly id: string }
  | { readonly kind: "send"; readonly sending: Sending }
  | { readonly kind: "nudge"; readonly id: string }
  | { readonly kind: "read"; readonly circle: string; readonly cursor: string }
  | { readonly kind: "members" }
  | { readonly kind: "held" }
  | { readonly kind: "history"; readonly circle: string; readonly since: number }
  | { readonly kind: "older"; readonly circle: string; readonly before: string }
  | { readonly kind: "search"; readonly words: string }
  | ({ readonly kind: "rehearse" } & Drafted)
  | ({ readonly kind: "post" } & Drafted)
  | { readonly kind: "verify"; readonly peer: string }
  | { readonly kind: "heard"; readonly peer: string; readonly words: string | undefined }
  | { readonly kind: "unverify" }
  | { readonly kind: "preview"; readonly ticket: string }
  | { readonly kind: "join"; readonly ticket: string }
  | { readonly kind: "command"; readonly words: readonly string[] }
  | { readonly kind: "stop" }
  | { readonly kind: "editor"; readonly text: string }
  | { readonly kind: "copy"; readonly text: string }
  | { readonly kind: "desktop"; readonly text: string }
  | { readonly kind: "bell" }
  | { readonly kind: "redraw" }
  | { readonly kind: "suspend" }
  | { readonly kind: "quit" };

export type Stepped = { readonly screen: Screen; readonly effects: readonly Effect[] };

/** What a key does: a screen becomes the next one, and effects. */
export type Action = (screen: Screen) => Stepped;
export type Keymap = Readonly<Record<Key, Action>>;

/** The screen without anything to be done. */
export function still(screen: Screen): Stepped {
  return { screen, effects: [] };
}

/** The screen with one line of what is wrong. */
export function told(screen: Screen, text: string): Stepped {
  return still({ ...screen, notice: { text: `! ${text}`, tone: "warn" } });
}

/** Does what sends only where this screen may and the daemon answers. */
export function ifItMay(screen: Screen, act: () => Stepped): Stepped {
  if (screen.readOnly) return told(screen, "this screen is read-only: nothing was sent");
  if (screen.lostAt !== undefined) return told(screen, "the daemon is gone: nothing was sent");
  return act();
}

export const clamp = (at: number, length: number): number => Math.max(0, Math.min(at, length - 1));

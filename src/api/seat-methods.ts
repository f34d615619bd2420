// The part of the local API that is about who uses this node: how they are told, seats, tokens, and the posts that they decide about. Types only.

import type { NotifyRulesDocument } from "./notice-document.ts";
import type {
  ReleaseDocument,
  SeatParams,
  SeatsDocument,
  TokenDocument,
  TokenParams,
  TokensDocument,
} from "./seat-documents.ts";

export type SeatMethods = {
  /** By which rules people here are told that something came. */
  "notify.rules": { params: Record<string, never>; result: NotifyRulesDocument };

  /** Approves what is held for release, of one seat by another, and posts it once that is enough. */
  "outbox.release": { params: { id: string }; result: ReleaseDocument };
  /** Posts it without the approvals that it lacks. */
  "outbox.breakGlass": { params: { id: string; reason: string }; result: ReleaseDocument };
  "outbox.reject": { params: { id: string; reason: string }; result: ReleaseDocument };

  "seat.list": { params: Record<string, never>; result: SeatsDocument };
  "seat.add": { params: SeatParams; result: SeatsDocument };
  /** What is left out stays; `circles` null: all. */
  "seat.set": { params: Omit<SeatParams, "machine">; result: SeatsDocument };
  "seat.remove": { params: { name: string }; result: SeatsDocument };
  "token.add": { params: TokenParams; result: TokenDocument };
  "token.list": { params: Record<string, never>; result: TokensDocument };
  "token.revoke": { params: { name: string }; result: TokensDocument };
};

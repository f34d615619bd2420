// When to dial whom: one attempt for each contact, with a pause that doubles after every failure and never ends.
// Nothing is dialled here; the link supervisor asks what is due and says how it went.

import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { TransportId } from "../record/ids.ts";
import type { Mesh } from "./mesh.ts";
import type { Contact } from "./net.ts";

const BACKOFF_MIN_MS = 1_000;
const REFUSED = "the peer closed the connection: it may not know us yet";

/** How the dialling of one contact goes. Times are monotonic. */
export type Attempt = {
  dueMs: number;
  backoffMs: number;
  dialling: boolean;
  addresses: string;
  refused: boolean;
  lastError: string | undefined;
  /** When a dial last began. */
  triedMs: number;
};

/** How a contact is linked, if it is. */
export type Way = "direct" | "relayed" | undefined;

export type Attempts = {
  /** How it goes with one contact, for whoever shows it. */
  readonly of: (peer: TransportId) => Attempt | undefined;
  /**
   * Contacts to dial now, as many as may be dialled at once: those without a link, by `reachable` ways, and from time to time
   * those that are linked over a relay.
   */
  readonly due: (by: {
    readonly way: (peer: TransportId) => Way;
    readonly reachable: (contact: Contact) => boolean;
  }) => readonly { contact: Contact; attempt: Attempt }[];
  /** No link came of it: the next attempt is later, by a pause that doubles up to `limits.redialMaxMs`, +-50 %. */
  readonly failed: (peer: TransportId, cause: unknown) => void;
  /** A hello was answered: the pause starts over. */
  readonly succeeded: (peer: TransportId) => void;
  /** A link was lost: dial at once, but not all members of a circle in the same instant. */
  readonly lost: (peer: TransportId) => void;
  /** Every contact is worth a fresh try. */
  readonly allDue: () => void;
  /** Contacts came, left or moved. */
  readonly contactsChanged: () => void;
};

/** No attempts yet: `contactsChanged` makes them. */
export function createAttempts(mesh: Mesh): Attempts {
  const attempts = new Map<TransportId, Attempt>(); // contacts only
  const nowMs = mesh.clock.monotonic;
  /** A random number from 0 to below 1. */
  const fraction = (): number => (mesh.random(1)[0] ?? 0) / 256;

  return {
    of: (peer) => attempts.get(peer),
    due: ({ way, reachable }) => {
      const due: { contact: Contact; attempt: Attempt }[] = [];
      let room = limits.dialParallelMax;
      for (const attempt of attempts.values()) if (attempt.dialling) room -= 1;
      for (const [peer, attempt] of attempts) {
        const contact = mesh.contacts.get(peer);
        const linked = way(peer);
        if (!contact || linked === "direct" || !reachable(contact)) continue;
        if (linked === "relayed" && nowMs() - attempt.triedMs < limits.directEveryMs) continue;
        if (attempt.dialling || attempt.dueMs > nowMs() || due.length >= room) continue;
        attempt.triedMs = nowMs();
        due.push({ contact, attempt });
      }
      return due;
    },
    failed: (peer, cause) => {
      const attempt = attempts.get(peer);
      if (!attempt) return;
      attempt.backoffMs = Math.min(Math.max(BACKOFF_MIN_MS, attempt.backoffMs * 2), limits.redialMaxMs);
      attempt.dueMs = nowMs() + attempt.backoffMs * (0.5 + fraction());
      attempt.lastError = inWords(cause);
      attempt.refused = attempt.lastError === REFUSED;
      mesh.log("dial-failed", { peer: peer.slice(0, 8), reason: attempt.lastError });
      mesh.host.linksChanged();
    },
    succeeded: (peer) => {
      const attempt = attempts.get(peer);
      if (attempt) Object.assign(attempt, { backoffMs: 0, refused: false, lastError: undefined });
    },
    lost: (peer) => {
      const attempt = attempts.get(peer);
      if (attempt) attempt.dueMs = nowMs() + fraction() * BACKOFF_MIN_MS;
    },
    allDue: () => {
      for (const attempt of attempts.values()) attempt.dueMs = nowMs();
    },
    contactsChanged: () => {
      for (const peer of attempts.keys()) if (!mesh.contacts.has(peer)) attempts.delete(peer);
      for (const [peer, contact] of mesh.contacts) {
        const addresses = contact.addresses.join(" ");
        const known = attempts.get(peer);
        const fresh = { dueMs: nowMs(), backoffMs: 0, triedMs: -Infinity, addresses };
        if (!known) attempts.set(peer, { ...fresh, dialling: false, refused: false, lastError: undefined });
        else if (known.addresses !== addresses) Object.assign(known, fresh);
      }
    },
  };
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  EHOSTUNREACH: "no route",
  ENETUNREACH: "no route",
  ENOTFOUND: "no such host name",
  TimeoutError: "no answer",
  AbortError: "no answer",
  UnexpectedPeerError: "another node answers there",
  EncryptionFailedError: "another node answers there",
  NoValidAddressesError: "no usable address",
};

/** Names of libp2p's errors for a connection that was made and cut again. */
const CUT = /Reset|Closed|Aborted|Ended|EOF|Muxer|ECONNRESET|EPIPE/;

/** Why a dial or a hello failed, without addresses. */
function inWords(cause: unknown): string {
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  if (first instanceof TocsinError) return first.code === "PEER_PROTOCOL" ? REFUSED : first.message;
  // A WebSocket says no more than this; also where its certificate is not trusted.
  if (first instanceof Event && first.type === "error") return "no answer from its WebSocket";
  if (!(first instanceof Error)) return REFUSED;
  const code = "code" in first && typeof first.code === "string" ? first.code : "";
  const known = WORDS[code] ?? WORDS[first.name];
  return known ?? (CUT.test(`${code} ${first.name}`) ? REFUSED : `could not connect (${first.name})`);
}

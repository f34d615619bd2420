// Every refusal and failure of the product: one class, a closed table of codes. What a code means to a gossiping
// peer, to the shell and to a script is looked up here and never chosen at the call site.

/** What the network is told of an envelope that failed with this code. */
export type Verdict = "accept" | "ignore" | "reject";

type Row = {
  /** The code that `--json` shows (`cli.md` section 5); scripts branch on it. */
  readonly family: string;
  /** Exit code of the command line, sysexits numbering. */
  readonly exit: number;
  readonly verdict: Verdict;
  /** Whether the same call may succeed later without any change. */
  readonly retryable: boolean;
  /** What to do next, where it is the same whatever the details. */
  readonly hint?: string;
};

const bad = { family: "bad_input", exit: 65, verdict: "reject", retryable: false } as const;
const refused = { family: "circle_policy", exit: 77, verdict: "ignore", retryable: false } as const;
const later = { family: "timeout", exit: 75, verdict: "ignore", retryable: true } as const;

export const ERRORS = {
  // The command line and its input.
  USAGE: { family: "usage", exit: 64, verdict: "ignore", retryable: false, hint: "run tocsin help" },
  INPUT_INVALID: { ...bad },
  INPUT_MISSING: { family: "bad_input", exit: 66, verdict: "ignore", retryable: false },
  NOT_FOUND: { family: "not_found", exit: 65, verdict: "ignore", retryable: false },
  INDICATOR_INVALID: { ...bad, hint: "write it as type:value, for example ip:203.0.113.24" },
  LIMIT_EXCEEDED: { ...bad },
  SCRUB_FINDINGS: {
    family: "scrub",
    exit: 77,
    verdict: "ignore",
    retryable: false,
    hint: "see what with --dry-run; then --scrub apply, or --scrub keep --reason TEXT",
  },

  // Identity and configuration.
  IDENTITY_MISSING: {
    family: "config_invalid",
    exit: 78,
    verdict: "ignore",
    retryable: false,
    hint: "run tocsin init",
  },
  ORG_KEY_MISSING: {
    family: "config_invalid",
    exit: 78,
    verdict: "ignore",
    retryable: false,
    hint: "give its 24 words or shares with --from FILE",
  },
  IDENTITY_EXISTS: { family: "config_invalid", exit: 78, verdict: "ignore", retryable: false },
  CONFIG_INVALID: { family: "config_invalid", exit: 78, verdict: "ignore", retryable: false },
  VAULT_PASSPHRASE_WRONG: {
    family: "locked",
    exit: 78,
    verdict: "ignore",
    retryable: false,
    hint: "try the passphrase again, or name its file with --passphrase-file",
  },
  VAULT_LOCKED: {
    family: "locked",
    exit: 78,
    verdict: "ignore",
    retryable: false,
    hint: "give the passphrase with --passphrase-file",
  },
  VAULT_DAMAGED: {
    family: "store_corrupt",
    exit: 78,
    verdict: "ignore",
    retryable: false,
    hint: "restore the key file from a backup",
  },

  // Keys, certificates and records. A peer that sends these is at fault.
  KEY_REFUSED: { ...bad },
  CERTIFICATE_INVALID: { ...bad },
  CBOR_INVALID: { ...bad },
  RECORD_MALFORMED: { ...bad },
  RECORD_SIGNATURE_INVALID: { ...bad },
  RECORD_COMMITMENT_INVALID: { ...bad },
  RECORD_BODY_INVALID: { ...bad },
  RECORD_CIRCLE_WRONG: { ...bad },
  EPOCH_MALFORMED: { ...bad },
  RESEAL_INVALID: { ...bad },
  EVIDENCE_INVALID: { ...bad },
  // ... and these prove nothing against the peer that relays them.
  RECORD_AUTHOR_UNKNOWN: { ...refused },
  RECORD_AUTHOR_REMOVED: { ...refused },
  RECORD_FORKED: { ...refused },
  LANES_EXCEEDED: { ...refused },
  EPOCH_UNKNOWN: { ...refused },

  // What the circle's rules refuse.
  POST_REFUSED: { ...refused },
  TLP_REFUSED: { family: "tlp_policy", exit: 77, verdict: "ignore", retryable: false },
  RECIPIENTS_REFUSED: { family: "tlp_policy", exit: 77, verdict: "ignore", retryable: false },
  RELAY_REFUSED: { family: "tlp_policy", exit: 77, verdict: "ignore", retryable: false },
  POLICY_UNACCEPTED: { ...refused },
  STEWARD_NEEDED: { ...refused, hint: "ask a steward of the circle" },
  CIRCLE_UNKNOWN: {
    family: "not_found",
    exit: 65,
    verdict: "ignore",
    retryable: false,
    hint: "run tocsin circle list",
  },
  CIRCLE_EXISTS: { ...refused },
  MEMBER_UNKNOWN: { family: "not_found", exit: 65, verdict: "ignore", retryable: false, hint: "run tocsin peer list" },
  MEMBER_REMOVED: { ...refused },
  LANE_UNCONFIRMED: { family: "held", exit: 75, verdict: "ignore", retryable: true },

  // Trust in peers: hints name the peer.
  PEER_KEY_CHANGED: { family: "peer_key_changed", exit: 77, verdict: "ignore", retryable: false },
  PEER_BLOCKED: { family: "peer_blocked", exit: 77, verdict: "ignore", retryable: false },
  WORDS_DIFFER: { family: "peer_blocked", exit: 77, verdict: "ignore", retryable: false },
  PEER_UNVERIFIED: { family: "peer_unverified", exit: 77, verdict: "ignore", retryable: false },
  FINGERPRINT_DIFFERS: { family: "peer_unverified", exit: 77, verdict: "ignore", retryable: false },
  VERIFY_BROKEN: { ...later, hint: "start again on both sides with tocsin verify" },

  // Seats and tokens of this node.
  TOKEN_REFUSED: {
    family: "token_scope",
    exit: 77,
    verdict: "ignore",
    retryable: false,
    hint: "ask whoever runs this node for a new token",
  },
  RIGHT_MISSING: { family: "token_scope", exit: 77, verdict: "ignore", retryable: false },

  // Joining.
  TICKET_INVALID: { ...bad, hint: "ask for the ticket again and paste all of it" },
  TICKET_EXPIRED: { ...refused, hint: "ask the inviter for a new ticket" },
  TICKET_USED: { ...refused, hint: "ask the inviter for a new ticket" },
  TICKET_REVOKED: { ...refused, hint: "ask the inviter for a new ticket" },
  TICKET_WRONG_PEER: { ...refused, hint: "someone else answers at the inviter's address; call them" },
  JOIN_REFUSED: { ...refused },

  // The network and the daemon.
  PEER_UNREACHABLE: { family: "no_route", exit: 69, verdict: "ignore", retryable: true },
  PEER_REFUSED: { ...refused },
  PEER_PROTOCOL: { family: "daemon_version", exit: 76, verdict: "reject", retryable: false },
  LISTEN_FAILED: {
    family: "config_invalid",
    exit: 78,
    verdict: "ignore",
    retryable: false,
    hint: "choose another address with --listen",
  },
  DAEMON_NOT_RUNNING: {
    family: "daemon_down",
    exit: 69,
    verdict: "ignore",
    retryable: true,
    hint: "run tocsin daemon start",
  },
  DAEMON_RUNNING: { family: "locked", exit: 75, verdict: "ignore", retryable: false, hint: "run tocsin daemon status" },
  DAEMON_VERSION: {
    family: "daemon_version",
    exit: 76,
    verdict: "ignore",
    retryable: false,
    hint: "run tocsin daemon stop, then tocsin daemon start",
  },
  TIMEOUT: { ...later },
  QUEUE_FULL: { family: "queue_full", exit: 75, verdict: "ignore", retryable: true },
  RATE_LIMITED: { family: "rate_limited", exit: 75, verdict: "ignore", retryable: true },
  CANCELLED: { family: "timeout", exit: 130, verdict: "ignore", retryable: true },

  // The store.
  STORE_LOCKED: {
    family: "locked",
    exit: 75,
    verdict: "ignore",
    retryable: true,
    hint: "another daemon owns this home; run tocsin daemon status",
  },
  STORE_CORRUPT: { family: "store_corrupt", exit: 74, verdict: "ignore", retryable: false },
  STORE_FAILED: { family: "disk_full", exit: 74, verdict: "ignore", retryable: true },
  DISK_FULL: {
    family: "disk_full",
    exit: 74,
    verdict: "ignore",
    retryable: true,
    hint: "free space on the disk, then try again; nothing was saved",
  },
  QUOTA_FULL: {
    family: "disk_full",
    exit: 74,
    verdict: "ignore",
    retryable: false,
    hint: "raise quota in node.json and restart the daemon; nothing was saved",
  },

  INTERNAL: {
    family: "internal",
    exit: 70,
    verdict: "ignore",
    retryable: false,
    hint: "please report it with the log of the daemon",
  },
} as const satisfies Record<string, Row>;

export type ErrorCode = keyof typeof ERRORS;

/** Extra facts for scripts: short names and values, never content or secrets. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean>>;

/** A refusal or a failure. The message is lower case, names the thing and holds no secret and no content. */
export class TocsinError extends Error {
  override readonly name = "TocsinError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: ErrorDetails;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; hint?: string; details?: ErrorDetails } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    const row: Row = ERRORS[code];
    this.code = code;
    this.hint = options.hint ?? row.hint;
    this.details = options.details ?? {};
  }
}

/** The row of a code. */
export function errorRow(code: ErrorCode): Row {
  return ERRORS[code];
}

/** `cause` as a TocsinError: what is none yet is our own bug, INTERNAL. */
export function asTocsinError(cause: unknown): TocsinError {
  if (cause instanceof TocsinError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new TocsinError("INTERNAL", `unexpected failure: ${message}`, { cause });
}

/** What the network is told of a failure. Only a TocsinError may blame a peer. */
export function verdictOf(cause: unknown): Verdict {
  return cause instanceof TocsinError ? errorRow(cause.code).verdict : "ignore";
}

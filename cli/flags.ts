// The flags that several commands share, declared once: their names, their help and how their values are read.

import { limits } from "../src/base/limits.ts";
import { LEVELS } from "../src/base/events.ts";
import { overrideFlags } from "./override-flags.ts";
import { drillFilterFlags, drillFlags } from "./drill-flags.ts";
import { lettered, many, one, toggle, type OptionsOf } from "./args.ts";
import {
  readCertainty,
  readAddress,
  readChoice,
  readConfidence,
  readDuration,
  readFuture,
  readKind,
  readNeed,
  readNumber,
  readPap,
  readPast,
  readSeverity,
  readSpeed,
  readStatus,
  readText,
  readTlp,
  readUrgency,
  readWait,
} from "./values.ts";

/** Accepted by every command. */
export const globalFlags = {
  json: toggle("one JSON document on standard output"),
  ndjson: toggle("one JSON object a line"),
  quiet: toggle("no notes on standard error", "q"),
  color: one("WHEN", "auto, always or never", readChoice("choice", ["auto", "always", "never"])),
  "no-input": toggle("never ask; also TOCSIN_NO_INPUT=1"),
  timeout: one("DURATION", "give up after, for example 30s", readDuration),
  "token-file": one("FILE", "speak as the seat of this token; also TOCSIN_TOKEN_FILE", readText),
  help: toggle("this help", "h"),
};
export type GlobalOptions = OptionsOf<typeof globalFlags>;

export const circleFlag = { circle: lettered("c", one("NAME", "only this circle", readText)) };

const targetFlag = {
  circle: lettered("c", one("NAME", "the circle; left out: the item's, TOCSIN_CIRCLE or the only one", readText)),
};

const markingFlags = {
  tlp: one("LEVEL", "clear, green, amber, amber+strict or red", readTlp),
  pap: one("LEVEL", "clear, green, amber or red", readPap),
  caveat: one("TEXT", "what you ask of its readers beside the label", readText),
};

/** For everything that posts. */
export const postingFlags = {
  ...targetFlag,
  ...markingFlags,
  to: many(
    "ORG",
    "whom it is for, repeatable: posted only where exactly these would read it; TLP:RED needs it",
    readText,
  ),
  "body-file": one("FILE", "read the text from a file; - is standard input", readText),
  expires: one("TIME", "when it stops to matter: a time, or 7d from now", readFuture),
  key: one("KEY", "a repeat with this key answers the first id", readText),
  "dry-run": toggle("check everything, tell who would read it and who not, send nothing"),
  ...drillFlags,
  wait: one("STATE", "queued, delivered, decrypted, read or acked, with :N for N orgs; --timeout bounds it", readWait),
  ...overrideFlags,
};
export type PostingOptions = OptionsOf<typeof postingFlags>;

/** For what another member may say in our place. */
export const spokenFlags = {
  ...postingFlags,
  via: one("ORG", "ask this member to say it without telling whose words they are", readText),
};

/** For sightings and alerts. */
export const tellingFlags = {
  ...spokenFlags,
  title: one("TEXT", "one line that says it", readText),
  ioc: many("TYPE:VALUE", "an indicator, also without its type; repeatable", readText),
  technique: many("ID", "an ATT&CK id, T1110.003; repeatable", readText),
};

export const sightingFlags = {
  ...tellingFlags,
  seen: one("TIME", "when it was seen: a time, or -2h", readPast),
  count: one("N", "how often it was seen", readNumber(1, 1_000_000_000)),
  confidence: one("LEVEL", "low, medium, high, or 0 to 100", readConfidence),
};
export type SightingOptions = OptionsOf<typeof sightingFlags>;

export const alertFlags = {
  ...tellingFlags,
  "ack-by": one("TIME", "acknowledge by: a time, or 30m from now", readFuture),
  need: one("all|N", "how many members should acknowledge", readNeed),
  who: many("ORG", "an org that must acknowledge; repeatable, in place of --need", readText),
  severity: one("WORD", "extreme, severe, moderate, minor or unknown", readSeverity),
  urgency: one("WORD", "immediate, expected, future, past or unknown", readUrgency),
  certainty: one("WORD", "observed, likely, possible, unlikely or unknown", readCertainty),
  status: one("WORD", "actual if left out, system or test; a drill is --exercise", readStatus),
};
export type AlertOptions = OptionsOf<typeof alertFlags>;

export const ackFlags = {
  ...targetFlag,
  note: one("TEXT", "a line for those who see the acknowledgement", readText),
  key: one("KEY", "a repeat with this key answers the first id", readText),
  wait: postingFlags.wait,
  ...overrideFlags,
};
export type AckOptions = OptionsOf<typeof ackFlags>;

/** Of what is written to a program or a file: the strictest marking that goes there. */
const outputFlags = {
  "max-tlp": one("LEVEL", "leave out what is stricter; amber+strict unless on a terminal", readTlp),
};

export const feedFlags = {
  ...circleFlag,
  kind: many("KIND", "sighting, alert, ask, answer, reply, ack, note, incident, ...; repeatable", readKind),
  tlp: markingFlags.tlp,
  from: one("ORG", "only from this org", readText),
  since: one("TIME", "only newer than a time, or -2h", readPast),
  unread: toggle("only what nobody here has read"),
  ...drillFilterFlags,
  before: one("CURSOR", "the page before this cursor", readText),
  limit: one("N", "how many at most", readNumber(1, 1_000_000)),
  ...outputFlags,
};
export type FeedOptions = OptionsOf<typeof feedFlags>;

export const tailFlags = {
  ...circleFlag,
  kind: feedFlags.kind,
  since: one("CURSOR", "everything after this cursor first; 0: everything", readText),
  ...outputFlags,
};
export type TailOptions = OptionsOf<typeof tailFlags>;

export const statusFlags = {
  watch: toggle("tell how the catch-up goes, until nothing is behind; --timeout bounds it"),
};
export type StatusOptions = OptionsOf<typeof statusFlags>;

export const searchFlags = {
  ...circleFlag,
  limit: one("N", "how many at most", readNumber(1, limits.feedPageMax)),
  ...outputFlags,
};
export type SearchOptions = OptionsOf<typeof searchFlags>;

export const importFlags = {
  ...targetFlag,
  tlp: markingFlags.tlp,
  format: one(
    "FORMAT",
    "stix or ndjson; told by the name of the file if left out",
    readChoice("format", ["stix", "ndjson"]),
  ),
  "key-field": one("NAME", "the field of an NDJSON record that holds its key", readText),
  "dry-run": postingFlags["dry-run"],
  ...overrideFlags,
};
export type ImportOptions = OptionsOf<typeof importFlags>;

export const bundleWriteFlags = {
  ...circleFlag,
  for: one("PEER", "only for this peer, and without what it is known to hold", readText),
};

export const initFlags = {
  org: one("NAME", "name of the organisation", readText),
  seat: one("NAME", "name of the person or script at this node", readText),
  listen: many("MULTIADDR", "address to listen on; repeatable", readText),
  announce: many("MULTIADDR", "address that others reach us at; repeatable", readText),
  "passphrase-file": one("FILE", "read the passphrase from a file; - is standard input", readText),
  paper: one("FILE", "write the 24 words of the org key there; - is standard error", readText),
  recover: toggle("take the org key of an organisation that exists, from its words or shares"),
  from: many("FILE", "the same, from a file with the words or shares; repeatable; - is standard input", readText),
  "no-start": toggle("do not start the daemon"),
};
export type InitOptions = OptionsOf<typeof initFlags>;

const orgKeyFlag = {
  from: many("FILE", "a file with the 24 words or with shares; repeatable; - is standard input", readText),
};

export const orgFlags = { "passphrase-file": initFlags["passphrase-file"] };
export type OrgOptions = OptionsOf<typeof orgFlags>;

export const orgSplitFlags = {
  ...orgFlags,
  shares: one("N", "how many shares", readNumber(2, limits.keySharesMax)),
  needed: one("M", "how many of them make the key", readNumber(2, limits.keySharesMax)),
  "out-dir": one("DIR", "write one file for each share there, instead of showing them", readText),
  ...orgKeyFlag,
};
export type OrgSplitOptions = OptionsOf<typeof orgSplitFlags>;

export const orgCombineFlags = {
  ...orgKeyFlag,
  out: one("FILE", "write the 24 words there, instead of showing them", readText),
};
export type OrgCombineOptions = OptionsOf<typeof orgCombineFlags>;

export const orgEnrolFlags = {
  at: many("ADDRESS", "where a member of a circle is reached, HOST:PORT or a multiaddr; repeatable", readAddress),
  ...orgKeyFlag,
};
export const orgRetireFlags = orgKeyFlag;

export const orgLockFlags = { ...orgFlags, ...orgKeyFlag };
export type OrgLockOptions = OptionsOf<typeof orgLockFlags>;

export const inviteFlags = {
  ...targetFlag,
  for: one("NAME", "the org that is invited", readText),
  expires: one("DURATION", "how long the ticket may be used, 24h if left out", readDuration),
};
export type InviteOptions = OptionsOf<typeof inviteFlags>;

export const verifyFlags = {
  heard: one("WORDS", "the three words that they read to you; - is standard input", readText),
  differ: toggle("the words differ: block the peer and tell your circles"),
  show: toggle("print the whole fingerprints, theirs and yours"),
  fingerprint: one("FP", "compare with this fingerprint, in words or digits", readText),
};
export type VerifyOptions = OptionsOf<typeof verifyFlags>;

export const pingFlags = { count: lettered("n", one("N", "how many times, 4 if left out", readNumber(1, 100))) };
export const pathFlags = { forget: toggle("keep none any more") };

export const daemonFlags = {
  "passphrase-file": initFlags["passphrase-file"],
};
export type DaemonOptions = OptionsOf<typeof daemonFlags>;

export const daemonLogsFlags = {
  follow: toggle("go on with what is logged from now on", "f"),
  level: one("LEVEL", "debug, info, warn or error; info if left out", readChoice("level", LEVELS)),
  since: feedFlags.since,
};

export const daemonRunFlags = {
  ...daemonFlags,
  "parent-fd": one("N", "where the starting process gives the passphrase and hears the outcome", readNumber(3, 255)),
};
export type DaemonRunOptions = OptionsOf<typeof daemonRunFlags>;

export const doctorFlags = {
  ...daemonFlags,
  fix: toggle("mend what can safely be mended: permissions, a stale socket, a damaged store while no daemon runs"),
  deep: toggle("look at every record instead of the newest of each lane"),
  nagios: toggle("one line, and exit code 0 ok, 1 warning, 2 critical, 3 unknown"),
};
export type DoctorOptions = OptionsOf<typeof doctorFlags>;

export const uiFlags = {
  ...circleFlag,
  "read-only": toggle("show only: no key acts"),
  linear: toggle("sentences and typed commands, for a screen reader"),
  theme: one(
    "THEME",
    "dark, light, high-contrast or mono",
    readChoice("theme", ["dark", "light", "high-contrast", "mono"] as const),
  ),
  glyphs: one("GLYPHS", "unicode or ascii", readChoice("glyphs", ["unicode", "ascii"] as const)),
};
export type UiOptions = OptionsOf<typeof uiFlags>;

export const demoFlags = {
  seed: one("N", "the same number plays the same story", readNumber(0, 4_294_967_295)),
  speed: one("FACTOR", "how much faster than life, for example 20x", readSpeed),
  headless: toggle("without the screen: play one story and check what it promises"),
};
export type DemoOptions = OptionsOf<typeof demoFlags>;

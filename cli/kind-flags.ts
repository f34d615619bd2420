// The flags of the commands that say something of a kind of its own: asks and answers, notes, incidents, notices of
// vulnerabilities, corrections.

import { overrideFlags } from "./override-flags.ts";
import { limits } from "../src/base/limits.ts";
import { EXPLOITED, FINDINGS, INCIDENT_STATUSES } from "../src/record/body.ts";
import { many, one, type OptionsOf, toggle } from "./args.ts";
import { alertFlags, postingFlags, sightingFlags, spokenFlags, tellingFlags } from "./flags.ts";
import { readChoice, readFuture, readPast, readSeverity, readText, readTlp } from "./values.ts";

const aboutFlag = { about: one("ID", "the item that it is about", readText) };
const severityFlag = { severity: one("WORD", "extreme, severe, moderate, minor or unknown", readSeverity) };

export const askFlags = {
  ...tellingFlags,
  close: one("TIME", "answers are wanted until: a time, or 4h from now", readFuture),
};

export const answerFlags = {
  ...postingFlags,
  state: one("WORD", "what was found: seen, not-seen, contained or responding", readChoice("state", FINDINGS)),
  "searched-since": one("TIME", "from when on it was looked for: a time, or -30d", readPast),
  "searched-until": one("TIME", "until when: a time, or -2h", readPast),
  scope: one("TEXT", "where it was looked for", readText),
};

export const noteFlags = { ...tellingFlags, ...aboutFlag };
export const messageFlags = { ...postingFlags, ...aboutFlag };

const productFlags = {
  product: one("TEXT", "the product that has it", readText),
  versions: one("TEXT", "the versions that have it", readText),
  fixed: one("TEXT", "the version that has it no more", readText),
  ...severityFlag,
  exploited: one("WORD", "known, suspected, none or unknown", readChoice("word", EXPLOITED)),
};
export const vulnFlags = { ...tellingFlags, ...productFlags };

export const incidentFlags = { ...tellingFlags, ...severityFlag };
export const updateFlags = {
  ...postingFlags,
  status: one("WORD", "open, contained or closed", readChoice("status", INCIDENT_STATUSES)),
  decision: toggle("it is a decision that was taken"),
  link: many("ID", `an item that belongs to it; repeatable, at most ${limits.linksPerRecordMax}`, readText),
};

/** What is not given stays as it was. */
export const amendFlags = {
  ...sightingFlags,
  ...alertFlags,
  ...productFlags,
  close: askFlags.close,
  "no-ioc": toggle("take its indicators out"),
  why: one("TEXT", "a line for those who read the amendment", readText),
};
export type AmendOptions = OptionsOf<typeof amendFlags>;

/** To another circle: marked as it is, or more strictly. */
export const relayFlags = {
  to: one("CIRCLE", "the circle that it is carried to", readText),
  tlp: postingFlags.tlp,
  pap: postingFlags.pap,
  key: postingFlags.key,
  wait: postingFlags.wait,
  ...overrideFlags,
  "dry-run": postingFlags["dry-run"],
};

export const widenFlags = {
  to: one("LEVEL", "as if it had been marked so: clear, green, amber or amber+strict", readTlp),
  credit: toggle("whoever carries it on may say that it is yours"),
  circle: postingFlags.circle,
  key: postingFlags.key,
  wait: postingFlags.wait,
  accept: postingFlags.accept,
  "dry-run": postingFlags["dry-run"],
};

export const retractFlags = {
  circle: postingFlags.circle,
  key: postingFlags.key,
  via: spokenFlags.via,
  wait: postingFlags.wait,
  accept: postingFlags.accept,
  "dry-run": postingFlags["dry-run"],
};

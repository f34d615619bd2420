// The flags of the commands that found and govern a circle.

import { many, one, type OptionsOf, toggle } from "./args.ts";
import { readExporters, readInviters, readOrgs, readUnverified } from "./rules.ts";
import { readChoice, readDuration, readHistory, readText, readTlp } from "./values.ts";

export const circleCreateFlags = {
  "max-tlp": one("LEVEL", "the strictest marking that may be posted", readTlp),
  "default-tlp": one("LEVEL", "the marking of a post that names none, amber+strict if left out", readTlp),
  unverified: one("WHAT", "amber+strict and red for whom the author did not verify: withhold or read", readUnverified),
  purpose: one("TEXT", "what the circle is for", readText),
  keep: one("DURATION", "for how long what is said is kept, 90d; then it is erased everywhere", readDuration),
  suite: one("1|2", "1: X25519, 2: X-Wing (post-quantum)", readChoice("suite", ["1", "2"])),
  history: one(
    "none|all|since:TIME",
    "what newcomers may read of the time before they came, none if left out",
    readHistory,
  ),
  "no-gossip": toggle("send to members directly only"),
  invite: one("WHO", "who may admit: stewards or members", readInviters),
  vouches: one("N", "how many orgs must want an admission, the admitting one counted", readOrgs),
  refound: one("N", "how many orgs may make a steward where the stewards are gone; 0: never", readOrgs),
  export: one("WHO", "who may export: members, stewards or nobody", readExporters),
  exercise: toggle("everything in it is a drill, and must be marked so"),
};
export type CircleCreateOptions = OptionsOf<typeof circleCreateFlags>;

export const rekeyFlags = {
  compromised: toggle("the earlier keys may be stolen: nobody is to use them any more"),
};

export const promoteFlags = {
  accept: many(
    "RISK",
    "steward-alive: vote although a steward was here lately",
    readChoice("risk", ["steward-alive"] as const),
  ),
};

export const freezeFlags = {
  for: one("DURATION", "for how long, 4h if left out, a day at most", readDuration),
  reason: one("TEXT", "a line for the other members", readText),
};

export const confirmFlags = {
  for: one("DURATION", "for how long from now, 3d if left out, a week at most", readDuration),
};

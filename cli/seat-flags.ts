// The flags of the commands about seats, tokens and what waits to be released.

import { RIGHTS } from "../src/seat/seat.ts";
import { many, one, type OptionsOf, toggle, usage } from "./args.ts";
import { readChoice, readDuration, readFuture, readKind, readText, readTlp } from "./values.ts";

const circles = many("NAME", "only in this circle; repeatable; left out: in all", readText);
const rights = many("RIGHT", "read, post, alert, approve, steward or admin; repeatable", readChoice("right", RIGHTS));

export const seatAddFlags = {
  machine: toggle("a script: what it posts is marked so, and it decides about nothing"),
  right: rights,
  circle: circles,
};
export type SeatAddOptions = OptionsOf<typeof seatAddFlags>;

export const seatSetFlags = { right: rights, circle: circles, "all-circles": toggle("in all circles again") };
export type SeatSetOptions = OptionsOf<typeof seatSetFlags>;

export const tokenAddFlags = {
  seat: one("NAME", "whose it is; left out: the seat of the same name", readText),
  circle: circles,
  kind: many("KIND", "what may be posted by it; repeatable; left out: what the seat may", readKind),
  "max-tlp": one("LEVEL", "the strictest marking that may be posted by it", readTlp),
  rate: one("N/DURATION", "how often it may post, 60/1h", readRate),
  release: one("auto|hold", "hold: another seat looks at each post; left out: hold for a machine", readRelease),
  expires: one("TIME", "when it ends: a time, or 90d from now", readFuture),
  out: one("FILE", "write it to this new file, for its reader only, instead of showing it", readText),
};
export type TokenAddOptions = OptionsOf<typeof tokenAddFlags>;

export const releaseFlags = {
  "break-glass": toggle("send it without the approvals that it lacks; by a seat that may steward or administer"),
  reason: one("TEXT", "with --break-glass: why, for those who read the trail", readText),
};
export const rejectFlags = { reason: one("TEXT", "why, for whoever wrote it", readText) };

function readRelease(text: string): "auto" | "hold" {
  return readChoice("release", ["auto", "hold"] as const)(text);
}

/** `60/1h`, or `60/h`. */
function readRate(text: string): { readonly count: number; readonly perMs: number } {
  const [, count, span = ""] = /^([1-9]\d{0,6})\/(\d*[smhd])$/.exec(text) ?? [];
  if (count === undefined) throw usage(`"${text.slice(0, 40)}" is no rate; write 60/1h`);
  return { count: Number(count), perMs: readDuration(/^\d/.test(span) ? span : `1${span}`) };
}

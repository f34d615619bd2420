// The flags of the commands about holds and drills. Light to import: the help needs them.

import { circleFlag } from "./flags.ts";
import { one, toggle } from "./args.ts";
import { readDuration, readText } from "./values.ts";

export const checkFlags = {
  ...circleFlag,
  exercise: toggle("what drills said, which is no sighting"),
};

export const holdFlags = {
  reason: one("TEXT", "a line for the circle, such as the number of a case", readText),
};

export const exerciseFlags = {
  ...circleFlag,
  for: one("TIME", "ends by itself then; 8h if left out, 7d at most", readDuration),
};

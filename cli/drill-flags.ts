// The flags that tell drills from what is real.

import { toggle } from "./args.ts";

/** For whoever says something. */
export const drillFlags = {
  exercise: toggle("mark it as part of an exercise"),
  actual: toggle("it is real, although an exercise runs"),
};

/** For whoever reads. */
export const drillFilterFlags = {
  exercise: toggle("only drills"),
  actual: toggle("no drills"),
};

// The flags that tell drills from what is real.

import { toggle, usage } from "./args.ts";

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

/** Whether drills alone are asked for, or none; undefined: both. */
export function drillsOf({
  exercise,
  actual,
}: {
  readonly exercise: boolean;
  readonly actual: boolean;
}): boolean | undefined {
  if (exercise && actual) throw usage("--exercise and --actual exclude each other");
  return exercise ? true : actual ? false : undefined;
}

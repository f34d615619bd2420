// The flags of the commands about disclosures, acknowledgements and evidence. As light to import as the other flags.

import { one, toggle } from "./args.ts";
import { drillFilterFlags } from "./drill-flags.ts";
import { circleFlag, feedFlags } from "./flags.ts";
import { readNumber, readText } from "./values.ts";

export const auditListFlags = {
  ...circleFlag,
  all: toggle("every row: who could read under each epoch, evidence, signatures of the trail"),
  ...drillFilterFlags,
  limit: feedFlags.limit,
  before: one("N", "only rows before this number", readNumber(1, Number.MAX_SAFE_INTEGER)),
};
export const acksFlags = {
  ...circleFlag,
  overdue: toggle("only alerts whose deadline is over"),
  exercise: toggle("alerts of drills, which are not among the real ones"),
  export: one("FILE", "write the board of one alert to a new file that proves itself: see verify-bundle", readText),
};
export const evidenceFlags = { "no-body": toggle("leave out what the item says: only who could read it") };

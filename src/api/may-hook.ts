// What may be handed to a program of this org: the rule of markings for hooks, asked for every item and every hook.

import { mayLeave } from "../marking/egress.ts";
import type { HookSetting } from "../node/local-rules.ts";
import type { ItemDocument } from "./documents.ts";

/** What says something still. */
const STANDS: ReadonlySet<ItemDocument["state"]> = new Set(["current", "amended", "around-removal"]);
/**
 * RED goes to no program, nothing stricter than the hook takes does, PAP bounds what is done with it, and what was withdrawn or has ended
 * says nothing to anybody.
 */
export function mayHook(
  { tlp, pap, state }: Pick<ItemDocument, "tlp" | "pap" | "state">,
  { maxTlp = "amber+strict", does = "passive" }: Pick<HookSetting, "maxTlp" | "does">,
): boolean {
  const marking = { tlp, ...(pap && { pap }) };
  return STANDS.has(state) && mayLeave(marking, { kind: "hook", cap: maxTlp, does }) === undefined;
}

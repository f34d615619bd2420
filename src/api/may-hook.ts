// What may be handed to a program of this org: the rule of markings for hooks, asked for every item and every hook.

import { stricter } from "../record/marking.ts";
import type { HookSetting } from "../node/local-rules.ts";
import type { ItemDocument } from "./documents.ts";

/** What says something still. */
const STANDS: ReadonlySet<ItemDocument["state"]> = new Set(["current", "amended", "around-removal"]);
const DEEDS = ["passive", "third-party", "active"] as const;
/** How many of the deeds above each PAP level allows. */
const DEEDS_OF = { red: 1, amber: 2, green: 3, clear: 3 } as const;

/**
 * RED goes to no program, nothing stricter than the hook takes does, PAP bounds what is done with it, and what was withdrawn or has ended
 * says nothing to anybody.
 */
export function mayHook(
  { tlp, pap, state }: Pick<ItemDocument, "tlp" | "pap" | "state">,
  { maxTlp = "amber+strict", does = "passive" }: Pick<HookSetting, "maxTlp" | "does">,
): boolean {
  if (!STANDS.has(state) || tlp === "red" || stricter(tlp, maxTlp)) return false;
  return DEEDS.indexOf(does) < DEEDS_OF[pap ?? "clear"];
}

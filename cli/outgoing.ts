// What standard output may carry: a person's own terminal all of it; another program, or a file, what the gate of markings lets out.

import { mayLeave } from "../src/marking/egress.ts";
import type { Pap, Tlp } from "../src/record/marking.ts";
import type { Invocation } from "./invocation.ts";

/** Whether an item goes to standard output; `asked` is --max-tlp. */
export function goesOut(
  { out }: Pick<Invocation, "out">,
  asked: Tlp | undefined,
): (item: { readonly tlp: Tlp; readonly pap?: Pap | null }) => boolean {
  const cap = asked ?? (out.terminal ? "red" : "amber+strict");
  return ({ tlp, pap }) => mayLeave({ tlp, ...(pap && { pap }) }, { kind: "output", cap }) === undefined;
}

// How far a STIX object may travel: TLP 1.0 and 2.0 marking definitions by their fixed ids and by their content.
// In doubt an object is marked more strictly, never less.

import { type Pap, parsePap, parseTlp, strictest, strictestPap, type Tlp } from "../record/marking.ts";
import { childOf, childrenOf, type StixObject, textOf, textsOf } from "./stix-object.ts";

/** The markings of one object. */
export type Handling = {
  /** The strictest TLP label that it carries; absent where it carries none. */
  readonly tlp?: Tlp;
  readonly pap?: Pap;
  /** Whether it carries two TLP labels that differ. */
  readonly conflict: boolean;
  /** Whether it names a marking that cannot be read, which might restrict it further. */
  readonly unclear: boolean;
};

/** The marking objects of FIRST and OASIS; their ids mean these labels whatever a bundle says of them. */
const FIXED: ReadonlyMap<string, Tlp> = new Map([
  ["marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", "clear"],
  ["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb", "green"],
  ["marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", "amber"],
  ["marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003", "amber+strict"],
  ["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", "red"],
  ["marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", "clear"],
  ["marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", "green"],
  ["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82", "amber"],
  ["marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed", "red"],
]);
const TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";

/** A reader of markings that knows the marking definitions of a bundle. */
export function markingsOf(objects: Iterable<StixObject>): (object: StixObject) => Handling {
  const defined = new Map<string, Label>();
  for (const object of objects) if (object.type === "marking-definition") defined.set(object.id, labelOf(object));
  for (const [id, tlp] of FIXED) defined.set(id, { tlp });

  return ({ fields }) => {
    const granular = childrenOf(fields, "granular_markings").map((marking) => textOf(marking, "marking_ref"));
    const refs = [...textsOf(fields, "object_marking_refs"), ...granular.filter((ref) => ref !== undefined)];
    const labels: readonly Label[] = [
      ...refs.map((ref) => defined.get(ref) ?? { unclear: true }),
      ...textsOf(fields, "labels")
        .filter((label) => /^\s*(?:tlp|pap):/i.test(label))
        .map(labelOfText),
    ];
    return labels.reduce<Handling>(merge, { conflict: false, unclear: false });
  };
}

/** What one marking says; a statement or a licence says nothing here. */
type Label = { readonly tlp?: Tlp; readonly pap?: Pap; readonly unclear?: boolean };

function labelOf({ fields }: StixObject): Label {
  const kind = textOf(fields, "definition_type")?.toLowerCase();
  const definition = childOf(fields, "definition");
  const modern = textOf(childOf(childOf(fields, "extensions"), TLP_EXTENSION), "tlp_2_0");
  const old = kind === "tlp" ? (textOf(definition, "tlp") ?? "") : undefined;
  const pap = kind === "pap" ? (textOf(definition, "pap") ?? textOf(definition, "PAP") ?? "") : undefined;
  if (modern !== undefined || old !== undefined)
    return labelOfText(`tlp:${(modern ?? old ?? "").replace(/^\s*tlp:/i, "")}`);
  if (pap !== undefined) return labelOfText(`pap:${pap.replace(/^\s*pap:/i, "")}`);
  const name = textOf(fields, "name");
  return name !== undefined && /^\s*(?:tlp|pap):/i.test(name) ? labelOfText(name) : {};
}

function labelOfText(text: string): Label {
  const tlp = parseTlp(text);
  if (tlp) return { tlp };
  const pap = parsePap(text);
  return pap && /^\s*pap:/i.test(text) ? { pap } : { unclear: true };
}

function merge(sum: Handling, label: Label): Handling {
  const tlp = sum.tlp && label.tlp ? strictest(sum.tlp, label.tlp) : (sum.tlp ?? label.tlp);
  const pap = strictestPap(sum.pap, label.pap);
  return {
    ...(tlp && { tlp }),
    ...(pap && { pap }),
    conflict: sum.conflict || (sum.tlp !== undefined && label.tlp !== undefined && sum.tlp !== label.tlp),
    unclear: sum.unclear || label.unclear === true,
  };
}

// The one gate for whatever leaves: what a marking allows at each destination. Pure; whoever lets something out asks here, with the
// facts that it knows, and lets nothing out on a refusal.

import { unreachable } from "../base/assert.ts";
import { type Pap, stricter, stricterPap, type Tlp } from "../record/marking.ts";

/** How an item is marked. */
export type Marking = { readonly tlp: Tlp; readonly pap?: Pap };

/** Who reads what goes to a circle, as far as a marking cares. */
export type Readers = {
  /** The strictest marking that the circle takes. */
  readonly maxTlp: Tlp;
  /** Whether the item names its recipients, and they are exactly who reads the circle; undefined: it names none. */
  readonly named: boolean | undefined;
  /** Whether somebody who reads it was verified neither by people here nor, where the circle's rules say so, by being admitted. */
  readonly unverified: boolean;
  /** Whether the writer takes that risk by name. */
  readonly accepted: boolean;
};

/** Whom a machine reads for that is let at what this node holds. */
export const CONSUMERS = ["own", "client", "community", "public"] as const;
export type Consumer = (typeof CONSUMERS)[number];

/** What a program does with what it is given, from the least that others can notice. */
export const DEEDS = ["passive", "third-party", "active"] as const;
export type Deed = (typeof DEEDS)[number];

/** Where something leaves to, with the facts that its rule needs. `mayExport`: by the circle's rules, this node may. `cap`: the strictest that was asked for. */
export type Destination =
  | ({ readonly kind: "circle" } & Readers)
  /** To another circle, which then asks as a circle too. `newReaders`: whether anybody reads that one who could not read the item. `own`: said by our own org. */
  | { readonly kind: "relay"; readonly own: boolean; readonly newReaders: boolean; readonly mayExport: boolean }
  | { readonly kind: "file"; readonly own: boolean; readonly cap: Tlp; readonly mayExport: boolean }
  /** Standard output that is no terminal: another program of the same person, or a file that it keeps. */
  | { readonly kind: "output"; readonly cap: Tlp }
  | {
      readonly kind: "taxii";
      readonly own: boolean;
      readonly cap: Tlp;
      readonly mayExport: boolean;
      readonly consumer: Consumer;
    }
  | { readonly kind: "hook"; readonly cap: Tlp; readonly does: Deed }
  | { readonly kind: "clipboard" }
  /** `words`: whether it shows any of the item; without them it only says that there is one. */
  | { readonly kind: "notification"; readonly words: boolean };

/** Why something stays. */
export type Reason =
  /** Stricter than the circle takes, or than was asked for. */
  | "above-limit"
  /** RED goes to named recipients only. */
  | "recipients-not-named"
  /** The circle is read by others than the recipients that are named. */
  | "recipients-differ"
  /** Somebody who would read it is not verified. */
  | "unverified"
  /** RED leaves to nothing but its recipients. */
  | "red-stays"
  /** AMBER stays with those who can read it, where its author did not widen it. */
  | "new-readers"
  /** The circle's rules let this node export nothing. */
  | "export-forbidden"
  /** The consumer is outside of whom the label is for. */
  | "consumer-too-wide"
  /** PAP forbids what would be done with it. */
  | "pap-forbids"
  /** Only GREEN and CLEAR are shown where anybody may look. */
  | "shown-to-anybody";

/** What each label is for, of the consumers above: so many of them. */
const CONSUMERS_OF: Readonly<Record<Tlp, number>> = { red: 0, "amber+strict": 1, amber: 2, green: 3, clear: 4 };
/** What each PAP level lets be done, of the deeds above: so many of them. */
const DEEDS_OF: Readonly<Record<Pap, number>> = { red: 1, amber: 2, green: 3, clear: 3 };

/** Why an item may not leave to a destination, or undefined where it may. */
export function mayLeave(marking: Marking, to: Destination): Reason | undefined {
  const { tlp, pap = "clear" } = marking;
  switch (to.kind) {
    case "circle":
      return refuseReaders(tlp, to);
    case "relay":
      if (tlp === "red") return "red-stays";
      // Its author may say it again to whomever it likes; nobody else may.
      if (to.own) return undefined;
      if (!to.mayExport) return "export-forbidden";
      return to.newReaders && stricter(tlp, "green") ? "new-readers" : undefined;
    case "file":
    case "taxii":
      if (tlp === "red") return "red-stays";
      if (!to.own && !to.mayExport) return "export-forbidden";
      if (stricter(tlp, to.cap)) return "above-limit";
      return to.kind === "taxii" && CONSUMERS.indexOf(to.consumer) >= CONSUMERS_OF[tlp]
        ? "consumer-too-wide"
        : undefined;
    case "output":
      return stricter(tlp, to.cap) ? "above-limit" : undefined;
    case "hook":
      if (tlp === "red") return "red-stays";
      if (stricter(tlp, to.cap)) return "above-limit";
      return DEEDS.indexOf(to.does) >= DEEDS_OF[pap] ? "pap-forbids" : undefined;
    case "clipboard":
      return tlp === "red" ? "red-stays" : undefined;
    case "notification":
      return to.words && stricter(tlp, "green") ? "shown-to-anybody" : undefined;
    default:
      return unreachable(to);
  }
}

/** What a circle's readers forbid. */
function refuseReaders(tlp: Tlp, { maxTlp, named, unverified, accepted }: Readers): Reason | undefined {
  if (stricter(tlp, maxTlp)) return "above-limit";
  if (named === false) return "recipients-differ";
  if (tlp === "red" && named === undefined) return "recipients-not-named";
  return stricter(tlp, "amber") && unverified && !accepted ? "unverified" : undefined;
}

/**
 * R70: what is carried to another circle is marked as it was, or as its author widened it, or more strictly, and never wider; the
 * caveat stays with it. Answers the marking that it gets, or undefined where a wider one was asked for.
 */
export function carriedMarking(was: Marking, asked: Partial<Marking>): Marking | undefined {
  const tlp = asked.tlp ?? was.tlp;
  const pap = asked.pap ?? was.pap;
  if (stricter(was.tlp, tlp) || (was.pap && stricterPap(was.pap, pap ?? "clear"))) return undefined;
  return { tlp, ...(pap && { pap }) };
}

// Who may lift the marking of an item, and how far it is lifted then. Pure: the same at whoever holds the same records.

import type { Permission } from "../record/body.ts";
import { isAmendable } from "../record/body.ts";
import { stricter, type Tlp } from "../record/marking.ts";
import { isLater, type Said, sameOrg, standing } from "./correction.ts";
import type { Roster } from "./roster.ts";

/**
 * R71: the marking of one item is lifted by the org that said it, by any of its nodes, and by nobody else, for these words only: not
 * for those of an amendment that came after it.
 */
export function permits(roster: Roster, permission: Said, original: Said): boolean {
  const { body, exercise } = permission;
  return (
    body.kind === "widen" &&
    body.re === original.id &&
    isAmendable(original.body) &&
    exercise === original.exercise &&
    sameOrg(roster, permission.author, original.author)
  );
}

/** How far an item may be carried: its standing marking, or what the newest permission that counts makes of it. */
export function carryingLimit<S extends Said>(
  roster: Roster | undefined,
  original: S,
  about: readonly S[],
): { readonly tlp: Tlp; readonly credit: boolean; readonly by?: S & { readonly body: Permission } } {
  const stands = standing(roster, original, about);
  const { tlp } = stands.body;
  const [newest] = about
    .filter((one): one is S & { readonly body: Permission } => !!roster && permits(roster, one, original))
    .filter((one) => !stands.by || isLater(one, stands.by))
    .sort((left, right) => (isLater(left, right) ? -1 : 1));
  if (!newest) return { tlp, credit: false };
  const { limit, credit = false } = newest.body;
  return { tlp: stricter(limit, tlp) ? tlp : limit, credit, by: newest };
}

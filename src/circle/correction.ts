// Who may say an item anew or withdraw it, and what stands of it then. Pure: the same at whoever holds the same records.

import { type Amendable, type Amendment, isAmendable, type PostBody, type Retraction } from "../record/body.ts";
import type { MemberId, RecordId } from "../record/ids.ts";
import { stricter } from "../record/marking.ts";
import { orgOf, type Roster } from "./roster.ts";

/** A post, as far as corrections are concerned. */
export type Said = {
  readonly id: RecordId;
  readonly author: MemberId;
  readonly seq: number;
  /** By its author's clock, ms since 1970. */
  readonly at: number;
  readonly exercise: boolean;
  readonly body: PostBody;
};
/** A post that corrects another one. */
export type Correction<S extends Said = Said> = S & { readonly body: Amendment | Retraction };

/**
 * What stands of an item: its body, the amendment that said it anew, or nothing. `by` is the correction that counts.
 * `body` of a retracted item is what was said, and is shown to nobody.
 */
export type Standing<S extends Said> =
  | { readonly state: "current"; readonly body: PostBody; readonly by?: undefined }
  | { readonly state: "amended"; readonly body: Amendable; readonly by: Correction<S> }
  | { readonly state: "retracted"; readonly body: PostBody; readonly by: Correction<S> };

/**
 * R61: what was said is amended and withdrawn by the org that said it, by any of its nodes, and by nobody else; an amendment says the
 * same kind of thing, no wider marked, and a drill stays a drill.
 */
export function corrects(roster: Roster, correction: Said, original: Said): correction is Correction {
  const { body } = correction;
  if ((body.kind !== "amend" && body.kind !== "retract") || body.re !== original.id) return false;
  if (!isAmendable(original.body) || correction.exercise !== original.exercise) return false;
  if (!sameOrg(roster, correction.author, original.author)) return false;
  return (
    body.kind === "retract" || (body.now.kind === original.body.kind && !stricter(original.body.tlp, body.now.tlp))
  );
}

/** What stands of an item after what was said about it. A retraction is final; of amendments the newest counts. */
export function standing<S extends Said>(roster: Roster | undefined, original: S, about: readonly S[]): Standing<S> {
  const corrections = roster ? correctionsOf(roster, original, about) : [];
  const retraction = corrections.find(({ body }) => body.kind === "retract");
  if (retraction) return { state: "retracted", body: original.body, by: retraction };
  const by = corrections.at(-1);
  return by?.body.kind === "amend"
    ? { state: "amended", body: by.body.now, by }
    : { state: "current", body: original.body };
}

/** The corrections of an item that count, oldest first: by the clock of their authors, at one moment by place, and then by id. */
export function correctionsOf<S extends Said>(roster: Roster, original: Said, about: readonly S[]): Correction<S>[] {
  return about
    .filter((one): one is Correction<S> => corrects(roster, one, original))
    .sort((left, right) => (isLater(right, left) ? -1 : 1));
}

/** Whether one word was said after another, as every reader orders them. */
export function isLater(one: Said, other: Said): boolean {
  return (one.at - other.at || one.seq - other.seq || (one.id < other.id ? -1 : 1)) > 0;
}

export function sameOrg(roster: Roster, left: MemberId, right: MemberId): boolean {
  const org = (member: MemberId): string | undefined => {
    const known = roster.members.get(member) ?? roster.removed.get(member);
    return known && orgOf(known);
  };
  return left === right || (org(left) !== undefined && org(left) === org(right));
}

// What a member says of its own keeping: that it keeps records, or a whole circle, under a legal hold, until it says that it does not.

import { z } from "zod";
import { decodeCbor, encodeCbor } from "../base/cbor.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { idBytes, ID_BYTES, type MemberId, orgId, type OrgId, recordId, type RecordId } from "../record/ids.ts";
import { orgOf, type Roster } from "./roster.ts";

/** What is held: one record with what corrects it, or all of the circle. */
export type HoldScope = RecordId | "circle";
export type HoldNotice =
  | { readonly op: "hold"; readonly of: HoldScope; readonly reason: string }
  | { readonly op: "release"; readonly of: HoldScope };
/** `at`: by its author's clock, ms since 1970. */
export type Hold = { readonly at: number; readonly reason: string };
/** The holds of each member. */
export type Holds = ReadonlyMap<MemberId, ReadonlyMap<HoldScope, Hold>>;

const of = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === ID_BYTES).nullable();
const holdSchema = z.discriminatedUnion("op", [
  z.strictObject({ op: z.literal("hold"), of, reason: z.string().max(limits.titleCharsMax) }),
  z.strictObject({ op: z.literal("release"), of }),
]);

export function encodeHold(notice: HoldNotice): Uint8Array {
  return encodeCbor({ ...notice, of: notice.of === "circle" ? null : idBytes(notice.of) });
}

/** Throws RECORD_BODY_INVALID. */
export function decodeHold(bytes: Uint8Array): HoldNotice {
  const parsed = holdSchema.safeParse(decodeCbor(bytes, limits.recordBytesMax));
  if (!parsed.success) throw new TocsinError("RECORD_BODY_INVALID", "not a hold that this version knows");
  return { ...parsed.data, of: parsed.data.of === null ? "circle" : recordId(parsed.data.of) };
}

/** The holds after another word of a member. Of one member `limits.holdsPerMemberMax` are heard: the last ones. */
export function withHold(holds: Holds, by: MemberId, notice: HoldNotice, at: number): Holds {
  const own = new Map(holds.get(by));
  own.delete(notice.of);
  if (notice.op === "hold") own.set(notice.of, { at, reason: notice.reason });
  return new Map(holds).set(by, new Map([...own].slice(-limits.holdsPerMemberMax)));
}

/** A hold that counts: of a member that is in. */
export type Holding = Hold & { readonly by: MemberId; readonly org: OrgId; readonly of: HoldScope };

/** Who keeps a record under a hold now; `about`: the record that it corrects, where it corrects one. */
export function holdersOf(
  { roster, holds }: { readonly roster: Roster | undefined; readonly holds: Holds },
  { id, about }: { readonly id: RecordId; readonly about?: RecordId | undefined },
): readonly Holding[] {
  return [...holds].flatMap(([by, own]) => {
    const member = roster?.members.get(by);
    const scopes: readonly HoldScope[] = ["circle", id, ...(about === undefined ? [] : [about])];
    const of = scopes.find((scope) => own.has(scope));
    const hold = of && own.get(of);
    return member && hold ? [{ ...hold, by, of, org: orgOf(member) }] : [];
  });
}

/** R73: what an org holds is erased at none of its nodes until it releases it, whatever anybody else says. */
export function isHeldBy(
  view: { readonly roster: Roster | undefined; readonly holds: Holds },
  org: Uint8Array,
  of: { readonly id: RecordId; readonly about?: RecordId | undefined },
): boolean {
  return view.holds.size > 0 && holdersOf(view, of).some((hold) => hold.org === orgId(org));
}

// Control statements of single members: where they can be reached, which tickets they opened or revoked, whom they warn of,
// which epoch held nothing for them, and which rules they accept.

import { z } from "zod";
import { decodeCbor, encodeCbor } from "../base/cbor.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import {
  idBytes,
  ID_BYTES,
  LANE_BYTES,
  type LaneId,
  laneId,
  type MemberId,
  recordId,
  type RecordId,
  type TicketId,
  ticketId,
} from "../record/ids.ts";
import { parseNodeAddress, RELAY_OFFER } from "../record/node-address.ts";

/** An invitation as the circle knows it: never its secret. */
export type Invite = {
  readonly ticket: TicketId;
  readonly by: MemberId;
  /** Whom the inviter means: a label for people, no promise. */
  readonly for: string;
  readonly createdAt: number;
  readonly expires: number;
  readonly revoked: boolean;
};

export type InviteNotice =
  | { readonly op: "open"; readonly ticket: TicketId; readonly for: string; readonly expires: number }
  | { readonly op: "revoke"; readonly ticket: TicketId };

/** A member's word that an org is not who it seems to be. It is shown with its author's name and decides nothing. */
export type Warning = {
  readonly orgKey: Uint8Array;
  readonly reason: (typeof REASONS)[number];
  /** The author's clock, ms since 1970. */
  readonly at: number;
};
const REASONS = ["words differ"] as const;

/** The lane that a new one takes over from, and its end as its author knew it: `length` records, the last of them `head`. */
export type LaneOpen = { readonly from: LaneId; readonly length: number; readonly head: RecordId | undefined };

const bytesOf = (length: number): z.ZodType<Uint8Array> =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length);
const laneOpenSchema = z
  .strictObject({ from: bytesOf(LANE_BYTES), length: z.number().int().min(0), head: bytesOf(ID_BYTES).nullable() })
  .refine(({ length, head }) => (length === 0) === (head === null));
const key = bytesOf(ID_BYTES);
const inviteSchema = z.discriminatedUnion("op", [
  z.strictObject({
    op: z.literal("open"),
    ticket: key,
    for: z.string().max(limits.nameCharsMax),
    expires: z.number().int().min(0).max(limits.momentMaxMs),
  }),
  z.strictObject({ op: z.literal("revoke"), ticket: key }),
]);
const warningSchema = z.strictObject({ orgKey: key, reason: z.enum(REASONS) });
const complaintSchema = z.strictObject({ epoch: key });
const consentSchema = z.strictObject({ policy: key });
const addressSchema = z.array(z.string().max(limits.addressCharsMax)).max(limits.addressesPerMemberMax + 1);

/** Where a member is reached. */
export type Reach = {
  /** Multiaddrs, best first, at most `limits.addressesPerMemberMax`. */
  readonly addresses: readonly string[];
  /** Whether it carries connections for the members of its circles. */
  readonly relay: boolean;
};

export function encodeInvite(notice: InviteNotice): Uint8Array {
  return encodeCbor({ ...notice, ticket: idBytes(notice.ticket) });
}

/** Throws RECORD_BODY_INVALID. */
export function decodeInvite(bytes: Uint8Array): InviteNotice {
  const parsed = inviteSchema.safeParse(decodeCbor(bytes, limits.recordBytesMax));
  if (!parsed.success) throw new TocsinError("RECORD_BODY_INVALID", "not an invitation that this version knows");
  return { ...parsed.data, ticket: ticketId(parsed.data.ticket) };
}

/** A member accepts the rules that a change set. */
export function encodeConsent(policy: RecordId): Uint8Array {
  return encodeCbor({ policy: idBytes(policy) });
}

/** Throws RECORD_BODY_INVALID. */
export function decodeConsent(bytes: Uint8Array): RecordId {
  const parsed = consentSchema.safeParse(decodeCbor(bytes, limits.recordBytesMax));
  if (!parsed.success) throw new TocsinError("RECORD_BODY_INVALID", "not a consent that this version knows");
  return recordId(parsed.data.policy);
}

export function encodeAddresses({ addresses, relay }: Reach): Uint8Array {
  return encodeCbor([...addresses, ...(relay ? [RELAY_OFFER] : [])]);
}

/** Throws RECORD_BODY_INVALID. */
export function decodeAddresses(bytes: Uint8Array): Reach {
  const parsed = addressSchema.safeParse(decodeCbor(bytes, limits.recordBytesMax));
  const relay = parsed.data?.at(-1) === RELAY_OFFER;
  const addresses = parsed.data?.slice(0, relay ? -1 : undefined) ?? [];
  if (
    !parsed.success ||
    addresses.length > limits.addressesPerMemberMax ||
    !addresses.every((text) => parseNodeAddress(text)?.port)
  )
    throw new TocsinError("RECORD_BODY_INVALID", "not a list of addresses");
  return { addresses, relay };
}

export function encodeWarning(warning: Omit<Warning, "at">): Uint8Array {
  return encodeCbor(warning);
}

/** Throws RECORD_BODY_INVALID. */
export function decodeWarning(bytes: Uint8Array): Omit<Warning, "at"> {
  const parsed = warningSchema.safeParse(decodeCbor(bytes, limits.recordBytesMax));
  if (!parsed.success) throw new TocsinError("RECORD_BODY_INVALID", "not a warning that this version knows");
  return parsed.data;
}

/** A complaint of its author: the wrap of this epoch holds nothing for it. */
export function encodeComplaint(epoch: RecordId): Uint8Array {
  return encodeCbor({ epoch: idBytes(epoch) });
}

/** The epoch that is complained of. Throws RECORD_BODY_INVALID. */
export function decodeComplaint(bytes: Uint8Array): RecordId {
  const parsed = complaintSchema.safeParse(decodeCbor(bytes, limits.recordBytesMax));
  if (!parsed.success) throw new TocsinError("RECORD_BODY_INVALID", "not a complaint that this version knows");
  return recordId(parsed.data.epoch);
}

export function encodeLaneOpen({ from, length, head }: LaneOpen): Uint8Array {
  return encodeCbor({ from: idBytes(from), length, head: head === undefined ? null : idBytes(head) });
}

/** Throws RECORD_BODY_INVALID. */
export function decodeLaneOpen(bytes: Uint8Array): LaneOpen {
  const parsed = laneOpenSchema.safeParse(decodeCbor(bytes, limits.recordBytesMax));
  if (!parsed.success) throw new TocsinError("RECORD_BODY_INVALID", "not the opening of a lane");
  const { from, length, head } = parsed.data;
  return { from: laneId(from), length, head: head === null ? undefined : recordId(head) };
}

// What is done with envelopes before the turn of their circle: they are read, and their signatures are checked on the threads
// of the machine while the parcel before them is stored. It judges nothing: what is not checked here is checked in the turn.

import { asTocsinError, TocsinError } from "../base/errors.ts";
import type { CircleId } from "../record/ids.ts";
import type { SignedRecord } from "../record/record.ts";
import { checkAside } from "../record/verify.ts";
import { decodeEnvelope } from "../record/wire.ts";
import type { Rooms } from "./rooms.ts";

const AT_ONCE = 3; // of the four threads that the machine's pool has

/** The record in an envelope, or why there is none. */
export function recordOrRefusal(envelope: Uint8Array): SignedRecord | TocsinError {
  try {
    return decodeEnvelope(envelope);
  } catch (cause) {
    return asTocsinError(cause);
  }
}

/**
 * Has signatures checked aside where the record may well be kept: of members that are in, whose keys were admitted, at places
 * that are free. Never rejects.
 */
export async function checkAhead(
  rooms: Rooms,
  circle: CircleId,
  signed: readonly (SignedRecord | TocsinError)[],
): Promise<void> {
  const { roster, lanes, hollow } = rooms.circles.get(circle)?.state ?? {};
  const isHopeful = (one: SignedRecord | TocsinError): one is SignedRecord => {
    if (one instanceof TocsinError) return false;
    const { author, lane, seq } = one.header;
    return roster?.members.has(author) === true && seq >= ((hollow?.get(lane) ?? lanes?.get(lane))?.length ?? 0);
  };
  const queue = signed.filter(isHopeful).values();
  // Few at once: what a page leaves of the threads is what an alert is checked and stored on meanwhile.
  const checkSome = async (): Promise<void> => {
    for (const record of queue) await checkAside(record);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, checkSome));
}

// Who mints first where several members are about to post and no epoch is usable, so that usually one of them does.
// Duplicates are harmless: whoever waits never waits for long, and never for somebody who is away.

import { toHex, utf8 } from "../base/bytes.ts";
import { sha256 } from "../base/digest.ts";
import { limits } from "../base/limits.ts";
import { idBytes, type MemberId, type RecordId } from "../record/ids.ts";

const ORDER_TAG = utf8("tocsin/1 mint order");

/**
 * How many milliseconds `me` waits for an epoch of somebody else before it mints one. `present` are the other members that are
 * linked now, `heads` the newest membership changes: each of those draws the order anew, so that nobody is always the last.
 */
export function mintWaitMs(me: MemberId, present: readonly MemberId[], heads: readonly RecordId[]): number {
  const place = (member: MemberId): string => toHex(sha256(ORDER_TAG, idBytes(member), ...heads.map(idBytes)));
  const mine = place(me);
  // R35: the first in the order of the hashes mints at once, each later one waits a little longer for what comes meanwhile.
  const rank = present.filter((member) => place(member) < mine).length;
  return rank === 0 ? 0 : Math.floor(rank * Math.min(limits.mintStepMs, limits.mintWaitMaxMs / present.length));
}

// Which epochs of a circle are remembered, and who complains of them: bounded, so that a flood of either drowns nobody else's.

import { limits } from "../base/limits.ts";
import type { MemberId, RecordId } from "../record/ids.ts";
import type { Epoch } from "../seal/epoch.ts";

export type EpochBook = {
  /** In order of arrival, at most `limits.epochsHeldMax`. */
  readonly epochs: ReadonlyMap<RecordId, Epoch>;
  /** Who said of an epoch that it held nothing for it. */
  readonly complaints: ReadonlyMap<RecordId, ReadonlySet<MemberId>>;
};

/** The epochs with another one. Whoever minted most of too many loses its oldest, so that a flood drowns nobody else's. */
export function withEpoch({ epochs, complaints }: EpochBook, epoch: Epoch): EpochBook {
  const next = new Map(epochs).set(epoch.id, epoch);
  if (next.size <= limits.epochsHeldMax) return { epochs: next, complaints };
  const counts = new Map<MemberId, number>();
  for (const { minter } of next.values()) counts.set(minter, (counts.get(minter) ?? 0) + 1);
  const most = Math.max(...counts.values());
  const oldest = [...next.values()].find(({ minter }) => counts.get(minter) === most);
  const left = new Map(complaints);
  if (oldest) {
    next.delete(oldest.id);
    left.delete(oldest.id);
  }
  return { epochs: next, complaints: left };
}

/** The complaints with another one. Of epochs that are not held here a member has `complaintsAheadMax`; its oldest go. */
export function withComplaint(book: EpochBook, by: MemberId, epoch: RecordId): EpochBook["complaints"] {
  const next = new Map(book.complaints).set(epoch, new Set(book.complaints.get(epoch)).add(by));
  const ahead = [...next].filter(([id, members]) => members.has(by) && !book.epochs.has(id));
  for (const [id, members] of ahead.slice(0, Math.max(0, ahead.length - limits.complaintsAheadMax))) {
    const others = members.difference(new Set([by]));
    if (others.size > 0) next.set(id, others);
    else next.delete(id);
  }
  return next;
}

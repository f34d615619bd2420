// What this node writes into its trail of disclosures: a row for each own post, in the batch of the post itself; before the first one
// under an epoch who can read it; and now and then the member key's word of how far the trail goes.

import type { Clearance } from "../audit/clearance.ts";
import { encodeEntry, signAnchor, type TrailEntry } from "../audit/entry.ts";
import { limits } from "../base/limits.ts";
import { idBytes, type MemberId, type RecordId } from "../record/ids.ts";
import type { Header } from "../record/record.ts";
import type { Kept } from "../store/store.ts";
import { type CircleState, orgOf } from "./circle-state.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";

/** What of the trail this run has written: epochs whose readers it told, whom it opened what for, and when the member key signed last (ms since 1970). */
export type TrailBook = {
  readonly told: Set<RecordId>;
  readonly opened: Set<string>;
  signed: { readonly length: number; readonly at: number };
};

export function newTrail(): TrailBook {
  return { told: new Set(), opened: new Set(), signed: { length: 0, at: 0 } };
}

/** Rows for a batch of own records, and what is to be remembered once they are durable. */
export type Rows = { readonly rows: readonly Uint8Array[]; readonly written: () => void };

/** So many that were opened for somebody are remembered, so that whoever asks again fills no trail. */
const OPENED_MAX = 16_384;

const NONE: Rows = { rows: [], written: () => undefined };

/** The rows of the own posts in a batch. */
export async function disclosureRows(
  rooms: Rooms,
  live: Pick<LiveCircle, "row">,
  batch: {
    readonly state: CircleState;
    readonly kept: readonly Kept[];
    readonly clearances: ReadonlyMap<RecordId, Clearance>;
  },
): Promise<Rows> {
  const { trail, clock, me } = rooms;
  const told = new Set<RecordId>();
  const entries: TrailEntry[] = [];
  for (const { record, content } of batch.kept) {
    const { id, header } = record;
    if (header.epoch === undefined || typeof content === "string") continue;
    const [circle, epoch] = [idBytes(header.circle), idBytes(header.epoch)];
    if (!trail.told.has(header.epoch) && !told.has(header.epoch)) {
      told.add(header.epoch);
      const recipients = [...(batch.state.epochs.get(header.epoch)?.recipients.keys() ?? [])];
      const readers = recipients.map((member) => readerOf(batch.state, member));
      entries.push({ op: "audience", circle, name: live.row.name, epoch, readers });
    }
    const clearance = batch.clearances.get(id);
    entries.push({
      ...{ op: "disclosed", circle, record: idBytes(id), epoch, at: header.at, kind: content.kind, tlp: content.tlp },
      ...(content.pap === undefined ? {} : { pap: content.pap }),
      ...{ seat: content.seat, exercise: header.exercise, auto: content.auto === true },
      ...(clearance === undefined ? {} : { clearance }),
    });
  }
  if (entries.length === 0) return NONE;
  const [end, now] = [await rooms.store.trailEnd(), clock.now()];
  const { length, at } = trail.signed;
  const isDue =
    end.length > length && (end.length - length >= limits.trailAnchorEvery || now - at >= limits.trailAnchorMs);
  if (isDue) entries.push(signAnchor(end, now, me.key));
  return {
    rows: entries.map(encodeEntry),
    written: () => {
      for (const epoch of told) trail.told.add(epoch);
      if (isDue) trail.signed = { length: end.length, at: now };
    },
  };
}

/** Rows that tell that own posts are opened for a member of another org whom their epoch does not name: each once a run. */
export function openedRows(
  rooms: Rooms,
  { row, state }: Pick<LiveCircle, "row" | "state">,
  to: MemberId,
  given: readonly { readonly id: RecordId; readonly header: Header }[],
): Rows {
  const { me, trail, clock } = rooms;
  if (orgOf(state, to) === me.org) return NONE;
  const news = given.flatMap(({ id, header: { author, epoch } }) =>
    author === me.id && epoch && !state.epochs.get(epoch)?.recipients.has(to) && !trail.opened.has(`${id} ${to}`)
      ? [{ id, epoch }]
      : [],
  );
  if (news.length === 0) return NONE;
  const rows = [...Map.groupBy(news, ({ epoch }) => epoch)].map(([epoch, posts]) =>
    encodeEntry({
      ...{ op: "opened", circle: idBytes(row.id), epoch: idBytes(epoch), reader: readerOf(state, to) },
      ...{ records: posts.map(({ id }) => idBytes(id)), at: clock.now() },
    }),
  );
  const written = (): void => {
    if (trail.opened.size > OPENED_MAX) trail.opened.clear();
    for (const { id } of news) trail.opened.add(`${id} ${to}`);
  };
  return { rows, written };
}

/** Own posts that members gave back: an earlier run of this home disclosed them, and no row of it is left here. */
export function returnedRows({ me }: Rooms, kept: readonly Kept[]): readonly Uint8Array[] {
  return kept.flatMap(({ record: { id, header }, receivedAt }) =>
    header.author === me.id && header.kind === "post"
      ? [encodeEntry({ op: "returned", circle: idBytes(header.circle), record: idBytes(id), at: receivedAt })]
      : [],
  );
}

function readerOf(state: CircleState, member: MemberId): [Uint8Array, Uint8Array, string] {
  const known = state.roster?.members.get(member) ?? state.roster?.removed.get(member);
  const orgKey = known?.certificate.orgKey ?? new Uint8Array(32);
  return [idBytes(member), orgKey, orgOf(state, member)];
}

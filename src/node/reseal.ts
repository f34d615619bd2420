// Both ends of one re-sealing: answering a member's question for posts that it cannot open, and asking one.

import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { sameOrg } from "../circle/correction.ts";
import { freezeOf, orgOf } from "../circle/roster.ts";
import { encodePost } from "../record/parse-body.ts";
import type { Content } from "../record/content.ts";
import type { CircleId, MemberId, OrgId, RecordId } from "../record/ids.ts";
import type { SignedRecord } from "../record/record.ts";
import { verifyRecord } from "../record/verify.ts";
import { decodeEnvelope } from "../record/wire.ts";
import { type Epoch, parseEpoch } from "../seal/epoch.ts";
import { historyRule } from "../seal/history.ts";
import {
  CHALLENGE_BYTES,
  checkGiven,
  decodeAsk,
  encodeAsk,
  type Given,
  isProven,
  openGiven,
  openingBytes,
  sealGiven,
} from "../seal/reseal.ts";
import { type CircleState, prekeyOf, rosterOf } from "./circle-state.ts";
import { circleNamed, type Rooms } from "./rooms.ts";
import { openedRows } from "./trail.ts";

/**
 * The answer to a member's question: of the posts asked for, in order, those that are open here and that it may have, until
 * a page is full. Throws PEER_REFUSED for whoever is no member or is frozen, DISK_FULL, and what `decodeAsk` throws.
 */
export async function reseal(
  rooms: Rooms,
  to: MemberId,
  of: { readonly circle: CircleId; readonly question: Uint8Array },
): Promise<Uint8Array> {
  const live = circleNamed(rooms, of.circle);
  const { state } = live;
  const roster = rosterOf(state);
  const member = roster.members.get(to);
  if (!member) throw new TocsinError("PEER_REFUSED", "the asker is no member");
  if (freezeOf(roster, orgOf(member), rooms.clock.now()))
    throw new TocsinError("PEER_REFUSED", "nobody seals for the asker's org until its freeze is over");
  const { challenge, ids } = decodeAsk(of.question);
  const rule = historyRule({ graph: state.graph, roster }, member);
  const epochOf = epochReader(rooms, state);
  const openings = new Map<number, Content>();
  const given: SignedRecord[] = [];
  let covered = 0;
  let bytes = 0;
  while (covered < ids.length && bytes < limits.resealPageBytes) {
    const index = covered++;
    const opening = await rooms.store.opening(ids[index] ?? ("" as RecordId));
    if (!opening) continue;
    const record = decodeEnvelope(opening.envelope);
    const { header } = record;
    // What names its recipients is nobody else's history, whatever the circle's rules give of it.
    const isFor = (org: OrgId): boolean => opening.body.to?.includes(org) !== false;
    if (!isFor(orgOf(member)) && !sameOrg(roster, to, header.author)) continue;
    const content = { salt: opening.salt, body: encodePost(opening.body) };
    // An id is no secret: one of another circle is not answered here.
    if (header.circle !== state.id || !header.epoch || !isProven(record, content)) continue;
    if (rule(header, await epochOf(header.epoch)) !== undefined) continue;
    openings.set(index, content);
    given.push(record);
    bytes += openingBytes(content);
  }
  // Told of before it is given: what cannot be written down is not.
  const { rows: trail, written } = openedRows(rooms, live, to, given);
  if (trail.length > 0) await rooms.store.commit({ circle: state.id, records: [], trail });
  const exchange = { circle: state.id, giver: rooms.me.id, asker: to, challenge };
  const answer = await sealGiven({ covered, openings }, exchange, prekeyOf(state, member));
  if (!answer) throw new TocsinError("PEER_REFUSED", "nothing can be sealed to the asker's prekey");
  written();
  return answer;
}

/**
 * Asks a linked member to open posts that are held sealed. Undefined where it answers to a prekey that is not held any more:
 * it has not heard of the new one yet. Throws RESEAL_INVALID for an answer of which nothing may be taken, and what `Net.ask` throws.
 */
export async function askFor(
  rooms: Rooms,
  from: MemberId,
  of: {
    readonly circle: CircleId;
    readonly posts: readonly { readonly record: SignedRecord }[];
    readonly signal: AbortSignal;
  },
): Promise<Given | undefined> {
  const challenge = rooms.random(CHALLENGE_BYTES);
  const records = of.posts.map(({ record }) => record);
  const question = encodeAsk({ challenge, ids: records.map(({ id }) => id) });
  const answer = await rooms.net().ask(from, of.circle, question, of.signal);
  const exchange = { circle: of.circle, giver: from, asker: rooms.me.id, challenge };
  const given = await openGiven(answer, exchange, (id) => {
    const held = rooms.keyring.value().prekeys.get(id);
    return held?.circle === of.circle ? held : undefined;
  });
  if (given) checkGiven(given, records);
  return given;
}

/** Finds epochs of a circle, those too that its state remembers no longer. */
export function epochReader(rooms: Rooms, state: CircleState): (id: RecordId) => Promise<Epoch | undefined> {
  const read = new Map<RecordId, Epoch | undefined>();
  return async (id) => {
    const known = state.epochs.get(id) ?? read.get(id);
    if (known || read.has(id)) return known;
    const envelope = await rooms.store.envelope(id);
    const epoch = envelope && storedEpoch(state.id, envelope);
    read.set(id, epoch);
    return epoch;
  };
}

function storedEpoch(circle: CircleId, envelope: Uint8Array): Epoch | undefined {
  const { header } = decodeEnvelope(envelope);
  if (header.kind !== "epoch" || header.circle !== circle) return undefined;
  try {
    return parseEpoch(verifyRecord(decodeEnvelope(envelope)));
  } catch {
    // A malformed epoch keeps its place in the lane and is none, here as when it arrived.
    return undefined;
  }
}

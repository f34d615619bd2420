// Everything a node knows of one circle but its posts: membership, lanes, epochs, prekeys, addresses, invitations, consents.
// A value; `fold` is pure, so that rebuilding it from the stored control records gives the same value again.

import { asTocsinError, TocsinError } from "../base/errors.ts";
import { equalBytes } from "../base/bytes.ts";
import { limits } from "../base/limits.ts";
import { circleOf } from "../circle/change.ts";
import { decodeChange } from "../circle/change-codec.ts";
import { closure, emptyGraph, type Graph, type RosterOp, withOp } from "../circle/graph.ts";
import { emptyMemo, evaluate, refusalOf, type RosterMemo } from "../circle/evaluate.ts";
import { type Consents, policySetBy } from "../circle/consent.ts";
import {
  decodeAddresses,
  type Reach,
  decodeComplaint,
  decodeConsent,
  decodeInvite,
  decodeLaneOpen,
  decodeWarning,
  type Invite,
  type LaneOpen,
  type Warning,
} from "../circle/notice.ts";
import { parsePrekey, type Prekey, type ToldPrekey, withTold } from "../circle/prekey.ts";
import { decodeExercise, type Exercises, withExercise } from "../circle/exercise.ts";
import { decodeHold, type Holds, withHold } from "../circle/hold.ts";
import { isSteward, type Member, type Roster } from "../circle/roster.ts";
import { extend, type Lane } from "../feed/lane.ts";
import {
  type CircleId,
  type LaneId,
  type MemberId,
  type OrgId,
  orgId,
  ownsLane,
  type RecordId,
  type TicketId,
} from "../record/ids.ts";
import type { VerifiedRecord } from "../record/record.ts";
import { clearBody } from "../record/verify.ts";
import { parseEpoch } from "../seal/epoch.ts";
import { type EpochBook, withComplaint, withEpoch } from "./epoch-book.ts";

/** The first records of a lane, and the last one of them. */
export type WholePart = Pick<Lane, "length" | "head">;

export type CircleState = EpochBook & {
  readonly id: CircleId;
  readonly graph: Graph;
  /** Absent until the genesis is known. */
  readonly roster: Roster | undefined;
  /** Rosters of earlier views; a cache that only grows with the graph. */
  readonly memo: RosterMemo;
  readonly lanes: ReadonlyMap<LaneId, Lane>;
  /** Of lanes in which posts are held without their payload: how much is whole before the first of them. */
  readonly hollow: ReadonlyMap<LaneId, WholePart>;
  /** The last prekeys of a member, by the change that admitted it; see `toldPrekeys`. */
  readonly prekeys: ReadonlyMap<RecordId, readonly ToldPrekey[]>;
  readonly addresses: ReadonlyMap<MemberId, readonly string[]>;
  /** Members that carry connections for others. */
  readonly relays: ReadonlySet<MemberId>;
  readonly invites: ReadonlyMap<TicketId, Invite>;
  /** What each member last warned of, one of an org, oldest first, at most `limits.warningsPerMemberMax`. */
  readonly warnings: ReadonlyMap<MemberId, readonly Warning[]>;
  /** Lanes that took over from another one of their author. */
  readonly opened: ReadonlyMap<LaneId, LaneOpen>;
  readonly consents: Consents;
  readonly holds: Holds;
  readonly exercises: Exercises;
};

export function emptyState(id: CircleId): CircleState {
  return {
    id,
    graph: emptyGraph(),
    roster: undefined,
    memo: emptyMemo(),
    lanes: new Map(),
    hollow: new Map(),
    epochs: new Map(),
    prekeys: new Map(),
    complaints: new Map(),
    addresses: new Map(),
    relays: new Set(),
    invites: new Map(),
    warnings: new Map(),
    opened: new Map(),
    consents: new Map(),
    holds: new Map(),
    exercises: new Map(),
  };
}

/** The state with a record, which must be the next one of its lane, at the end of that lane. */
export function withRecord(state: CircleState, record: VerifiedRecord, lane: Lane): CircleState {
  return settled(withNext(state, record, lane));
}

/**
 * The same, with the roster of before: many changes that come together are evaluated once, by `settled`. Whether a record is kept and
 * what it changes is judged in its own view, never by that roster. `isHollow`: a post of which the payload is not kept.
 */
export function withNext(state: CircleState, record: VerifiedRecord, lane: Lane, isHollow = false): CircleState {
  const isFirst = isHollow && !state.hollow.has(lane.id);
  const { length, head } = lane;
  const longer: CircleState = {
    ...{ ...state, lanes: new Map(state.lanes).set(lane.id, extend(lane, record)) },
    ...(isFirst && { hollow: new Map(state.hollow).set(lane.id, { length, head }) }),
  };
  return record.header.kind === "post" ? longer : fold(longer, record).state;
}

/** The state with the roster of all that it holds. */
export function settled(state: CircleState): CircleState {
  const { graph, memo } = state;
  if (graph.heads.length === 0) return state;
  const roster = evaluate(graph, graph.heads, memo);
  return roster === state.roster ? state : { ...state, roster };
}

/**
 * What a control record changes. One whose body is malformed keeps its place in the lane and changes nothing else; `refused`
 * says why. Throws nothing.
 */
export function fold(
  state: CircleState,
  record: VerifiedRecord,
): { readonly state: CircleState; readonly refused?: TocsinError } {
  try {
    return { state: foldBody(state, record) };
  } catch (cause) {
    return { state, refused: asTocsinError(cause) };
  }
}

function foldBody(state: CircleState, record: VerifiedRecord): CircleState {
  const { header } = record;
  switch (header.kind) {
    case "roster":
      return withChange(state, record);
    case "prekey":
      return { ...state, prekeys: new Map(state.prekeys).set(...ownPrekeys(state, record)) };
    case "epoch":
      return { ...state, ...withEpoch(state, parseEpoch(record)) };
    case "complaint":
      return { ...state, complaints: withComplaint(state, header.author, decodeComplaint(clearBody(record))) };
    case "address":
      return withReach(state, header.author, decodeAddresses(clearBody(record)));
    case "invite":
      return withInvite(state, record);
    case "warning":
      return withWarning(state, record);
    case "lane-open":
      return withOpened(state, record);
    case "consent":
      return withConsent(state, record);
    case "hold": {
      const { author, at } = record.header;
      return { ...state, holds: withHold(state.holds, author, decodeHold(clearBody(record)), at) };
    }
    case "exercise":
      return withDrill(state, record);
    case "post":
      return state;
  }
}

function withChange(state: CircleState, record: VerifiedRecord): CircleState {
  const { author, lane, seq, at, rosterHeads } = record.header;
  const change = decodeChange(clearBody(record), state.id, record.wraps);
  // R11: the genesis is the one whose content the circle is named after.
  if (change.op === "genesis" && circleOf({ ...change, certificate: change.founder.certificate }) !== state.id) {
    throw new TocsinError("RECORD_CIRCLE_WRONG", "a genesis of another circle");
  }
  // Whoever was not entitled in its own view adds nothing to the graph, so that no member ever leans on it. Everyone
  // decides this alike, whatever else they hold.
  const op: RosterOp = { id: record.id, author, lane, seq, at, parents: rosterHeads, change };
  const refused = refusalOf(state.graph, op, state.memo);
  if (refused) throw new TocsinError("POST_REFUSED", refused);
  const graph = withOp(state.graph, op);
  return { ...state, graph, roster: state.roster ?? evaluate(graph, graph.heads, state.memo) };
}

/** The prekeys of a member of the roster that count, newest last: what it told since it came, and what it brought. */
export function toldPrekeys(state: CircleState, member: Member): readonly ToldPrekey[] {
  return state.prekeys.get(member.addedBy) ?? [member.prekey];
}

/** The prekey that epochs are wrapped to for a member of the roster: the last one it told since it came, or the one it brought. */
export function prekeyOf(state: CircleState, member: Member): Prekey {
  return toldPrekeys(state, member).at(-1) ?? member.prekey;
}

/** The prekeys of a member, by the change by which it was in when it told this one: one from before a removal never replaces a later one. */
function ownPrekeys(state: CircleState, record: VerifiedRecord): readonly [RecordId, readonly ToldPrekey[]] {
  const prekey = parsePrekey(clearBody(record), state.id);
  if (prekey.member !== record.header.author)
    throw new TocsinError("RECORD_BODY_INVALID", "a prekey of another member");
  const view = evaluate(state.graph, record.header.rosterHeads, state.memo);
  if (prekey.suite !== view.policy.suite) throw new TocsinError("RECORD_BODY_INVALID", "a prekey of another suite");
  const then = view.members.get(prekey.member);
  if (!then) throw new TocsinError("RECORD_AUTHOR_REMOVED", "a prekey of no member");
  const { lane, seq } = record.header;
  return [then.addedBy, withTold(toldPrekeys(state, then), { ...prekey, toldAt: { lane, seq } })];
}

/** Rules that were set in the author's own view, and no others: so there are never more of them than changes. */
function withConsent(state: CircleState, record: VerifiedRecord): CircleState {
  const { author, rosterHeads } = record.header;
  const policy = decodeConsent(clearBody(record));
  if (policySetBy(state.graph, policy) === undefined || !closure(state.graph, rosterHeads).has(policy))
    throw new TocsinError("RECORD_BODY_INVALID", "a consent to what are no rules");
  const consents = new Map(state.consents);
  return { ...state, consents: consents.set(policy, new Set([...(consents.get(policy) ?? []), author])) };
}

function withInvite(state: CircleState, record: VerifiedRecord): CircleState {
  const { author, at, rosterHeads } = record.header;
  const notice = decodeInvite(clearBody(record));
  // In its own view, so that the order in which lanes are heard of decides nothing; whoever admits asks again.
  if (!isSteward(evaluate(state.graph, rosterHeads, state.memo), author))
    throw new TocsinError("STEWARD_NEEDED", "an invitation by no steward");
  const known = state.invites.get(notice.ticket);
  const invites = new Map(state.invites);
  // Lanes come in any order: a revocation holds also where the invitation is heard of after it.
  const unheard = { ticket: notice.ticket, by: author, for: "", createdAt: at, expires: 0, revoked: true };
  if (notice.op === "revoke") invites.set(notice.ticket, { ...(known ?? unheard), revoked: true });
  else if (!known || (known.revoked && known.expires === 0)) {
    invites.set(notice.ticket, { ...unheard, for: notice.for, expires: notice.expires, revoked: known !== undefined });
  }
  return { ...state, invites };
}

/** Only stewards start and stop exercises, as their own view has it: it changes what everybody's posts are. */
function withDrill(state: CircleState, record: VerifiedRecord): CircleState {
  const { id, header } = record;
  const notice = decodeExercise(clearBody(record));
  if (!isSteward(evaluate(state.graph, header.rosterHeads, state.memo), header.author))
    throw new TocsinError("STEWARD_NEEDED", "an exercise of no steward");
  return { ...state, exercises: withExercise(state.exercises, notice, { id, by: header.author, at: header.at }) };
}

function withReach(state: CircleState, member: MemberId, { addresses, relay }: Reach): CircleState {
  const relays = new Set(state.relays);
  if (relay) relays.add(member);
  else relays.delete(member);
  return { ...state, relays, addresses: new Map(state.addresses).set(member, addresses) };
}

function withWarning(state: CircleState, record: VerifiedRecord): CircleState {
  const { author, at } = record.header;
  const warning = { ...decodeWarning(clearBody(record)), at };
  const others = (state.warnings.get(author) ?? []).filter(({ orgKey }) => !equalBytes(orgKey, warning.orgKey));
  const kept = [...others, warning].slice(-limits.warningsPerMemberMax);
  return { ...state, warnings: new Map(state.warnings).set(author, kept) };
}

/** R38: a lane takes over from another one of its author, and says so in its first record. */
function withOpened(state: CircleState, record: VerifiedRecord): CircleState {
  const { author, lane, seq } = record.header;
  const opening = decodeLaneOpen(clearBody(record));
  if (seq !== 0 || opening.from === lane || !ownsLane(author, opening.from))
    throw new TocsinError("RECORD_BODY_INVALID", "no opening of a lane");
  return { ...state, opened: new Map(state.opened).set(lane, opening) };
}

/** The roster, which every circle has once its genesis is known. Throws CIRCLE_UNKNOWN before. */
export function rosterOf(state: CircleState): Roster {
  if (!state.roster)
    throw new TocsinError("CIRCLE_UNKNOWN", "the circle is still being fetched from its members", {
      hint: "try again in a moment",
    });
  return state.roster;
}

/** The org name of a member, past or present. */
export function orgOf(state: CircleState, member: MemberId): string {
  const certificate = state.roster?.members.get(member)?.certificate ?? state.roster?.removed.get(member)?.certificate;
  return certificate?.org ?? member.slice(0, 8);
}

/** The name of an org that is in, was in, or waits to come in; the start of its key for any other. */
export function orgName({ roster }: CircleState, org: OrgId): string {
  const certificates = roster && [
    ...[...roster.members.values(), ...roster.removed.values()].map(({ certificate }) => certificate),
    ...[...roster.pending.values()].map(({ admission }) => admission.certificate),
  ];
  return certificates?.find(({ orgKey }) => orgId(orgKey) === org)?.org ?? org.slice(0, 8);
}

// Closed circles: a word to one org or to a few, that nobody else can ever read. The first word founds the circle with the orgs that
// may be in; its steward offers each of them a place over the link that they have anyway, and their nodes come in by themselves.

import { compareBytes, concat, equalBytes, toHex } from "../base/bytes.ts";
import { sha256 } from "../base/digest.ts";
import { asTocsinError, TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { defaultPolicy, type Policy } from "../circle/change.ts";
import { isSameRule } from "../circle/consent.ts";
import { absentees, isSteward, type Member, transportOf } from "../circle/roster.ts";
import { type MemberId, type OrgId, orgId } from "../record/ids.ts";
import { decodeOffer, encodeOffer, offerTaken } from "./offer-wire.ts";
import type { JoinCall } from "../net/net.ts";
import { firstOf } from "./bell.ts";
import { join, type JoinPreview } from "./joining.ts";
import { found, invite } from "./membership.ts";
import { type LiveCircle, memberHere, type Rooms } from "./rooms.ts";
import { trustOf } from "./trust.ts";

/** Whom this node lets into a closed circle with itself, by their word alone. */
export type Welcome = "members" | "verified" | "nobody";

const FIRST_AGAIN_MS = 60_000; // an org that did not come in is offered a place again after this ...
const LAST_AGAIN_MS = 24 * 3_600_000; // ... doubling up to this
const TICKET_MS = 10 * 60_000;
const JOIN_MS = 60_000;

/** The rules of every closed circle; what was said before an org came in was said to it, so it reads that too. */
export function closedPolicy(only: readonly Uint8Array[]): Policy {
  return {
    ...defaultPolicy,
    history: "all",
    gossip: false,
    refound: Math.min(defaultPolicy.refound, only.length),
    only,
  };
}

/** The closed circle of exactly our org and these; of several, founded by both sides at once, the one that all would choose. */
export function closedCircleOf(rooms: Rooms, orgs: readonly Uint8Array[]): LiveCircle | undefined {
  const only = together(rooms, orgs);
  return [...rooms.circles.values()]
    .filter(({ row, state }) => row.state === "current" && state.roster && isSameRule(state.roster.policy.only, only))
    .sort((left, right) => (left.row.id < right.row.id ? -1 : 1))[0];
}

/** As `closedCircleOf`; founds it where there is none. Throws INPUT_INVALID where nobody but our own org is named, LIMIT_EXCEEDED. */
export async function openClosedCircle(rooms: Rooms, peers: readonly Member[]): Promise<LiveCircle> {
  const orgs = peers.map(({ certificate }) => certificate.orgKey);
  const only = together(rooms, orgs);
  if (only.length < 2)
    throw new TocsinError("INPUT_INVALID", "a closed circle needs another organisation than your own");
  if (only.length > limits.membersMax)
    throw new TocsinError("LIMIT_EXCEEDED", `a circle has at most ${limits.membersMax} members`);
  // Two first words at once are words to one circle.
  return rooms.turns.take(`closed ${toHex(sha256(concat(...only)))}`, async () => {
    const known = closedCircleOf(rooms, orgs);
    if (known) return known;
    const names = new Set([rooms.me.certificate.org, ...peers.map(({ certificate }) => certificate.org)]);
    return found(rooms, nameOf([...names]), closedPolicy(only));
  });
}

function together(rooms: Rooms, orgs: readonly Uint8Array[]): readonly Uint8Array[] {
  const all = new Map([rooms.me.certificate.orgKey, ...orgs].map((key) => [toHex(key), key]));
  return [...all.values()].sort(compareBytes);
}

function nameOf(orgs: readonly string[]): string {
  return orgs.toSorted().join(" + ").slice(0, limits.nameCharsMax).trimEnd();
}

/** Offers whoever is absent a place as soon as it is linked, until the signal aborts. */
export async function keepOffering(rooms: Rooms, signal: AbortSignal, failed: (cause: unknown) => void): Promise<void> {
  /** By circle and org: when it is offered a place again (monotonic, ms), and how long it is left alone after that. */
  const again = new Map<string, { readonly atMs: number; readonly pauseMs: number }>();
  while (!signal.aborted) {
    const seen = rooms.changes.count();
    let nextMs = LAST_AGAIN_MS;
    try {
      for (const { live, org, node } of awaited(rooms)) {
        const name = `${live.row.id} ${org}`;
        const { atMs, pauseMs } = again.get(name) ?? { atMs: -Infinity, pauseMs: FIRST_AGAIN_MS };
        const leftMs = atMs - rooms.clock.monotonic();
        nextMs = Math.min(nextMs, leftMs > 0 ? leftMs : pauseMs);
        if (leftMs > 0) continue;
        again.set(name, {
          atMs: rooms.clock.monotonic() + pauseMs,
          pauseMs: Math.min(pauseMs * 2, LAST_AGAIN_MS),
        });
        await offer(rooms, live, node);
      }
      await firstOf(
        signal,
        async (ended) => rooms.changes.after(seen, ended),
        async (ended) => rooms.clock.wait(nextMs, ended),
      );
    } catch (cause) {
      if (signal.aborted) return;
      failed(cause);
      await rooms.clock.wait(FIRST_AGAIN_MS, signal).catch(() => undefined);
    }
  }
}

type Awaited = { readonly live: LiveCircle; readonly org: OrgId; readonly node: Member };

/** A linked node of each org that is absent from a closed circle of which this node is a steward. */
function awaited(rooms: Rooms): readonly Awaited[] {
  const closed = [...rooms.circles.values()].filter(
    ({ row, state }) =>
      row.state === "current" && state.roster?.policy.only !== undefined && isSteward(state.roster, rooms.me.id),
  );
  const wanted = closed.flatMap((live) =>
    (live.state.roster ? absentees(live.state.roster) : []).map((org) => ({ live, org })),
  );
  if (wanted.length === 0) return [];
  const linked = linkedNodes(rooms);
  return wanted.flatMap(({ live, org }) => {
    const node = linked.get(org);
    return node ? [{ live, org, node }] : [];
  });
}

function linkedNodes(rooms: Rooms): ReadonlyMap<OrgId, Member> {
  const linked = new Set(
    rooms
      .net()
      .links()
      .flatMap(({ state, member }) => (state === "linked" ? [member] : [])),
  );
  const members = [...rooms.circles.values()].flatMap(({ row, state }) =>
    row.state === "current" ? [...(state.roster?.members.values() ?? [])] : [],
  );
  return new Map(
    members.filter(({ id }) => linked.has(id)).map((member) => [orgId(member.certificate.orgKey), member] as const),
  );
}

/** One offer. An org that does not want it, or is gone, is offered a place again later. */
async function offer(rooms: Rooms, { row }: LiveCircle, node: Member): Promise<void> {
  const { line } = await invite(rooms, row.id, { for: node.certificate.org, lifeMs: TICKET_MS });
  try {
    await rooms.net().offer(transportOf(node), encodeOffer({ ticket: line }));
    rooms.log("place-offered", { circle: row.id.slice(0, 8), peer: node.id.slice(0, 8) });
  } catch (cause) {
    const error = asTocsinError(cause);
    const remote = error.details["remote"];
    const reason = typeof remote === "string" ? remote : error.code;
    rooms.log("place-refused", { circle: row.id.slice(0, 8), peer: node.id.slice(0, 8), reason });
  }
}

/**
 * A linked member offers a place in a closed circle. Answers at once where it is taken, and comes in afterwards. Throws
 * MEMBER_UNKNOWN, POST_REFUSED where people here do not want that, LIMIT_EXCEEDED, TICKET_INVALID, PEER_PROTOCOL.
 */
export async function heedOffer(
  rooms: Rooms,
  from: MemberId,
  {
    message,
    welcome,
    call,
    signal,
  }: {
    readonly message: Uint8Array;
    readonly welcome: Welcome;
    readonly call: JoinCall;
    readonly signal: AbortSignal;
  },
): Promise<Uint8Array> {
  const { ticket } = decodeOffer(message);
  const peer = memberHere(rooms, from);
  if (!peer) throw new TocsinError("MEMBER_UNKNOWN", "a place is offered by members only");
  const { orgKey } = peer.certificate;
  const trust = trustOf(rooms, peer.certificate);
  if (
    welcome === "nobody" ||
    trust === "blocked" ||
    trust === "changed" ||
    (welcome === "verified" && trust !== "verified")
  )
    throw new TocsinError("POST_REFUSED", "no place is taken from this org here");
  if (closedBy(rooms, orgKey).length >= limits.closedPerOrgMax || rooms.circles.size >= limits.circlesMax / 2)
    throw new TocsinError("LIMIT_EXCEEDED", "there are enough closed circles here");
  // One at a time from each org; whoever offers meanwhile is told the same and heard afterwards.
  void rooms.turns
    .take(`place of ${toHex(orgKey)}`, async () => {
      const by = { call, signal: AbortSignal.any([signal, AbortSignal.timeout(JOIN_MS)]) };
      const { live } = await join(rooms, ticket, { ...by, agrees: (shown) => checkClosed(rooms, shown, orgKey) });
      rooms.log("place-taken", { circle: live.row.id.slice(0, 8), peer: from.slice(0, 8) });
    })
    .catch((cause: unknown) => {
      rooms.log("place-failed", { peer: from.slice(0, 8), reason: asTocsinError(cause).code });
    });
  return offerTaken;
}

/** What people here agreed to without being asked is a closed circle with the usual rules that names both orgs, and nothing else. */
function checkClosed(rooms: Rooms, { policy, inviter }: JoinPreview, orgKey: Uint8Array): void {
  const { only = [] } = policy;
  const names = (wanted: Uint8Array): boolean => only.some((org) => equalBytes(org, wanted));
  const usual = closedPolicy(only);
  const isUsual = { ...policy, suite: usual.suite };
  const differs = (Object.keys({ ...usual, ...isUsual }) as (keyof Policy)[]).some(
    (rule) => !isSameRule(usual[rule], isUsual[rule]),
  );
  if (differs || !equalBytes(inviter.orgKey, orgKey) || !names(orgKey) || !names(rooms.me.certificate.orgKey))
    throw new TocsinError("JOIN_REFUSED", "what is offered is no closed circle with the usual rules");
}

/** Closed circles that nodes of an org have founded. */
function closedBy(rooms: Rooms, orgKey: Uint8Array): readonly LiveCircle[] {
  return [...rooms.circles.values()].filter(({ state }) => {
    const genesis = [...state.graph.ops.values()].find(({ change }) => change.op === "genesis")?.change;
    return (
      genesis?.op === "genesis" &&
      genesis.policy.only !== undefined &&
      equalBytes(genesis.founder.certificate.orgKey, orgKey)
    );
  });
}

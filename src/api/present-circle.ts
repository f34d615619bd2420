// From what the node holds to the documents about circles: members, rules, who waits and what is voted on.

import { toHex } from "../base/bytes.ts";
import { toRfc3339 } from "../base/clock.ts";
import { fingerprint } from "../../keys/index.ts";
import { openCases, type OpenCase } from "../circle/cases.ts";
import { defaultPolicy, type Policy } from "../circle/change.ts";
import { type Member, orgOf, type Pending, stewards } from "../circle/roster.ts";
import { orgId } from "../record/ids.ts";
import { orgName } from "../node/circle-state.ts";
import { shownEpoch } from "../node/membership.ts";
import type { LiveCircle, Rooms } from "../node/rooms.ts";
import { trustOf } from "../node/trust.ts";
import type {
  CircleDocument,
  CirclePolicyDocument,
  MemberDocument,
  PendingDocument,
  VoteDocument,
} from "./documents.ts";
import { linkOf, linkWord, presentForks, presentFreeze } from "./present.ts";
import { queuedFor } from "./delivery.ts";

export function presentPolicy(policy: Policy): CirclePolicyDocument {
  const { keepDays, history, export: exporters, only, ...others } = policy;
  return {
    ...others,
    defaultTlp: policy.defaultTlp ?? null,
    unverified: policy.unverified ?? "withhold",
    ...(only && { only: only.map(toHex) }),
    keep: `${keepDays}d`,
    history: typeof history === "number" ? toRfc3339(history) : history,
    export: exporters,
  };
}

export function presentCircle(rooms: Rooms, live: LiveCircle): CircleDocument {
  const { row, state } = live;
  const { roster } = state;
  const epoch = shownEpoch(rooms, live);
  const policy = roster?.policy ?? { ...defaultPolicy, keepDays: 1, gossip: false };
  const [senior] = roster ? stewards(roster) : [];
  return {
    schema: "tocsin.circle/1",
    id: row.id,
    name: row.name,
    steward: senior?.certificate.org ?? "",
    state: stateOf(rooms, live),
    policy: presentPolicy(policy),
    members: [...(roster?.members.values() ?? [])].map((member) => presentMember(rooms, live, member)),
    epoch: epoch ? { id: epoch.id, depth: epoch.depth, suite: epoch.suite, since: toRfc3339(epoch.mintedAt) } : null,
    rosterHeads: [...state.graph.heads],
    forks: presentForks(live),
    pending: [...(roster?.pending.values() ?? [])].map((pending) => presentPending(live, pending)),
    votes: roster ? openCases(roster).map((open) => presentVote(live, open)) : [],
  };
}

/** Where this node stands in a circle. */
export function stateOf({ me }: Rooms, { row, state }: LiveCircle): CircleDocument["state"] {
  return row.state === "current" && state.roster?.members.has(me.id) !== true ? "pending" : row.state;
}

function presentPending({ state }: LiveCircle, { admission, by }: Pending): PendingDocument {
  const { org, orgKey } = admission.certificate;
  const words = new Set([by, ...(state.roster?.vouches.get(orgId(orgKey)) ?? [])]);
  return {
    org,
    orgKey: toHex(orgKey),
    fingerprint: fingerprint(orgKey).words.join(" "),
    by: orgName(state, by),
    vouches: [...words].map((one) => orgName(state, one)),
    missing: Math.max(0, (state.roster?.policy.vouches ?? 0) - words.size),
  };
}

function presentVote({ state }: LiveCircle, { op, about, by, needs }: OpenCase): VoteDocument {
  return { op, org: orgName(state, about), by: by.map((org) => orgName(state, org)), needs };
}

function presentMember(rooms: Rooms, live: LiveCircle, member: Member): MemberDocument {
  const link = linkOf(rooms, member);
  const you = member.id === rooms.me.id;
  return {
    org: member.certificate.org,
    orgKey: toHex(member.certificate.orgKey),
    memberKey: member.id,
    steward: member.seniority !== undefined,
    you,
    trust: trustOf(rooms, member.certificate),
    link: you ? "self" : linkWord(link),
    lastSeen: link?.lastSeenAt === undefined ? null : toRfc3339(link.lastSeenAt),
    queued: you ? 0 : queuedFor(rooms, live, member.id),
    frozen: presentFreeze(rooms, live, orgOf(member)),
  };
}

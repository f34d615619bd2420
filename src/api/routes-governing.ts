// Routes by which members govern a circle: ranks, rules, vouches, freezes, leaving, removal and its report, and the log.

import { toRfc3339 } from "../base/clock.ts";
import { TocsinError } from "../base/errors.ts";
import { policyHistory, policySetBy, rulesChanged, accepts } from "../circle/consent.ts";
import type { Policy } from "../circle/change.ts";
import { membershipLog } from "../circle/log.ts";
import { orgOf as orgIdOf, type Member } from "../circle/roster.ts";
import type { OrgId } from "../record/ids.ts";
import { orgName, orgOf, rosterOf } from "../node/circle-state.ts";
import { hasAccepted } from "../node/consent.ts";
import {
  acceptRules,
  checkStewardsGone,
  confirm,
  demote,
  freeze,
  leave,
  lift,
  setPolicy,
  vouch,
} from "../node/governing.ts";
import { promote } from "../node/membership.ts";
import type { LiveCircle, Rooms } from "../node/rooms.ts";
import { markSeen, presentChange, presentNews } from "./changes.ts";
import type { Routes } from "./desk.ts";
import type { CircleDocument, PolicyDocument } from "./documents.ts";
import type { RulesParams } from "./methods.ts";
import type { Staff } from "./held-posts.ts";
import { findCircle, findMember, findNewcomer } from "./lookup.ts";
import { presentCircle, presentPolicy } from "./present-circle.ts";
import { removeAndReport } from "./removal.ts";
import { presentBroken, presentUndelivered } from "./routes-outbox.ts";
import { parseRequest, requests } from "./requests.ts";

type GoverningRoutes = Pick<
  Routes,
  | "circle.remove"
  | "circle.promote"
  | "circle.demote"
  | "circle.leave"
  | "circle.freeze"
  | "circle.unfreeze"
  | "circle.confirm"
  | "circle.policy"
  | "circle.setPolicy"
  | "circle.accept"
  | "circle.log"
  | "circle.news"
  | "circle.seen"
  | "peer.vouch"
>;

const FREEZE_MS = 4 * 3_600_000;
const CONFIRM_MS = 3 * 86_400_000;

export function governingRoutes(rooms: Rooms, staff: Pick<Staff, "releases">): GoverningRoutes {
  const about = (named: { circle: string; peer: string }): { live: LiveCircle; member: Member } => {
    const live = findCircle(rooms, named.circle);
    return { live, member: findMember(live, named.peer) };
  };
  return {
    "circle.remove": async (params) => {
      const { circle, peer } = parseRequest(requests.circlePeer, params);
      return removeAndReport(rooms, findCircle(rooms, circle), peer);
    },
    "circle.promote": async (params) => {
      const { accept = [], ...named } = parseRequest(requests.promote, params);
      const { live, member } = about(named);
      if (!accept.includes("steward-alive")) await checkStewardsGone(rooms, live.row.id);
      await promote(rooms, live.row.id, member.id);
      return presentCircle(rooms, live);
    },
    "circle.demote": async (params) => {
      const { live, member } = about(parseRequest(requests.circlePeer, params));
      await demote(rooms, live.row.id, member.id);
      return presentCircle(rooms, live);
    },
    "circle.leave": async (params) => {
      const live = findCircle(rooms, parseRequest(requests.circle, params).circle);
      await leave(rooms, live.row.id);
      return presentCircle(rooms, live);
    },
    "circle.freeze": async (params) => {
      const { forMs = FREEZE_MS, reason = "", ...named } = parseRequest(requests.freeze, params);
      const { live, member } = about(named);
      await freeze(rooms, live.row.id, { member: member.id, forMs, reason });
      return presentCircle(rooms, live);
    },
    "circle.unfreeze": async (params) => {
      const { live, member } = about(parseRequest(requests.circlePeer, params));
      await lift(rooms, live.row.id, member.id);
      return presentCircle(rooms, live);
    },
    "circle.confirm": async (params) => {
      const { forMs = CONFIRM_MS, ...named } = parseRequest(requests.confirm, params);
      const { live, member } = about(named);
      await confirm(rooms, live.row.id, { member: member.id, forMs });
      return presentCircle(rooms, live);
    },
    "circle.policy": async (params) =>
      presentRules(rooms, findCircle(rooms, parseRequest(requests.circle, params).circle)),
    "circle.setPolicy": async (params) => {
      const { circle, rules: asked } = parseRequest(requests.setPolicy, params);
      const rules = policyOf(asked);
      const live = findCircle(rooms, circle);
      const { policy } = rosterOf(live.state);
      if (rulesChanged(policy, { ...policy, ...rules }).length === 0)
        throw new TocsinError("INPUT_INVALID", "these are the rules already");
      await setPolicy(rooms, live.row.id, rules);
      return presentRules(rooms, live);
    },
    "circle.accept": async (params) => {
      const live = findCircle(rooms, parseRequest(requests.circle, params).circle);
      const before = presentRules(rooms, live);
      await acceptRules(rooms, live.row.id);
      return { ...presentRules(rooms, live), changed: before.changed };
    },
    "circle.log": async (params) => {
      const { circle, from = 0, limit } = parseRequest(requests.log, params);
      const live = findCircle(rooms, circle);
      const { row, state } = live;
      const log = membershipLog(state.graph, state.memo);
      const end = from + limit;
      return {
        schema: "tocsin.log/1",
        circle: { id: row.id, name: row.name },
        changes: log.slice(from, end).map((entry) => presentChange(live, entry)),
        next: end < log.length ? end : null,
      };
    },
    "circle.news": async (params, { caller }) => {
      parseRequest(requests.none, params);
      const circles = await Promise.all([...rooms.circles.values()].map((live) => presentNews(rooms, live)));
      return {
        schema: "tocsin.news/1",
        circles: circles.filter(({ unseen, rulesToAccept }) => unseen > 0 || rulesToAccept),
        undelivered: presentUndelivered(rooms),
        unapproved: presentBroken(rooms, staff, caller),
      };
    },
    "circle.seen": async (params) => {
      await markSeen(rooms, findCircle(rooms, parseRequest(requests.circle, params).circle));
      rooms.changes.ring();
      return {};
    },
    "peer.vouch": async (params): Promise<CircleDocument> => {
      const { circle, peer } = parseRequest(requests.vouch, params);
      const live = findCircle(rooms, circle);
      await vouch(rooms, live.row.id, findNewcomer(rooms, live, peer));
      return presentCircle(rooms, live);
    },
  };
}

/** Rules as the API takes them, as the circle holds them. */
export function policyOf({ history, ...rules }: RulesParams): Partial<Policy> {
  if (history === undefined) return rules;
  return { ...rules, history: history === "none" || history === "all" ? history : Date.parse(history) };
}

/** The rules of a circle: which version, by whom, who accepted it, and what our org would accept with it. */
function presentRules(rooms: Rooms, live: LiveCircle): PolicyDocument {
  const { graph, consents } = live.state;
  const roster = rosterOf(live.state);
  const op = graph.ops.get(roster.policyBy);
  const orgs = new Set<OrgId>([...roster.members.values()].map(orgIdOf));
  const [accepted, waiting]: [string[], string[]] = [[], []];
  for (const org of orgs) {
    const into = accepts({ graph, roster, consents }, org) ? accepted : waiting;
    into.push(orgName(live.state, org));
  }
  const acceptedHere = roster.members.has(rooms.me.id) && hasAccepted(rooms, live);
  const [, ...earlier] = policyHistory(graph, roster);
  const last = acceptedHere ? roster.policyBy : earlier.find((by) => hasAccepted(rooms, live, by));
  const before = last === undefined ? undefined : policySetBy(graph, last);
  const [was, now] = [before && presentPolicy(before), presentPolicy(roster.policy)].map(
    (one) => one as Record<string, unknown> | undefined,
  );
  return {
    schema: "tocsin.policy/1",
    circle: { id: live.row.id, name: live.row.name },
    version: roster.policyVersion,
    by: op ? orgOf(live.state, op.author) : "",
    at: toRfc3339(op?.at ?? 0),
    policy: presentPolicy(roster.policy),
    ...{ accepted, waiting, acceptedHere },
    changed: Object.keys(now ?? {})
      .filter((rule) => was !== undefined && was[rule] !== now?.[rule])
      .map((rule) => ({ rule, was: String(was?.[rule]), now: String(now?.[rule]) })),
  };
}

// Routes about who is in: circles, invitations, joining, peers.

import { toRfc3339 } from "../base/clock.ts";
import { TocsinError } from "../base/errors.ts";
import { checkName, fingerprint } from "../../keys/index.ts";
import { joinCall } from "../net/join.ts";
import { closedCircleOf, openClosedCircle } from "../node/closed-circle.ts";
import { found, invite, revoke } from "../node/membership.ts";
import { join, preview } from "../node/joining.ts";
import { rosterOf, orgOf } from "../node/circle-state.ts";
import type { LiveCircle, Rooms } from "../node/rooms.ts";
import { defaultPolicy } from "../circle/change.ts";
import type { Invite } from "../circle/notice.ts";
import { isRevoked } from "../circle/policy.ts";
import type { Routes } from "./desk.ts";
import type { InviteRow, InvitesDocument } from "./documents.ts";
import { findCircle, findOrg, findPeer } from "./lookup.ts";
import { policyOf } from "./routes-governing.ts";
import { presentCircle, presentPolicy } from "./present-circle.ts";
import { presentPeer, presentWarnings } from "./present.ts";
import { mayUse } from "./gate.ts";
import { parseRequest, requests } from "./requests.ts";

type CircleRoutes = Pick<
  Routes,
  | "circle.create"
  | "circle.direct"
  | "circle.list"
  | "circle.show"
  | "invite.create"
  | "invite.list"
  | "invite.revoke"
  | "join.preview"
  | "join.accept"
  | "peer.list"
  | "peer.show"
>;

const TICKET_LIFE_MS = 24 * 3_600_000;

export function circleRoutes(rooms: Rooms): CircleRoutes {
  return {
    "circle.create": async (params) => {
      const { name, suite = 2, ...rules } = parseRequest(requests.circleCreate, params);
      checkName("circle name", name);
      if ([...rooms.circles.values()].some((live) => live.row.name === name))
        throw new TocsinError("CIRCLE_EXISTS", `there is a circle "${name}" already`);
      const live = await found(rooms, name, { ...defaultPolicy, suite, ...policyOf(rules) });
      return presentCircle(rooms, live);
    },
    "circle.direct": async (params) => {
      const { peers, dryRun = false } = parseRequest(requests.circleDirect, params);
      const members = peers.map((peer) => findOrg(rooms, peer));
      const orgs = members.map(({ certificate }) => certificate.orgKey);
      const known = closedCircleOf(rooms, orgs);
      if (!known && dryRun)
        throw new TocsinError("CIRCLE_UNKNOWN", `there is no circle of exactly you and ${peers.join(", ")} yet`, {
          hint: "the first message makes it",
        });
      return presentCircle(rooms, known ?? (await openClosedCircle(rooms, members)));
    },
    "circle.list": async (params, { caller }) => {
      parseRequest(requests.none, params);
      return {
        schema: "tocsin.circles/1",
        circles: [...rooms.circles.values()]
          .filter(({ row }) => mayUse(caller, row.id))
          .map((live) => presentCircle(rooms, live)),
      };
    },
    "circle.show": async (params) =>
      presentCircle(rooms, findCircle(rooms, parseRequest(requests.circle, params).circle)),
    "invite.create": async (params) => {
      const request = parseRequest(requests.inviteCreate, params);
      const live = findCircle(rooms, request.circle);
      const { ticket, line, expires } = await invite(rooms, live.row.id, {
        for: request.for,
        lifeMs: request.expiresMs ?? TICKET_LIFE_MS,
      });
      return {
        schema: "tocsin.invite/1",
        id: ticket,
        ticket: line,
        circle: live.row.name,
        for: request.for,
        expires: toRfc3339(expires),
      };
    },
    "invite.list": async (params) => {
      const { circle } = parseRequest(requests.inviteList, params);
      return presentInvites(rooms, circle === undefined ? [...rooms.circles.values()] : [findCircle(rooms, circle)]);
    },
    "invite.revoke": async (params) => {
      const { id } = parseRequest(requests.id, params);
      const matches = [...rooms.circles.values()].flatMap((live) =>
        [...live.state.invites.values()]
          .filter((known) => id.length >= 6 && known.ticket.startsWith(id.toLowerCase()))
          .map((known) => ({ live, known })),
      );
      const [match, another] = matches;
      if (!match) throw new TocsinError("NOT_FOUND", "there is no such invitation", { hint: "run tocsin invite list" });
      if (another)
        throw new TocsinError("INPUT_INVALID", "several invitations start with this id", {
          hint: "give more of the id",
        });
      await revoke(rooms, match.live.row.id, match.known.ticket);
      return presentInvites(rooms, [match.live]);
    },
    "join.preview": async (params, { signal }) => {
      const { ticket, timeoutMs } = parseRequest(requests.ticket, params);
      const shown = await preview(rooms, ticket, {
        call: joinCall,
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
      return {
        schema: "tocsin.joinpreview/1",
        circle: { id: shown.circle, name: shown.name },
        inviter: shown.inviter.org,
        inviterFingerprint: fingerprint(shown.inviter.orgKey).words.join(" "),
        policy: presentPolicy(shown.policy),
        members: [...shown.members],
        expires: toRfc3339(shown.expires),
      };
    },
    "join.accept": async (params, { signal }) => {
      const { ticket, timeoutMs } = parseRequest(requests.ticket, params);
      const started = rooms.clock.monotonic();
      const { shown, missing, rulesAccepted } = await join(rooms, ticket, {
        call: joinCall,
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
      const tookMs = Math.round(rooms.clock.monotonic() - started);
      return {
        schema: "tocsin.join/1",
        circle: { id: shown.circle, name: shown.name },
        inviter: shown.inviter.org,
        state: missing > 0 ? "pending" : "joined",
        missing,
        rulesAccepted,
        tookMs,
      };
    },
    "peer.list": async (params) => {
      parseRequest(requests.none, params);
      const peers = new Map([...rooms.circles.values()].flatMap((live) => [...(live.state.roster?.members ?? [])]));
      peers.delete(rooms.me.id);
      return { schema: "tocsin.peers/1", peers: [...peers.values()].map((member) => presentPeer(rooms, member)) };
    },
    "peer.show": async (params) => {
      const member = findPeer(rooms, parseRequest(requests.peer, params).peer);
      return {
        schema: "tocsin.peer/1",
        ...presentPeer(rooms, member),
        fingerprintDigits: fingerprint(member.certificate.orgKey).digits,
        warnings: presentWarnings(rooms, member.certificate.orgKey),
      };
    },
  };
}

function presentInvites(rooms: Rooms, circles: readonly LiveCircle[]): InvitesDocument {
  const invites = circles.flatMap((live) =>
    [...live.state.invites.values()].map((known) => presentInvite(rooms, live, known)),
  );
  return { schema: "tocsin.invites/1", invites };
}

function presentInvite(rooms: Rooms, live: LiveCircle, known: Invite): InviteRow {
  const roster = rosterOf(live.state);
  const usedBy = roster.tickets.get(known.ticket);
  const state = usedBy
    ? "used"
    : isRevoked(roster, known)
      ? "revoked"
      : known.expires <= rooms.clock.now()
        ? "expired"
        : "open";
  return {
    id: known.ticket,
    circle: live.row.name,
    for: known.for,
    by: orgOf(live.state, known.by),
    created: toRfc3339(known.createdAt),
    expires: toRfc3339(known.expires),
    state,
    usedBy: usedBy ? orgOf(live.state, usedBy) : null,
  };
}

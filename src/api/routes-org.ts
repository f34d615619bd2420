// Routes about the nodes of this organisation: entering its circles by the org key, and withdrawing nodes.

import { fromHex } from "../base/bytes.ts";
import { TocsinError } from "../base/errors.ts";
import { fingerprint, type SigningKey, signingKeyFromSeed } from "../../keys/index.ts";
import { nodesOf } from "../circle/roster.ts";
import { joinCall } from "../net/join.ts";
import { enrol, findCircles, type OrgCall, retire } from "../node/enrol.ts";
import type { Rooms } from "../node/rooms.ts";
import { circleId, type MemberId, memberId, orgId } from "../record/ids.ts";
import type { Routes } from "./desk.ts";
import type { EnrolDocument, OrgCirclesDocument, RetireDocument } from "./enrol-documents.ts";
import { parseRequest, requests } from "./requests.ts";

type OrgRoutes = Pick<Routes, "org.circles" | "org.enrol" | "org.retire">;

/** `orgSeed`: the seed of the daemon's own vault, or the one that a person gives where the vault no longer holds it. */
export function orgRoutes(rooms: Rooms, orgSeed: Uint8Array | undefined): OrgRoutes {
  const seedFrom = (given: string | undefined): Uint8Array => {
    const seed = given === undefined ? orgSeed : fromHex(given);
    if (!seed)
      throw new TocsinError("ORG_KEY_MISSING", "the vault does not hold the org key", {
        hint: "give its 24 words or shares with --from FILE",
      });
    return seed;
  };
  const callOf = (request: { at: string[]; orgSeed?: string; timeoutMs: number }, signal: AbortSignal): OrgCall => {
    const seed = seedFrom(request.orgSeed);
    const late = AbortSignal.any([signal, AbortSignal.timeout(request.timeoutMs)]);
    const orgKey = ownKey(rooms, seed);
    return { call: joinCall, addresses: request.at, orgSeed: seed, orgKey, signal: late };
  };
  return {
    "org.circles": async (params, { signal }) => {
      const by = callOf(parseRequest(requests.orgCircles, params), signal);
      const { responder, circles } = await findCircles(rooms, by);
      return {
        schema: "tocsin.orgcircles/1",
        responder: responder.org,
        responderFingerprint: fingerprint(responder.orgKey).words.join(" "),
        circles: circles.map((circle) => ({
          id: circleId(circle.id),
          name: circle.name,
          nodes: circle.nodes.map(({ member }) => memberId(member)),
        })),
      } satisfies OrgCirclesDocument;
    },
    "org.enrol": async (params, { signal }) => {
      const request = parseRequest(requests.orgEnrol, params);
      const by = callOf(request, signal);
      const started = rooms.clock.monotonic();
      const { responder, circles } = await findCircles(rooms, by);
      const entered: EnrolDocument["circles"] = [];
      for (const circle of circles) {
        const { circle: id, name, replaced } = await enrol(rooms, circle, { by, replaces: () => request.replace });
        entered.push({ id, name, replaced: [...replaced] });
      }
      const tookMs = Math.round(rooms.clock.monotonic() - started);
      return { schema: "tocsin.enrol/1", responder: responder.org, circles: entered, tookMs };
    },
    "org.retire": async (params) => {
      const request = parseRequest(requests.orgRetire, params);
      const orgKey = ownKey(rooms, seedFrom(request.orgSeed));
      return retireNodes(rooms, request.node, orgKey);
    },
  };
}

/** The org key of a seed. Throws KEY_REFUSED where it is that of another organisation. */
function ownKey(rooms: Rooms, seed: Uint8Array): SigningKey {
  const key = signingKeyFromSeed(seed);
  if (orgId(key.publicKey) !== orgId(rooms.me.certificate.orgKey))
    throw new TocsinError("KEY_REFUSED", "this is the key of another organisation");
  return key;
}

/** Withdraws one node, or where none is named all of them: the org is out of its circles then. */
async function retireNodes(rooms: Rooms, named: string | undefined, orgKey: SigningKey): Promise<RetireDocument> {
  const org = orgId(rooms.me.certificate.orgKey);
  const current = [...rooms.circles.values()].filter(({ row }) => row.state === "current");
  const own = current.flatMap(({ state }) => (state.roster ? nodesOf(state.roster, org) : [])).map(({ id }) => id);
  const nodes = new Set(own.filter((id) => named === undefined || id.startsWith(named.toLowerCase())));
  if (nodes.size === 0) throw new TocsinError("NOT_FOUND", "this organisation has no such node in any circle");
  if (named !== undefined && nodes.size > 1)
    throw new TocsinError("INPUT_INVALID", "several nodes start with this key", { hint: "give more of the key" });
  const members: readonly MemberId[] = [...nodes];
  const circles: string[] = [];
  for (const { row, state } of current) {
    if (!members.some((id) => state.roster?.members.has(id))) continue;
    await retire(rooms, row.id, { members, orgKey });
    circles.push(row.name);
  }
  return { schema: "tocsin.retire/1", org: rooms.me.org, nodes: [...members], circles, ended: nodes.has(rooms.me.id) };
}

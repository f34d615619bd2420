// Routes of reaching one peer: how it is reached now, and the addresses that people agreed on for worse days.

import { toRfc3339 } from "../base/clock.ts";
import { asTocsinError } from "../base/errors.ts";
import { type Member, transportOf } from "../circle/roster.ts";
import type { Rooms } from "../node/rooms.ts";
import type { Routes } from "./desk.ts";
import type { PingDocument } from "./documents.ts";
import { findPeer } from "./lookup.ts";
import { linkOf, linkWord, viaOf } from "./present.ts";
import { parseRequest, requests } from "./requests.ts";

const PAUSE_MS = 200; // between two pings
const ANSWER_MS = 5_000;

export function peerRoutes(rooms: Rooms): Pick<Routes, "peer.ping" | "peer.path"> {
  return {
    "peer.ping": async (params, { signal }) => {
      const { peer, count } = parseRequest(requests.ping, params);
      const member = findPeer(rooms, peer);
      const times: number[] = [];
      let failure: string | undefined;
      for (let sent = 0; sent < count; sent++) {
        if (sent > 0) await rooms.clock.wait(PAUSE_MS, signal);
        try {
          const answered = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
          times.push(await rooms.net().ping(transportOf(member), answered));
        } catch (cause) {
          failure = asTocsinError(cause).message;
          if (linkOf(rooms, member)?.state !== "linked") break;
        }
      }
      return presentPing(rooms, member, { count, times, failure });
    },
    "peer.path": async (params) => {
      const { peer, addresses } = parseRequest(requests.path, params);
      const member = findPeer(rooms, peer);
      if (addresses !== undefined) {
        await rooms.paths.put(member.id, addresses);
        rooms.contactsChanged();
      }
      const paths = [...rooms.paths.of(member.id)];
      return { schema: "tocsin.path/1", peer: member.certificate.org, memberKey: member.id, paths };
    },
  };
}

function presentPing(
  rooms: Rooms,
  member: Member,
  {
    count,
    times,
    failure,
  }: { readonly count: number; readonly times: readonly number[]; readonly failure: string | undefined },
): PingDocument {
  const link = linkOf(rooms, member);
  const rounded = times.map((ms) => Math.round(ms * 100) / 100);
  const some = rounded.length > 0;
  return {
    schema: "tocsin.ping/1",
    peer: member.certificate.org,
    memberKey: member.id,
    link: linkWord(link),
    via: viaOf(rooms, link),
    sent: count,
    received: times.length,
    minMs: some ? Math.min(...rounded) : null,
    avgMs: some ? Math.round((rounded.reduce((sum, ms) => sum + ms, 0) / rounded.length) * 100) / 100 : null,
    maxMs: some ? Math.max(...rounded) : null,
    lastSeen: link?.lastSeenAt === undefined ? null : toRfc3339(link.lastSeenAt),
    lastError: link?.lastError ?? (times.length === count ? null : (failure ?? null)),
    nextTry: link?.nextDialAt === undefined ? null : toRfc3339(link.nextDialAt),
  };
}

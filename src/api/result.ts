// What posting would do, and what it did: who reads it and who does not, and why.

import { errorRow, type TocsinError } from "../base/errors.ts";
import { type Member, nodesOf, orgOf, type Roster } from "../circle/roster.ts";
import { rosterOf } from "../node/circle-state.ts";
import { type Reader, readersNow, refuseReaders, unverifiedReaders } from "../node/egress.ts";
import type { LiveCircle, Rooms } from "../node/rooms.ts";
import { refuseDoubt, trustOf } from "../node/trust.ts";
import type { Utterance } from "../node/utterance.ts";
import type { PostBody } from "../record/body.ts";
import { orgId, type OrgId, printId } from "../record/ids.ts";
import type { Item } from "../store/store.ts";
import { audienceOf, deliveryOf, reaches } from "./delivery.ts";
import type { ResultDocument, WithheldDocument } from "./documents.ts";
import { findCircle } from "./lookup.ts";

const THREAD_MAX = 1_000;

/** Why the members of a circle, as they are, keep something from being posted there. */
export function refuseAudience(rooms: Rooms, live: LiveCircle, { body, accept }: Utterance): TocsinError | undefined {
  const roster = rosterOf(live.state);
  return refuseDoubt(rooms, roster, accept) ?? refuseReaders(rooms, roster, { body, ...(accept && { accept }) });
}

/** What posting would do, without doing it: who would read it, and who would not. Refused by who is in the circle, it tells whom it would go to without those. */
export function rehearse(rooms: Rooms, live: LiveCircle, utterance: Utterance): ResultDocument {
  const { body, exercise, accept } = utterance;
  const roster = rosterOf(live.state);
  const refused = refuseAudience(rooms, live, utterance);
  const kept = refused ? keptFrom(rooms, roster, body) : [];
  const readers = readersNow(rooms, roster).filter((member) => !kept.some(({ key }) => key === orgOf(member)));
  const self = orgId(rooms.me.certificate.orgKey);
  return {
    schema: "tocsin.result/1",
    id: "",
    kind: body.kind,
    circle: live.row.name,
    state: refused ? "rejected" : "queued",
    tlp: body.tlp,
    audience: [rooms.me.certificate.org, ...readers.map(({ certificate }) => certificate.org)],
    withheld: [
      ...kept.map(({ org, reason }) => ({ org, reason })),
      ...withheldFrom(rooms, live, new Set([self, ...readers.map(orgOf), ...kept.map(({ key }) => key)])),
    ],
    delivered: { held: [], of: readers.length },
    acked: [],
    exercise,
    readers: readers.map(({ certificate }) => ({ org: certificate.org, trust: trustOf(rooms, certificate) })),
    accepted: [...(accept ?? [])],
    ...(refused && {
      refused: {
        ...{ code: errorRow(refused.code).family, exit: errorRow(refused.code).exit, reason: refused.code },
        ...{ message: refused.message, hint: refused.hint ?? null },
      },
    }),
  };
}

/** Whom a refused post is kept from, of those who would read it otherwise. */
function keptFrom(
  rooms: Rooms,
  roster: Roster,
  body: PostBody,
): readonly ({ readonly key: OrgId } & WithheldDocument)[] {
  const unverified = new Set(unverifiedReaders(rooms, roster, body).map(orgOf));
  const reasonFor = (member: Reader): WithheldDocument["reason"] | undefined => {
    const trust = trustOf(rooms, member.certificate);
    if (trust === "changed") return "key-changed";
    if (trust === "blocked") return trust;
    if (body.to && !body.to.includes(orgOf(member))) return "not-named";
    return unverified.has(orgOf(member)) ? "unverified" : undefined;
  };
  return readersNow(rooms, roster).flatMap((member) => {
    const reason = reasonFor(member);
    return reason ? [{ key: orgOf(member), org: member.certificate.org, reason }] : [];
  });
}

/** Who does not read what goes to these orgs: those of the circle that nobody seals for, that are not in yet, or are no more. */
function withheldFrom(rooms: Rooms, live: LiveCircle, readers: ReadonlySet<OrgId>): WithheldDocument[] {
  const roster = rosterOf(live.state);
  const now = new Set(readersNow(rooms, roster).map(orgOf));
  const others = new Map<OrgId, WithheldDocument>();
  const add = (member: Pick<Member, "certificate">, reason: WithheldDocument["reason"]): void => {
    const org = orgOf(member);
    if (!readers.has(org) && !others.has(org)) others.set(org, { org: member.certificate.org, reason });
  };
  for (const member of roster.members.values()) add(member, now.has(orgOf(member)) ? "came-later" : "frozen");
  for (const { admission } of roster.pending.values()) add(admission, "not-in-yet");
  for (const gone of roster.removed.values())
    if (nodesOf(roster, orgOf(gone)).length === 0) add(gone, gone.how === "left" ? "left" : "removed");
  return [...others.values()];
}

/** What became of an item just posted, or found to be. */
export async function resultOf(rooms: Rooms, item: Item, duplicate: boolean): Promise<ResultDocument> {
  const live = findCircle(rooms, item.circle);
  const delivery = deliveryOf(rooms, item, await rooms.store.thread(item.id, THREAD_MAX));
  const held = delivery.filter((row) => reaches(row.state, "held"));
  const audience = audienceOf(rooms, item);
  return {
    schema: "tocsin.result/1",
    id: printId(item.body.kind, item.id),
    kind: item.body.kind,
    circle: live.row.name,
    state: duplicate ? "duplicate" : held.length === delivery.length ? "delivered" : "queued",
    tlp: item.body.tlp,
    audience: audience.map(({ org }) => org),
    withheld: withheldFrom(rooms, live, new Set(audience.map(({ key }) => key as OrgId))),
    delivered: { held: held.map((row) => row.org), of: delivery.length },
    acked: delivery.filter((row) => row.state === "acked").map((row) => row.org),
    exercise: item.exercise,
  };
}

// The facts for the gate of markings (`src/marking/egress.ts`), and its refusals in words: asked of every post, right where it is
// sealed, and of what is carried from one circle to another.

import { unreachable } from "../base/assert.ts";
import { toHex } from "../base/bytes.ts";
import { TocsinError } from "../base/errors.ts";
import { mayExport } from "../circle/policy.ts";
import { absentees, type Member, orgOf, type Roster, sealedFor } from "../circle/roster.ts";
import { type Marking, mayLeave, type Reason } from "../marking/egress.ts";
import type { PostBody } from "../record/body.ts";
import { orgId, type OrgId } from "../record/ids.ts";
import { stricter, tlpLabel } from "../record/marking.ts";
import type { Risk } from "../record/risk.ts";
import type { Rooms } from "./rooms.ts";
import { trustOf, trustsOf } from "./trust.ts";

/** Whoever reads what is posted: one node of an org stands for it. */
export type Reader = Pick<Member, "certificate">;

/**
 * Who would read what is posted now, beside our own org; in a closed circle also those that have not come in yet, to whom it is opened
 * when they do.
 */
export function readersNow(rooms: Pick<Rooms, "clock" | "me" | "circles">, roster: Roster): readonly Reader[] {
  const self = orgId(rooms.me.certificate.orgKey);
  const orgs = new Map<OrgId, Reader>(
    sealedFor(roster, rooms.clock.now(), self).map((member) => [orgOf(member), member]),
  );
  for (const reader of absentMembers(rooms, roster)) orgs.set(orgOf(reader), reader);
  orgs.delete(self);
  return [...orgs.values()];
}

/** Orgs whose place in a closed circle waits for them, as other circles know them. Whoever no circle knows any more is never let in. */
export function absentMembers({ circles }: Pick<Rooms, "circles">, roster: Roster): readonly Member[] {
  const wanted = new Set(absentees(roster));
  if (wanted.size === 0) return [];
  const known = [...circles.values()].flatMap(({ state }) => [...(state.roster?.members.values() ?? [])]);
  return known.filter((member) => wanted.has(orgOf(member)));
}

/** Of those, whom nobody here verified, where that keeps something from them: not where the circle's rules take admission for it. */
export function unverifiedReaders(rooms: Rooms, roster: Roster, { tlp }: Pick<PostBody, "tlp">): readonly Reader[] {
  if (!stricter(tlp, "amber") || roster.policy.unverified === "read") return [];
  const doubtful = new Set(
    trustsOf(rooms, roster)
      .filter(({ trust }) => trust === "unverified" || trust === "vouched")
      .map(({ certificate }) => toHex(certificate.orgKey)),
  );
  const strangers = absentMembers(rooms, roster).filter(
    ({ certificate }) => trustOf(rooms, certificate) !== "verified",
  );
  for (const reader of strangers) doubtful.add(orgOf(reader));
  return readersNow(rooms, roster).filter((reader) => doubtful.has(orgOf(reader)));
}

/**
 * R69: every post passes the gate with its circle's readers as they are when it is sealed: AMBER+STRICT and RED are not sealed for
 * an org that nobody here verified, unless the circle's rules or the writer, by name, say so; RED names its recipients; and what
 * names recipients is sealed for exactly these. What is carried on passes it once more, before. Answers the refusal.
 */
export function refuseReaders(
  rooms: Rooms,
  roster: Roster,
  { body, accept = [] }: { readonly body: PostBody; readonly accept?: readonly Risk[] },
): TocsinError | undefined {
  // An import of many is not to count its readers for each of them.
  if (saysNothing(body) || (body.to === undefined && !stricter(body.tlp, "amber"))) return undefined;
  const unverified = unverifiedReaders(rooms, roster, body);
  const reason = mayLeave(body, {
    kind: "circle",
    maxTlp: roster.policy.maxTlp,
    named: body.to && isExactly(readersNow(rooms, roster).map(orgOf), body.to),
    unverified: unverified.length > 0,
    accepted: accept.includes("unverified"),
  });
  return reason && inWords(reason, { tlp: tlpLabel(body.tlp), readers: readersNow(rooms, roster), unverified });
}

/** Refuses to carry an item on; `marking` is how far its author lets it be carried. */
export function refuseRelay(
  rooms: Rooms,
  source: Roster,
  item: { readonly marking: Marking; readonly own: boolean; readonly newReaders: readonly Reader[] },
): TocsinError | undefined {
  const { marking, own, newReaders } = item;
  const reason = mayLeave(marking, {
    kind: "relay",
    own,
    newReaders: newReaders.length > 0,
    mayExport: mayExport(source, rooms.me.id),
  });
  return reason && inWords(reason, { tlp: tlpLabel(marking.tlp), readers: newReaders, unverified: [] });
}

/** What answers in no words tells nobody anything: it is kept from nobody, and nothing keeps it back. */
function saysNothing(body: PostBody): boolean {
  if (body.kind === "ack") return body.note === undefined;
  if (body.kind === "retract") return body.why === undefined;
  return body.kind === "widen";
}

function isExactly(orgs: readonly OrgId[], named: readonly OrgId[]): boolean {
  return orgs.length === named.length && orgs.every((org) => named.includes(org));
}

type Facts = { readonly tlp: string; readonly readers: readonly Reader[]; readonly unverified: readonly Reader[] };

function inWords(reason: Reason, { tlp, readers, unverified }: Facts): TocsinError {
  const names = (members: readonly Reader[]): string =>
    members.map(({ certificate }) => certificate.org).join(", ") || "nobody";
  const details = { why: reason };
  switch (reason) {
    case "unverified": {
      const [first] = unverified;
      const org = first?.certificate.org ?? "";
      return new TocsinError(
        "PEER_UNVERIFIED",
        `${tlp} is withheld from whom nobody here verified, and ${names(unverified)} would read it; nothing was posted`,
        {
          hint: `tocsin verify ${org}; or mark it wider; or, to take the risk, --accept unverified`,
          details: { ...details, peer: org },
        },
      );
    }
    case "recipients-not-named":
    case "recipients-differ":
      return new TocsinError(
        "RECIPIENTS_REFUSED",
        `${reason === "recipients-differ" ? "not exactly those that are named read this circle" : `${tlp} goes to named recipients only`}: ${names(readers)} would read it`,
        { hint: "name exactly these with --to, or choose a circle of exactly the recipients", details },
      );
    case "new-readers":
      return new TocsinError(
        "RELAY_REFUSED",
        `${tlp} stays with those who can read it, and ${names(readers)} could not`,
        { hint: "ask its author for tocsin widen", details },
      );
    case "export-forbidden":
      return new TocsinError("RELAY_REFUSED", "the rules of its circle do not let this node carry anything on", {
        hint: "see tocsin circle policy",
        details,
      });
    case "above-limit":
      return new TocsinError("TLP_REFUSED", `${tlp} is stricter than this circle takes`, { details });
    case "red-stays":
    case "consumer-too-wide":
    case "pap-forbids":
    case "shown-to-anybody":
      return new TocsinError("RELAY_REFUSED", `${tlp} does not leave its circle`, { details });
    default:
      return unreachable(reason);
  }
}

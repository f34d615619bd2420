// What a draft would post, and where: what it names is looked up, and whether it may be said of that is judged here.

import { unreachable } from "../base/assert.ts";
import { TocsinError } from "../base/errors.ts";
import { corrects, standing } from "../circle/correction.ts";
import { permits } from "../circle/permission.ts";
import { defaultMarking } from "../circle/policy.ts";
import { orgOf } from "../circle/roster.ts";
import { rosterOf } from "../node/circle-state.ts";
import { exerciseOf } from "../node/custody.ts";
import { refuseUtterance } from "../node/consent.ts";
import { readersNow } from "../node/egress.ts";
import { currentCircle } from "../node/post.ts";
import type { LiveCircle, Rooms } from "../node/rooms.ts";
import type { Utterance } from "../node/utterance.ts";
import { type Amendable, isAmendable, type PostKind } from "../record/body.ts";
import { orgId, type OrgId, printShortId, type RecordId } from "../record/ids.ts";
import { stricter, type Tlp } from "../record/marking.ts";
import { type Caller, refusedPost } from "../seat/seat.ts";
import type { Item } from "../store/store.ts";
import { refuseChange } from "../node/sponsor.ts";
import { readersOf } from "./delivery.ts";
import { answerTlp, bodyOf } from "./draft.ts";
import { judged } from "./judge.ts";
import { findCircle, findItem, findReader } from "./lookup.ts";
import type { DraftParams } from "./methods.ts";

const THREAD_MAX = 1_000;

/** What a draft would post, and where. Throws what the circle or the form of the draft refuses. */
export async function prepare(
  rooms: Rooms,
  {
    circle,
    caller,
    draft: asked,
    saidAt,
    via,
  }: {
    readonly circle: string | undefined;
    readonly caller: Caller;
    readonly draft: DraftParams;
    readonly saidAt?: string;
    /** Who says it instead; whether that one may change what it said for us is judged where that is asked. */
    readonly via?: string;
  },
): Promise<{ live: LiveCircle; utterance: Utterance }> {
  const draft = caller.machine ? { ...asked, auto: true } : asked;
  const about = draft.re === undefined ? undefined : await findItem(rooms, draft.re);
  const live = about ? currentCircle(rooms, about.circle) : currentCircle(rooms, findCircle(rooms, circle).row.id);
  if (about && circle !== undefined && findCircle(rooms, circle) !== live) {
    throw new TocsinError("INPUT_INVALID", `the item that it answers is in ${live.row.name}`);
  }
  if (about) refuseAbout(draft.kind, about);
  const { policy } = rosterOf(live.state);
  const amended = about && draft.kind === "amend" ? await standingOf(rooms, live, about) : undefined;
  const answered = answerTlp(amended?.tlp ?? about?.body.tlp, draft.tlp);
  // Nothing may keep a retraction back, not even rules that are stricter by now.
  const tlp = answered && draft.kind === "retract" && stricter(answered, policy.maxTlp) ? policy.maxTlp : answered;
  const body = judged(
    bodyOf(
      { ...draft, ...(tlp === undefined ? {} : { tlp }) },
      {
        ...{ seat: caller.seat, defaultTlp: defaultMarking(policy) },
        ...(about ? { re: about.id } : {}),
        ...recipientsOf(rooms, live, { draft, about, tlp: tlp ?? defaultMarking(policy) }),
        ...(draft.who ? { who: askedOrgs(rooms, live, draft.who) } : {}),
        ...(draft.links ? { links: await linkedItems(rooms, live, draft.links) } : {}),
        ...(amended ? { amended } : {}),
      },
    ),
  );
  const outOfScope = refusedPost(caller, body);
  if (outOfScope !== undefined) throw new TocsinError("RIGHT_MISSING", outOfScope);
  const isCorrection = body.kind === "amend" || body.kind === "retract" || body.kind === "widen";
  const exercise = isCorrection
    ? about?.exercise === true
    : (draft.exercise ?? about?.exercise ?? ranThen(rooms, live, saidAt));
  const utterance = { body, exercise };
  if (about && isCorrection && via === undefined) refuseCorrection(rooms, live, { about, utterance });
  const refused = refuseUtterance(rooms, live, utterance);
  if (refused) throw refused;
  if (body.kind === "alert") checkReach(rooms, live, "ask for", body.need);
  return { live, utterance };
}

/** Whether an exercise ran when something was said. */
function ranThen(rooms: Rooms, live: LiveCircle, saidAt: string | undefined): boolean {
  return exerciseOf(rooms, live, ...(saidAt === undefined ? [] : [Date.parse(saidAt)])) !== undefined;
}

/** Refuses a count of members that there are not: it could never be reached. */
export function checkReach(
  rooms: Rooms,
  live: LiveCircle,
  wish: "wait for" | "ask for",
  count: number | undefined,
): void {
  const others = readersNow(rooms, rosterOf(live.state)).length;
  if (count === undefined || count <= others) return;
  throw new TocsinError("INPUT_INVALID", `${live.row.name} has ${others} other members, too few to ${wish} ${count}`, {
    hint: `run tocsin circle show ${live.row.name}`,
  });
}

/** Refuses what cannot be said of an item of this kind. */
function refuseAbout(kind: DraftParams["kind"], { id, body }: Item): void {
  const only = (wanted: PostKind, sentence: string): void => {
    if (body.kind !== wanted) throw new TocsinError("INPUT_INVALID", sentence);
  };
  switch (kind) {
    case "ack":
      return only("alert", "only an alert is acknowledged");
    case "nudge":
      return only("alert", "only who has not acknowledged an alert is reminded");
    case "answer":
      return only("ask", "only an ask is answered; to say something of another item, reply to it");
    case "update":
      return only("incident", "only an incident is updated");
    case "widen":
    case "amend":
    case "retract": {
      if (isAmendable(body)) return;
      const hint =
        body.kind === "amend" || body.kind === "retract"
          ? `name the item itself, ${printShortId("sighting", body.re)}`
          : "";
      throw new TocsinError("INPUT_INVALID", `${printShortId(body.kind, id)} cannot be amended, withdrawn or widened`, {
        ...(hint === "" ? {} : { hint }),
      });
    }
    case "sighting":
    case "reply":
    case "note":
    case "msg":
      return;
    case "alert":
    case "ask":
    case "incident":
    case "vuln":
      throw new TocsinError("INPUT_INVALID", `it stands by itself: ${kind}`);
    default:
      return unreachable(kind);
  }
}

/** What is amended is what stands now: two amendments in a row add up. */
async function standingOf(rooms: Rooms, live: LiveCircle, item: Item): Promise<Amendable | undefined> {
  const stands = standing(rosterOf(live.state), item, await rooms.store.thread(item.id, THREAD_MAX));
  if (stands.state === "retracted")
    throw new TocsinError("INPUT_INVALID", "it was withdrawn; what is withdrawn is not amended");
  return isAmendable(stands.body) ? stands.body : undefined;
}

/** Nobody corrects what another org said: no reader would heed it. */
function refuseCorrection(
  rooms: Rooms,
  live: LiveCircle,
  { about, utterance }: { readonly about: Item; readonly utterance: Utterance },
): void {
  refuseChange(about, utterance.body.kind);
  const own = { ...utterance, id: about.id, author: rooms.me.id, seq: about.seq, at: rooms.clock.now() };
  const roster = rosterOf(live.state);
  if (corrects(roster, own, about) || permits(roster, own, about)) return;
  throw new TocsinError("POST_REFUSED", "it was said by another org: only its author amends, withdraws or widens it", {
    hint: "reply to it, or add a note",
  });
}

/** The keys of the orgs that are named, ascending, each once. */
function namedOrgs(rooms: Rooms, live: LiveCircle, named: readonly string[]): readonly OrgId[] {
  return [...new Set(named.map((name) => orgOf(findReader(rooms, live, name))))].sort();
}

function askedOrgs(rooms: Rooms, live: LiveCircle, named: readonly string[]): readonly OrgId[] {
  const orgs = namedOrgs(rooms, live, named);
  if (orgs.includes(orgId(rooms.me.certificate.orgKey)))
    throw new TocsinError("INPUT_INVALID", "your own org need not acknowledge its alert");
  return orgs;
}

/** Whom a draft is for beside our own org, where it names anybody. What answers an item that names its recipients, or a RED one, is for the same. */
function recipientsOf(
  rooms: Rooms,
  live: LiveCircle,
  { draft, about, tlp }: { readonly draft: DraftParams; readonly about: Item | undefined; readonly tlp: Tlp },
): { to?: readonly OrgId[] } {
  const self = orgId(rooms.me.certificate.orgKey);
  const others = (orgs: Iterable<OrgId>): { to?: readonly OrgId[] } => {
    const to = [...new Set(orgs)].filter((org) => org !== self).sort();
    return to.length === 0 ? {} : { to };
  };
  if (draft.to) return others(namedOrgs(rooms, live, draft.to));
  if (!about || (tlp !== "red" && !about.body.to)) return {};
  return others(readersOf(rooms, about));
}

/** The ids of items of this circle, ascending, each once. */
async function linkedItems(rooms: Rooms, live: LiveCircle, typed: readonly string[]): Promise<readonly RecordId[]> {
  const ids = new Set<RecordId>();
  for (const one of typed) {
    const item = await findItem(rooms, one);
    if (item.circle !== live.row.id)
      throw new TocsinError("INPUT_INVALID", `${one} is in another circle than the incident`);
    ids.add(item.id);
  }
  return [...ids].sort();
}

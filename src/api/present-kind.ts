// What the document of an item says of its kind: who acknowledged, the tally of an ask, what became of an incident, what an
// amendment changed. Nothing here decides or changes anything.

import { unreachable } from "../base/assert.ts";
import { toRfc3339 } from "../base/clock.ts";
import { corrects, correctionsOf } from "../circle/correction.ts";
import { permits } from "../circle/permission.ts";
import type { Roster } from "../circle/roster.ts";
import { orgName, orgOf } from "../node/circle-state.ts";
import type { Rooms } from "../node/rooms.ts";
import { standingAmong } from "../node/standing.ts";
import { type Amendment, type Answer, type PostBody, type Update, wordsOf } from "../record/body.ts";
import { type MemberId, orgId, printId, type RecordId } from "../record/ids.ts";
import type { Item } from "../store/store.ts";
import { audienceOf } from "./delivery.ts";
import type {
  AckDocument,
  AlertDocument,
  AmendmentDocument,
  AskDocument,
  IncidentDocument,
  KindSections,
  UpdateDocument,
  VerdictDocument,
} from "./documents-kinds.ts";

const THREAD_MAX = 1_000;

/** The section of an item's kind; `item` with the body that stands, `answers` without what is contested. */
export async function presentKind(rooms: Rooms, item: Item, answers: readonly Item[]): Promise<KindSections> {
  const { body } = item;
  switch (body.kind) {
    case "alert":
      return { alert: presentAlert(rooms, { ...item, body }, answers) };
    case "ask":
      return { ask: presentAsk(rooms, { ...item, body }, answers) };
    case "answer":
      return { answer: presentVerdict(body) };
    case "incident":
      return { incident: await presentIncident(rooms, { ...item, body }, answers) };
    case "update":
      return { update: await presentUpdate(rooms, body) };
    case "vuln": {
      const { product, severity, exploited, versions = null, fixed = null } = body;
      return { vuln: { product, severity, exploited, versions, fixed } };
    }
    case "amend":
      return { amend: await presentAmendment(rooms, { ...item, body }) };
    case "retract": {
      const original = await rooms.store.item(body.re);
      return { retract: { counts: counts(rooms, item, original) } };
    }
    case "widen": {
      const original = await rooms.store.item(body.re);
      const roster = rosterAt(rooms, item);
      const counts = original && roster ? permits(roster, item, original) : false;
      return { widen: { limit: body.limit, credit: body.credit ?? false, counts } };
    }
    case "sponsor":
      return { sponsor: { circle: rooms.circles.get(body.circle)?.row.name ?? null, kind: body.say.kind } };
    case "unknown":
      return { unknown: { named: body.named } };
    case "nudge":
    case "sighting":
    case "reply":
    case "ack":
    case "note":
    case "msg":
      return {};
    default:
      return unreachable(body);
  }
}

type Of<K extends PostBody["kind"]> = Item & { readonly body: Extract<PostBody, { kind: K }> };

function presentAlert(rooms: Rooms, alert: Of<"alert">, answers: readonly Item[]): AlertDocument {
  const { severity, urgency, certainty, status = "actual", ackBy, need, who = [] } = alert.body;
  const live = rooms.circles.get(alert.circle);
  return {
    severity,
    urgency,
    certainty,
    status: alert.exercise ? "exercise" : status,
    ackBy: moment(ackBy),
    need: who.length > 0 ? who.length : (need ?? "all"),
    who: who.map((org) => (live ? orgName(live.state, org) : org.slice(0, 8))),
    acks: presentAcks(rooms, alert, answers),
  };
}

/** The first acknowledgement of each org, oldest first. */
function presentAcks(rooms: Rooms, alert: Item, answers: readonly Item[]): AckDocument[] {
  const acks = new Map<MemberId, AckDocument>();
  for (const { body, author, at } of answers) {
    if (body.kind !== "ack" || body.re !== alert.id || acks.has(author)) continue;
    acks.set(author, {
      org: orgAt(rooms, alert, author),
      seat: body.seat,
      at: toRfc3339(at),
      note: body.note ?? null,
    });
  }
  return [...acks.values()];
}

function presentAsk(rooms: Rooms, ask: Of<"ask">, answers: readonly Item[]): AskDocument {
  const { closes } = ask.body;
  const stands = standingAnswers(rooms, ask, answers);
  const newest = new Map<string, (typeof stands)[number]>();
  for (const one of stands) {
    const org = orgKeyAt(rooms, ask, one.item.author);
    // The newest answer of an org counts, and stands where it was given.
    newest.delete(org);
    newest.set(org, one);
  }
  const tally = { yes: 0, no: 0, unsure: 0 };
  for (const { body } of newest.values()) tally[body.answer] += 1;
  const authors = orgKeyAt(rooms, ask, ask.author);
  return {
    closes: moment(closes),
    answers: [...newest.values()].map(({ item, body }) => ({
      id: printId("answer", item.id),
      org: orgAt(rooms, ask, item.author),
      seat: body.seat,
      at: toRfc3339(item.at),
      text: body.text ?? null,
      late: closes !== undefined && item.at > closes,
      ...presentVerdict(body),
    })),
    tally,
    waiting: audienceOf(rooms, ask)
      .filter(({ nodes: [node] }) => {
        const org = node && orgKeyAt(rooms, ask, node);
        return org !== undefined && org !== authors && !newest.has(org);
      })
      .map(({ org }) => org),
  };
}

/** The answers to an item that stand, each as it stands, oldest first. */
function standingAnswers(
  rooms: Rooms,
  ask: Item,
  answers: readonly Item[],
): readonly { readonly item: Item; readonly body: Answer }[] {
  const corrections = answers.filter(isCorrection);
  return answers.flatMap((item) => {
    if (item.body.kind !== "answer" || item.body.re !== ask.id) return [];
    const { body, isGone } = standingAmong(rooms, item, corrections);
    return !isGone && body.kind === "answer" ? [{ item, body }] : [];
  });
}

function presentVerdict({ answer, state, searched }: Answer): VerdictDocument {
  return {
    answer,
    state: state ?? null,
    searched: searched ? { from: moment(searched.from), to: moment(searched.to), scope: searched.scope ?? null } : null,
  };
}

async function presentIncident(
  rooms: Rooms,
  incident: Of<"incident">,
  answers: readonly Item[],
): Promise<IncidentDocument> {
  const updates: IncidentDocument["updates"] = [];
  let status: IncidentDocument["status"] = "open";
  const corrections = answers.filter(isCorrection);
  for (const item of answers) {
    if (item.body.kind !== "update" || item.body.re !== incident.id) continue;
    const { body, isGone } = standingAmong(rooms, item, corrections);
    if (isGone || body.kind !== "update") continue;
    const { seat, text = null } = body;
    const org = orgAt(rooms, incident, item.author);
    const id = printId("update", item.id);
    updates.push({ id, org, seat, at: toRfc3339(item.at), text, ...(await presentUpdate(rooms, body)) });
    status = body.status ?? status;
  }
  const links = [...new Set(updates.flatMap((update) => update.links))];
  return { severity: incident.body.severity, status, updates, links };
}

async function presentUpdate(rooms: Rooms, { status, decision, links = [] }: Update): Promise<UpdateDocument> {
  const named = await Promise.all(links.map(async (id) => printReference(rooms, id)));
  return { status: status ?? null, decision: decision === true, links: named };
}

/** Of a long thread only these few can change what stands of an item. */
export function isCorrection({ body }: Item): boolean {
  return body.kind === "amend" || body.kind === "retract";
}

/** What an amendment changes of what stood before it. */
async function presentAmendment(rooms: Rooms, amendment: Of<"amend">): Promise<AmendmentDocument> {
  const { body } = amendment;
  const original = await rooms.store.item(body.re);
  const roster = rosterAt(rooms, amendment);
  const about = original && roster ? await rooms.store.thread(original.id, THREAD_MAX) : [];
  const sequence = original && roster ? correctionsOf(roster, original, about) : [];
  const earlier = sequence.slice(
    0,
    Math.max(
      0,
      sequence.findIndex(({ id }) => id === amendment.id),
    ),
  );
  const last = earlier.findLast((one) => one.body.kind === "amend");
  // What was erased is not shown by what it was changed to either.
  const before =
    last?.body.kind === "amend"
      ? last.erased
        ? undefined
        : last.body.now
      : original?.erased
        ? undefined
        : original?.body;
  const changes = before ? changesBetween(before, body.now) : [];
  return { why: body.why ?? null, counts: counts(rooms, amendment, original), changes };
}

/** Fields that every amendment carries anew. */
const MARKS: ReadonlySet<string> = new Set(["kind", "seat", "auto", "sponsored"]);

function changesBetween(before: PostBody, after: Amendment["now"]): AmendmentDocument["changes"] {
  const [old, now] = [printed(before), printed(after)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((field) => !MARKS.has(field) && old.get(field) !== now.get(field))
    .map((field) => ({ field, before: old.get(field) ?? null, after: now.get(field) ?? null }));
}

/** Each field of a body as one text that people can compare. */
function printed(body: PostBody): ReadonlyMap<string, string> {
  const words = wordsOf(body);
  const lists: Readonly<Record<string, string>> = {
    indicators: words.indicators.map(({ type, value }) => `${type}:${value}`).join(" "),
    techniques: words.techniques.join(" "),
  };
  return new Map(
    Object.entries(body).map(([field, value]: [string, unknown]) => [
      field,
      lists[field] ?? (typeof value === "number" && MOMENTS.has(field) ? toRfc3339(value) : textOf(value)),
    ]),
  );
}

const MOMENTS: ReadonlySet<string> = new Set(["ackBy", "closes", "expires"]);

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function counts(rooms: Rooms, correction: Item, original: Item | undefined): boolean {
  const roster = rosterAt(rooms, correction);
  return roster !== undefined && original?.circle === correction.circle && corrects(roster, correction, original);
}

/** The full id of an item that another one names; where it is not held here its kind is unknown, and a sighting's letter stands in. */
export async function printReference(rooms: Rooms, id: RecordId): Promise<string> {
  return printId((await rooms.store.item(id))?.body.kind ?? "sighting", id);
}

function rosterAt(rooms: Rooms, { circle }: Item): Roster | undefined {
  return rooms.circles.get(circle)?.state.roster;
}

function orgAt(rooms: Rooms, { circle }: Item, member: MemberId): string {
  const live = rooms.circles.get(circle);
  return live ? orgOf(live.state, member) : member.slice(0, 8);
}

/** The key of a member's org, past or present; the member itself where nothing is known of it. */
function orgKeyAt(rooms: Rooms, item: Item, member: MemberId): string {
  const roster = rosterAt(rooms, item);
  const known = roster?.members.get(member) ?? roster?.removed.get(member);
  return known ? orgId(known.certificate.orgKey) : member;
}

function moment(ms: number | undefined): string | null {
  return ms === undefined ? null : toRfc3339(ms);
}

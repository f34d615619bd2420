// The review of what is posted, as the daemon does it: opened with the settings of the home, asked before anything is sent, told
// to whoever wrote it.

import { dirname, resolve } from "node:path";
import type { Clearance } from "../audit/clearance.ts";
import { TocsinError } from "../base/errors.ts";
import type { ScrubSettings } from "../node/config.ts";
import type { Rooms } from "../node/rooms.ts";
import { type Indicator, indicatorsOf, type PostBody } from "../record/body.ts";
import { textFieldsOf } from "../scrub/fields.ts";
import { cleaned, isHeld, judge, type Judgement, type ScrubEvidence } from "../scrub/judge.ts";
import { isName } from "../scrub/own.ts";
import { openScrub, type Scrub } from "../scrub/scrub.ts";
import { readWarninglists } from "../scrub/read-lists.ts";
import type { ReviewedDocument, ScrubDocument } from "./scrub-document.ts";
import type { ScrubParams } from "./methods.ts";
import type { Caller } from "../seat/seat.ts";

/** Of what a refusal names, and of what a review shows. */
const PLACES_MAX = 8;
const FOUND_CHARS_MAX = 200;
const FINDINGS_MAX = 500;
const CHANGES_CHARS_MAX = 128 * 1024;

/** Opened when it is asked for first: what it knows of the world takes a moment to load. `names`: what must not be named beside the rest. */
export type Scrubbing = (names?: readonly string[]) => Promise<Scrub>;

/** `path` is that of the settings. Throws, when it is asked, CONFIG_INVALID for what cannot be meant. */
export function scrubbingOf(
  rooms: { readonly me: Pick<Rooms["me"], "seat"> },
  {
    scrub = {},
    path,
  }: {
    readonly scrub?: ScrubSettings | undefined;
    readonly path: string;
  },
): Scrubbing {
  const { warninglists: folder, country, domains = [], networks = [], names = [] } = scrub;
  const open = async (also: readonly string[]): Promise<Scrub> => {
    const lists = folder === undefined ? [] : await readWarninglists(resolve(dirname(path), folder));
    const own = { domains, networks, names: [...names, ...also.filter(isName)], seats: [rooms.me.seat] };
    return openScrub({ ...own, lists, ...(country === undefined ? {} : { country }) });
  };
  let opened: Promise<Scrub> | undefined;
  return async (also = []) => (also.length > 0 ? open(also) : (opened ??= open([])));
}

/** A reviewed body; `left`: what was found is left to whoever releases it. */
export type Reviewed = Omit<Extract<Judgement, { state: "clean" }>, "state"> & { readonly left: boolean };

const LEFT = "left to whoever releases it";

/**
 * What is to be sent, with the evidence of its review. Where somebody must decide first, what a machine says is left to whoever releases
 * it, and a person is told: throws SCRUB_FINDINGS, naming no content.
 */
export function review(
  rooms: Pick<Rooms, "clock">,
  scrub: Scrub,
  {
    body,
    decision,
    caller: { seat: reviewer, machine },
  }: { readonly body: PostBody; readonly decision: ScrubParams | undefined; readonly caller: Caller },
): Reviewed {
  const at = rooms.clock.now();
  const judged = judge(scrub, body, { reviewer, at, ...(decision && { decision }) });
  if (judged.state === "clean") return { body: judged.body, evidence: judged.evidence, left: false };
  const { findings } = judged;
  if (machine) {
    const evidence: ScrubEvidence = { at, reviewer, rules: scrub.rules, findings, result: "kept", reason: LEFT };
    return { body, evidence, left: true };
  }
  const held = findings.filter(({ severity }) => severity === "hold");
  const places = [...new Set(held.map(({ field, detector }) => `${field} (${detector})`))];
  const shown = places.length > PLACES_MAX ? [...places.slice(0, PLACES_MAX), "…"] : places;
  throw new TocsinError("SCRUB_FINDINGS", `the review found what should not leave: ${shown.join(", ")}`, {
    details: {
      findings: held.length,
      places: shown.join(", "),
      classes: [...new Set(held.map((finding) => finding.class))].join(","),
    },
  });
}

/** What the trail keeps of a review: how many of each class were found, and nothing of what stood there. */
export function clearanceOf({ result, reviewer, at, rules, reason, findings }: ScrubEvidence): Clearance {
  const found = [...Map.groupBy(findings, (finding) => finding.class)].map(([name, all]): [string, number] => [
    name,
    all.length,
  ]);
  return { scrub: { result, reviewer, at, rules, found, ...(reason === undefined ? {} : { reason }) } };
}

/** What the review finds in a body, and what it would leave of it. */
export function presentReview(scrub: Scrub, body: PostBody): ScrubDocument {
  const found = scrub.find(body);
  const held = isHeld(found);
  const texts = new Map(textFieldsOf(body).map(({ name, text }) => [name, text]));
  const findings = found.map((finding) => {
    const text = texts.get(finding.field) ?? "";
    return { ...finding, found: text.slice(finding.start, Math.min(finding.end, finding.start + FOUND_CHARS_MAX)) };
  });
  const changes = held ? changesOf(scrub, body) : [];
  const shown = fitting(changes);
  return {
    schema: "tocsin.scrub/1",
    held,
    findings: findings.slice(0, FINDINGS_MAX),
    changes: shown,
    more: Math.max(0, findings.length - FINDINGS_MAX) + changes.length - shown.length,
  };
}

type Change = ScrubDocument["changes"][number];

/** Each indicator by itself: one that is left out would shift those behind it. */
function changesOf(scrub: Scrub, body: PostBody): readonly Change[] {
  const after = cleaned(scrub, body);
  const left = new Map(textFieldsOf(after).map(({ name, text }) => [name, text]));
  return textFieldsOf(body).flatMap(({ name, text, type }) => {
    const now = type === undefined ? left.get(name) : cleanedIndicator(scrub, body, { type, value: text });
    return now === text ? [] : [{ field: name, before: text, after: now ?? null }];
  });
}

function cleanedIndicator(scrub: Scrub, body: PostBody, indicator: Indicator): string | undefined {
  const alone = cleaned(scrub, { ...body, indicators: [indicator] } as PostBody);
  return indicatorsOf(alone)[0]?.value;
}

/** As many as fit one line of the local API with room to spare. */
function fitting(changes: readonly Change[]): Change[] {
  let chars = 0;
  return changes.filter(({ before, after }) => (chars += before.length + (after?.length ?? 0)) <= CHANGES_CHARS_MAX);
}

/** What a reviewed post tells of its review; nothing where nothing was found. */
export function presentReviewed({ result, reviewer, reason, rules, findings }: ScrubEvidence): {
  scrub?: ReviewedDocument;
} {
  if (findings.length === 0) return {};
  const told = findings.map(({ replacement: _replacement, ...found }) => found);
  return { scrub: { result, reviewer, reason: reason ?? null, rules, findings: told } };
}

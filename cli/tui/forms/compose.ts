// A post while it is written: its kind, label, recipients, words and deadline, and the indicators that are found in them. It never
// leaves from here: Ctrl-S asks the daemon who would read it and opens the review. Pure.

import type { DraftParams } from "../../../src/api/methods.ts";
import { toRfc3339 } from "../../../src/base/clock.ts";
import { limits } from "../../../src/base/limits.ts";
import { TLP_LEVELS } from "../../../src/record/marking.ts";
import { edited, type Edit, editOf } from "../edit.ts";
import { clamp, ifItMay, type Drafted, type Stepped, still, told } from "../events.ts";
import { type FoundIndicator, indicatorsIn } from "../found.ts";
import type { Key } from "../keys.ts";
import { type Compose, COMPOSED, type ComposedKind, type Field, instead, over, uncovered } from "../overlay.ts";
import { circleHere, subject } from "../chosen.ts";
import { type Screen } from "../screen.ts";

const DUE_MINUTES = [15, 30, 60, 120, 240, 480, 1_440] as const;
const DUE_USUAL: Partial<Readonly<Record<ComposedKind, number>>> = { alert: 30, ask: 240 };
const TO_CHARS_MAX = 2_000;
const MINUTE = 60_000;

/** Opens what was begun and is not sent, else an empty page. */
export function openCompose(screen: Screen): Stepped {
  const here = circleHere(screen);
  if (!here) return told(screen, "there is no circle to write to");
  return ifItMay(screen, () => still(over(screen, screen.draft ?? emptyPage(here.id, "sighting"))));
}

/** Opens a page that answers the chosen item, in its circle. */
export function openReply(screen: Screen): Stepped {
  const item = subject(screen);
  if (!item) return told(screen, "nothing is chosen to reply to");
  const page = { ...emptyPage(item.circle.id, "reply"), re: item.id, field: "body" } as const;
  const begun = screen.draft?.re === item.id ? screen.draft : page;
  return ifItMay(screen, () => still(over(screen, begun)));
}

function emptyPage(circle: string, what: ComposedKind): Compose {
  return {
    kind: "compose",
    circle,
    what,
    re: undefined,
    tlp: undefined,
    ...{ to: editOf(), title: editOf(), body: editOf() },
    due: DUE_USUAL[what],
    field: what === "reply" ? "body" : "title",
    ...{ turned: [], foundAt: 0 },
    problem: undefined,
    waiting: false,
  };
}

/** The fields of this kind, in the order of Tab. */
export function fieldsOf(page: Compose): readonly Field[] {
  const { what } = page;
  if (what === "reply") return ["tlp", "to", "body"];
  if (what === "msg") return ["kind", "tlp", "to", "body"];
  const found: readonly Field[] = foundIn(page).length > 0 ? ["found"] : [];
  const due: readonly Field[] = what === "alert" || what === "ask" ? ["due"] : [];
  return ["kind", "tlp", "to", "title", "body", ...found, ...due];
}

/** What is found in the words of a page, and whether each is sent. */
export function foundIn({
  what,
  title,
  body,
  turned: other,
}: Compose): readonly (FoundIndicator & { taken: boolean })[] {
  if (!TELLS.has(what)) return [];
  return indicatorsIn(`${title.text}\n${body.text}`).map((one) => ({
    ...one,
    taken: one.usual !== other.includes(one.key),
  }));
}

export function pressCompose(screen: Screen, page: Compose, key: Key): Stepped {
  if (page.waiting && key !== "esc") return still(screen);
  switch (key) {
    case "esc":
      return still(kept(uncovered(screen), { ...page, waiting: false }));
    case "tab":
      return still(instead(screen, turned(page, 1)));
    case "backtab":
      return still(instead(screen, turned(page, -1)));
    case "ctrl-s":
      return review(screen, page);
    case "ctrl-x":
      return told({ ...uncovered(screen), draft: undefined }, "the draft was dropped, nothing was sent");
    case "ctrl-k":
      return still(instead(screen, page.what === "reply" ? page : ofKind(page, 1)));
    case "ctrl-e":
      return { screen, effects: [{ kind: "editor", text: page.body.text }] };
    default:
      return still(instead(screen, { ...typed(page, key), problem: undefined }));
  }
}

/** The screen that keeps what was begun; an empty page is not worth keeping. */
function kept(screen: Screen, page: Compose): Screen {
  const isEmpty = page.title.text === "" && page.body.text === "";
  return { ...screen, draft: isEmpty ? undefined : page };
}

function turned(page: Compose, by: 1 | -1): Compose {
  const fields = fieldsOf(page);
  const at = (fields.indexOf(page.field) + by + fields.length) % fields.length;
  return { ...page, field: fields[at] ?? "body" };
}

function typed(page: Compose, key: Key): Compose {
  switch (page.field) {
    case "kind":
      return ofKind(page, stepOf(key));
    case "tlp": {
      const levels = [undefined, ...TLP_LEVELS];
      const at = stepOf(key);
      if (at === 0) return page;
      const next = (levels.indexOf(page.tlp) + at + levels.length) % levels.length;
      return { ...page, tlp: levels[next] };
    }
    case "found": {
      const found = foundIn(page);
      if (key === " " || key === "enter") {
        const chosen = found[page.foundAt]?.key ?? "";
        const isTurned = page.turned.includes(chosen);
        return { ...page, turned: isTurned ? page.turned.filter((one) => one !== chosen) : [...page.turned, chosen] };
      }
      return { ...page, foundAt: clamp(page.foundAt + stepOf(key), found.length) };
    }
    case "due": {
      const spans = [undefined, ...DUE_MINUTES];
      const next = (spans.findIndex((span) => span === page.due) + stepOf(key) + spans.length) % spans.length;
      return { ...page, due: spans[next] };
    }
    case "to":
      return { ...page, to: text(page.to, key, TO_CHARS_MAX) };
    case "title":
      if (key === "enter" || key === "down") return turned(page, 1);
      return { ...page, title: text(page.title, key, limits.titleCharsMax) };
    case "body":
      return { ...page, body: edited(page.body, key, { max: limits.textCharsMax, lines: true }) ?? page.body };
  }
}

function text(edit: Edit, key: Key, max: number): Edit {
  return edited(edit, key, { max }) ?? edit;
}

function ofKind(page: Compose, by: -1 | 0 | 1): Compose {
  const kinds = COMPOSED.filter((kind) => kind !== "reply");
  const what = kinds[(kinds.findIndex((kind) => kind === page.what) + by + kinds.length) % kinds.length];
  if (by === 0 || what === undefined) return page;
  const next = { ...page, what, due: DUE_USUAL[what] };
  return fieldsOf(next).includes(page.field) ? next : { ...next, field: "kind" };
}

/** Which way a key turns a choice. */
function stepOf(key: Key): -1 | 0 | 1 {
  if (["right", "down", " ", "j", "l", "enter"].includes(key)) return 1;
  return ["left", "up", "k", "h"].includes(key) ? -1 : 0;
}

function review(screen: Screen, page: Compose): Stepped {
  const { title, body } = page;
  if ((page.what === "msg" || title.text.trim() === "") && body.text.trim() === "") {
    return still(instead(screen, { ...page, problem: "it says nothing yet: a title or a text" }));
  }
  if (page.what === "msg" && page.to.text.trim() === "") {
    return still(instead(screen, { ...page, field: "to", problem: "a message is for somebody: org, org" }));
  }
  return ifItMay(screen, () => {
    const drafted = draftedOf(screen, page);
    const waiting = { ...page, waiting: true, problem: undefined };
    return { screen: instead(kept(screen, page), waiting), effects: [{ kind: "rehearse", ...drafted }] };
  });
}

/** What would be posted. */
function draftedOf({ now }: Screen, page: Compose): Drafted {
  const { circle, what, re, tlp, due } = page;
  const to = page.to.text.split(/[\s,]+/u).filter((org) => org !== "");
  const title = what === "msg" ? "" : page.title.text.trim();
  const body = page.body.text.trim();
  const found = foundIn(page).filter(({ taken }) => taken);
  const until = due === undefined ? undefined : toRfc3339(now + due * MINUTE);
  const draft: DraftParams = {
    kind: what,
    ...(re === undefined ? {} : { re }),
    ...(tlp === undefined ? {} : { tlp }),
    ...(to.length === 0 ? {} : { to }),
    ...(title === "" ? {} : { title }),
    ...(body === "" ? {} : { text: body }),
    ...(found.length === 0 ? {} : { indicators: found.map(({ key }) => key) }),
    ...(what === "alert" && until !== undefined ? { ackBy: until } : {}),
    ...(what === "ask" && until !== undefined ? { closes: until } : {}),
  };
  return what === "msg" ? { params: { draft }, direct: to } : { params: { circle, draft } };
}

/** The kinds that may carry indicators. */
export const TELLS: ReadonlySet<ComposedKind> = new Set<ComposedKind>(["sighting", "alert", "ask", "note", "incident"]);

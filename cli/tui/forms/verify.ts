// Verifying a member by voice: our half of six words is read aloud, the other half is typed as it is heard. One guess. Pure.

import { wrap } from "../cells.ts";
import { edited, editOf } from "../edit.ts";
import { ifItMay, type ScreenEvent, type Stepped, still } from "../events.ts";
import type { Key } from "../keys.ts";
import { instead, over, uncovered, type Verifying } from "../overlay.ts";
import { fill, fitRow, piece, textRow, type Row } from "../rows.ts";
import type { Screen } from "../screen.ts";
import { safeText } from "../../safe-text.ts";
import { span } from "../words.ts";
import type { Drawn } from "./compose-rows.ts";
import type { Size } from "../views/view.ts";

const HEARD_CHARS_MAX = 120;

/** Begins, and waits for the other side to begin too. */
export function openVerify(screen: Screen, peer: string): Stepped {
  const fresh: Verifying = {
    kind: "verify",
    peer,
    document: undefined,
    heard: editOf(),
    problem: undefined,
    over: false,
  };
  return ifItMay(screen, () => ({ screen: over(screen, fresh), effects: [{ kind: "verify", peer }] }));
}

export function pressVerify(screen: Screen, verifying: Verifying, key: Key): Stepped {
  const { peer, document, heard } = verifying;
  if (key === "esc") return { screen: uncovered(screen), effects: document ? [] : [{ kind: "unverify" }] };
  if (verifying.over) return key === "enter" || key === "q" ? still(uncovered(screen)) : still(screen);
  if (!document || document.state === "verified") {
    return key === "enter" && document ? still(uncovered(screen)) : still(screen);
  }
  if (key === "enter") {
    const words = heard.text.trim();
    if (words === "") return still(screen);
    const differ = words.toLowerCase() === "x";
    return ifItMay(screen, () => ({
      screen,
      effects: [{ kind: "heard", peer, words: differ ? undefined : words }],
    }));
  }
  const edit = edited(heard, key, { max: HEARD_CHARS_MAX });
  return edit ? still(instead(screen, { ...verifying, heard: edit, problem: undefined })) : still(screen);
}

/** What the daemon says to it; `again`: the words were mistyped, which is no guess. */
export function verifyEvent(screen: Screen, event: ScreenEvent & { kind: "verifying" | "unverified" }): Stepped {
  const put = (change: (verifying: Verifying) => Verifying): Screen => ({
    ...screen,
    overlays: screen.overlays.map((one) => (one.kind === "verify" ? change(one) : one)),
  });
  if (event.kind === "verifying") {
    const { document } = event;
    return {
      screen: put((one) => ({ ...one, document, problem: undefined })),
      effects: document.state === "verified" ? [{ kind: "refresh" }, { kind: "members" }] : [],
    };
  }
  return still(put((one) => ({ ...one, problem: event.message, over: !event.again })));
}

export function verifyRows(
  screen: Screen,
  { peer, document, heard, problem, over: ended }: Verifying,
  size: Size,
): Drawn {
  const { width } = size;
  const lines = (text: string): Row[] => wrap(text, width - 2).map((line) => textRow(width, ` ${line}`));
  const wrong =
    problem === undefined ? [] : wrap(`✗ ${problem}`, width - 2).map((line) => textRow(width, ` ${line}`, "warn"));
  const call = lines(
    `Call a person of ${peer} whom you know, on a number you ALREADY have (not one sent to you here).`,
  );
  if (!document) {
    const waits = ended ? [] : lines("Waiting until they begin too: v on you in their circle, or tocsin verify.");
    return { rows: fill([...call, textRow(width, ""), ...waits, ...wrong], size) };
  }
  if (document.state === "verified") {
    return { rows: fill([textRow(width, ` ✓ ${peer} is verified.`, "bold"), ...lines("Enter closes this.")], size) };
  }
  const { say, from, hearFrom, expires } = document;
  const said = say.map((word, at) => `${(from ?? 1) + at} ${word}`).join("     ");
  const numbers = say.map((_, at) => (hearFrom ?? 4) + at).join(", ");
  const left = expires === null ? "" : ` · ${span(Date.parse(expires) - screen.now)} left`;
  const question = ` Type words ${numbers} as you hear them: `;
  const before = [
    ...call,
    textRow(width, ""),
    fitRow(width, [piece(" You read these aloud:   "), piece(said, "bold")]),
    textRow(width, ""),
  ];
  const rows = [
    ...before,
    textRow(width, question + safeText(heard.text)),
    textRow(width, ""),
    ...wrong,
    ...lines("Words differ? Type x: the member is blocked here and the circle is told."),
    ...lines(`One guess; a word that is not of the list is none. Esc: later.${left}`),
  ];
  const x = Math.min(width - 1, question.length + safeText(heard.text.slice(0, heard.at)).length);
  return { rows: fill(rows, size), ...(ended ? {} : { cursor: { x, y: before.length } }) };
}

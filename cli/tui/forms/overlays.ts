// How each thing that stands over a view is drawn and what its keys do: one switch each. Pure.

import { unreachable } from "../../../src/base/assert.ts";
import { detailLines } from "../detail-lines.ts";
import { clamp, type Stepped, still } from "../events.ts";
import type { Key } from "../keys.ts";
import { bodyHeight } from "../layout.ts";
import { type Overlay, uncovered } from "../overlay.ts";
import { fill, textRow } from "../rows.ts";
import type { Screen } from "../screen.ts";
import { shortId } from "../words.ts";
import type { Size } from "../views/view.ts";
import { pressCompose } from "./compose.ts";
import { composeRows, composeTitle, type Drawn } from "./compose-rows.ts";
import { helpRows, helpTitle, pressHelp } from "./help.ts";
import { joinRows, joinTitle, pressJoin } from "./join.ts";
import { pressLine } from "./line.ts";
import { outputRows, pressOutput } from "./output.ts";
import { pressReview, reviewRows, reviewTitle } from "./review.ts";
import { pressVerify, verifyRows } from "./verify.ts";

/** What fills the body: the uppermost thing that is more than a line. */
export function bodyOverlay({ overlays }: Screen): Exclude<Overlay, { kind: "line" }> | undefined {
  return overlays.findLast((one) => one.kind !== "line");
}

/** What it does with a key; undefined: the key has its usual meaning. */
export function pressOverlay(screen: Screen, overlay: Overlay, key: Key): Stepped | undefined {
  switch (overlay.kind) {
    case "help":
      return pressHelp(screen, overlay, key);
    case "item":
      return pressItem(screen, key);
    case "line":
      return pressLine(screen, overlay, key);
    case "output":
      return pressOutput(screen, overlay, key);
    case "compose":
      return pressCompose(screen, overlay, key);
    case "review":
      return pressReview(screen, overlay, key);
    case "verify":
      return pressVerify(screen, overlay, key);
    case "join":
      return pressJoin(screen, overlay, key);
    default:
      return unreachable(overlay);
  }
}

/** Keys that are about an item keep their meaning while it is open. */
function pressItem(screen: Screen, key: Key): Stepped | undefined {
  if (key === "esc" || key === "q" || key === "left") return still({ ...uncovered(screen), detailTop: 0 });
  const half = Math.max(1, Math.floor(bodyHeight(screen) / 2));
  const by = { j: 1, down: 1, k: -1, up: -1, "ctrl-d": half, "ctrl-u": -half, pagedown: half, pageup: -half }[key];
  if (by === undefined) return undefined;
  const length = detailLines(screen, screen.columns - 2).length - (bodyHeight(screen) - 2);
  return still({ ...screen, detailTop: clamp(screen.detailTop + by, Math.max(1, length + 1)) });
}

export function overlayTitle(screen: Screen, overlay: Exclude<Overlay, { kind: "line" }>): string {
  switch (overlay.kind) {
    case "help":
      return helpTitle(overlay);
    case "item":
      return shortId(overlay.id);
    case "output":
      return `tocsin ${overlay.title}`;
    case "compose":
      return composeTitle(screen, overlay);
    case "review":
      return reviewTitle(overlay);
    case "verify":
      return `Verify ${overlay.peer}`;
    case "join":
      return joinTitle(overlay);
    default:
      return unreachable(overlay);
  }
}

/** Exactly `size.height` rows. */
export function overlayRows(screen: Screen, overlay: Exclude<Overlay, { kind: "line" }>, size: Size): Drawn {
  switch (overlay.kind) {
    case "help":
      return { rows: helpRows(overlay, size) };
    case "item": {
      const rows = detailLines(screen, size.width);
      if (rows.length === 0) return { rows: fill([textRow(size.width, " Asking…")], size) };
      return { rows: fill(rows.slice(screen.detailTop), size) };
    }
    case "output":
      return { rows: outputRows(overlay, size) };
    case "compose":
      return composeRows(overlay, size);
    case "review":
      return { rows: reviewRows(overlay, size) };
    case "verify":
      return verifyRows(screen, overlay, size);
    case "join":
      return { rows: joinRows(screen, overlay, size) };
    default:
      return unreachable(overlay);
  }
}

/** What can be pressed while it is up. */
export function overlayHints(overlay: Overlay): readonly string[] {
  switch (overlay.kind) {
    case "help":
      return ["j/k scroll", "/ filters", "? or Esc closes the help"];
    case "item":
      return ["j/k scroll", "s saw it", "a ack", "r reply", "y copy", "Esc back"];
    case "line":
      return overlay.purpose.kind === "command" ? ["Enter runs", "Tab completes", "Esc back"] : ["Enter", "Esc back"];
    case "output":
      return overlay.code === undefined ? ["j/k scroll", "Esc stops it"] : ["j/k scroll", "y copy", "Esc back"];
    case "compose":
      return ["Tab field", "Ctrl-S review", "Ctrl-K kind", "Ctrl-E editor", "Ctrl-X drop", "Esc back, kept"];
    case "review": {
      const { scrub, params } = overlay.rehearsal;
      const open = scrub.held && params.scrub === undefined;
      return open ? ["a take out", "K keep", "j/k scroll", "Esc back"] : ["Enter sends", "j/k scroll", "Esc back"];
    }
    case "verify":
      return overlay.document ? ["Enter", "Esc later"] : ["Esc later"];
    case "join":
      return overlay.preview ? ["Enter joins", "Esc back"] : ["Esc back"];
    default:
      return unreachable(overlay);
  }
}

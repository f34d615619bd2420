// The list of keys, over the view. Pure.

import { edited, editOf } from "../edit.ts";
import { clamp, type Stepped, still } from "../events.ts";
import type { Key } from "../keys.ts";
import { bodyHeight } from "../layout.ts";
import { instead, type Overlay, over, uncovered } from "../overlay.ts";
import { fill, textRow, type Row } from "../rows.ts";
import type { Screen } from "../screen.ts";
import type { Size } from "../views/view.ts";

type Help = Overlay & { readonly kind: "help" };

const KEYS = [
  "MOVE  j k ↓ ↑   g G first, last   Ctrl-D Ctrl-U half a page",
  "      n N next and previous unread, in other circles too",
  "OPEN  Enter detail, marks it read   Esc back   Tab next pane",
  "      z one pane alone, for a clean copy with the mouse",
  "GO    1 feed   2 acks   3 circles   4 asks   5 search",
  "      6 timeline   7 held   8 incidents   [ ] circle",
  "SAY   a acknowledge   A with a note   s saw it too   U takes back",
  "      + yes  - no  ~ unsure to an ask (all leave after 3 s)",
  "MAKE  c compose, kept until it is sent   r reply   Ctrl-S review",
  "      Ctrl-K kind   Ctrl-E $EDITOR   Ctrl-X drop the draft",
  "ALSO  / search   : any command, Tab completes   u unread only",
  "      y copy indicators defanged   Y as they are   M mark all read",
  "      v verify, i invite (in 3)   w remind (in 2)   J join by ticket",
  "      Ctrl-L redraw   q quit   Ctrl-C quit now",
  "",
  "› selected   ● unread   ▲ needs your ack   ×3 orgs saw it",
  "✓ verified   ? not verified   ! problem",
  "● direct   ◐ relayed   ○ offline   ✗ blocked",
  "",
  "No mouse capture: select and copy freely.",
];

export function openHelp(screen: Screen): Stepped {
  return still(over(screen, { kind: "help", top: 0, filter: undefined }));
}

export function pressHelp(screen: Screen, help: Help, key: Key): Stepped {
  if (help.filter && key !== "esc" && key !== "enter") {
    const filter = edited(help.filter, key, { max: 40 });
    return filter ? still(instead(screen, { ...help, filter, top: 0 })) : still(screen);
  }
  const by = { j: 1, down: 1, k: -1, up: -1, "ctrl-d": 8, "ctrl-u": -8, pagedown: 8, pageup: -8 }[key];
  if (by !== undefined) {
    const more = linesOf(help).length - (bodyHeight(screen) - 2);
    return still(instead(screen, { ...help, top: clamp(help.top + by, Math.max(1, more + 1)) }));
  }
  if (key === "/") return still(instead(screen, { ...help, filter: editOf(), top: 0 }));
  return ["?", "esc", "q", "enter"].includes(key) ? still(uncovered(screen)) : still(screen);
}

export function helpRows(help: Help, size: Size): Row[] {
  return fill(
    linesOf(help)
      .slice(help.top)
      .map((line) => textRow(size.width, ` ${line}`)),
    size,
  );
}

export function helpTitle({ filter }: Help): string {
  return filter ? `Help: ${filter.text}` : "Help (? closes, / filters)";
}

function linesOf({ filter }: Help): readonly string[] {
  const wanted = filter?.text.toLowerCase() ?? "";
  return KEYS.filter((line) => line.toLowerCase().includes(wanted));
}

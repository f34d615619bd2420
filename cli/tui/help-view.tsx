// The list of keys, over the panes.

import type { ReactNode } from "react";
import { Boxed } from "./lines.tsx";
import { fill, textRow } from "./rows.ts";

const KEYS = [
  "MOVE  j k ↓ ↑   g G first, last   Ctrl-D Ctrl-U half a page",
  "      n N next and previous unread, in other circles too",
  "OPEN  Enter detail, marks it read   Esc back   Tab next pane",
  "GO    [ ] previous and next circle   1 feed   2 who has acknowledged",
  "ACT   a acknowledge the alert marked [a] (leaves after 3 s)",
  "      U take back what has not left   M mark all read   w (in 2) remind",
  "ALSO  u unread only   Ctrl-L redraw   q quit   Ctrl-C quit now",
  "",
  "› selected   ● unread   ▲ needs your ack   ×3 orgs saw it",
  "✓ verified   ? not verified   ! problem",
  "● direct   ◐ relayed   ○ offline   ✗ blocked",
  "",
  "No mouse capture: select and copy freely.",
];

/** The help overlay at exactly this size. */
export function HelpView({ size }: { size: { readonly width: number; readonly height: number } }): ReactNode {
  const inside = { width: size.width - 2, height: size.height - 2 };
  const rows = fill(
    KEYS.map((line) => textRow(inside.width, ` ${line}`)),
    inside,
  );
  return <Boxed rows={rows} width={size.width} edge={{ title: "Help (? closes)", note: "", focused: true }} />;
}

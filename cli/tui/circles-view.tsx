// The circles of this node and the peers it can reach, in one narrow pane.

import type { ReactNode } from "react";
import type { PeerDocument } from "../../src/api/documents.ts";
import { Boxed, Lines } from "./lines.tsx";
import { cell, fill, fitRow, piece, textRow, type Row } from "./rows.ts";
import type { CircleRow, Screen } from "./screen.ts";
import { linkMark, reachWord } from "./words.ts";

type Size = { readonly width: number; readonly height: number };

/** The pane of circles and peers; in a box where several panes stand side by side. */
export function CirclesView({ screen, size, boxed }: { screen: Screen; size: Size; boxed: boolean }): ReactNode {
  if (!boxed) return <Lines rows={circlesRows(screen, size)} />;
  const inside = { width: size.width - 2, height: size.height - 2 };
  const edge = { title: "", note: "", focused: screen.focus === "circles" };
  return <Boxed rows={circlesRows(screen, inside)} width={size.width} edge={edge} />;
}

/** Exactly `size.height` rows: the circles around the chosen one, then as many peers as fit. */
export function circlesRows(screen: Screen, size: Size): Row[] {
  const { width, height } = size;
  const shown = Math.max(1, Math.min(screen.circles.length, Math.floor(height / 2) - 2));
  const first = Math.max(0, Math.min(screen.circleAt - shown + 1, screen.circles.length - shown));
  const circles = screen.circles.slice(first, first + shown).map((circle) => circleRow(screen, circle, width));
  const { up, total } = screen.peersUp;
  const head = [textRow(width, "CIRCLES", "bold"), ...circles, textRow(width, "")];
  const room = height - head.length - 1;
  const fits = screen.peers.length <= room ? screen.peers.length : Math.max(0, room - 1);
  const peers = screen.peers.slice(0, fits).map((peer) => peerRow(screen, peer, width));
  const more = screen.peers.length - fits;
  return fill(
    [
      ...head,
      textRow(width, `PEERS ${up}/${total} up`, "bold"),
      ...peers,
      ...(more > 0 ? [textRow(width, `…${more} more`)] : []),
    ],
    size,
  );
}

function circleRow(screen: Screen, circle: CircleRow, width: number): Row {
  const open = circle.id === screen.circle;
  const chosen = screen.focus === "circles" && screen.circles[screen.circleAt] === circle;
  const unread = open ? screen.unread.size : circle.unread;
  const asked = circle.needAck > 0 ? ` ▲${circle.needAck}` : "   ";
  const mark = chosen ? "›" : open ? "▸" : " ";
  return fitRow(
    width,
    [piece(`${mark}${circle.name}`, open || chosen ? "bold" : "plain")],
    [piece(` ${unread === 0 ? "·" : unread}${asked}`)],
  );
}

function peerRow(screen: Screen, peer: PeerDocument, width: number): Row {
  const trust = { verified: "✓", vouched: "✓", unverified: "?", changed: "!", blocked: "✗" }[peer.trust];
  const name = Math.max(6, width - 10);
  return fitRow(
    width,
    [piece(`${linkMark(peer)} `), cell(peer.org, name), piece(` ${trust}`)],
    [piece(` ${reachWord(peer, screen.now)}`)],
  );
}

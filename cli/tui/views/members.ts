// The open circle with its rules and everybody in it: how far each is trusted, how it is reached and how fast, what waits for it.
// Rare changes are commands: a key writes the command, Enter runs it.

import type { CircleDocument, MemberDocument, PeerDocument } from "../../../src/api/documents.ts";
import { tlpLabel } from "../../../src/record/marking.ts";
import { wrap } from "../cells.ts";
import { type Action, type Stepped, told } from "../events.ts";
import { openLine } from "../forms/line.ts";
import { runCommand } from "../forms/output.ts";
import { openVerify } from "../forms/verify.ts";
import { enterCircle } from "../reading.ts";
import { cell, fitRow, piece, textRow, type Row, type Tone } from "../rows.ts";
import type { Screen } from "../screen.ts";
import { longTime, span } from "../words.ts";
import { emptyRows, type Size, tableRows, type ViewSpec } from "./view.ts";

export const MEMBERS: ViewSpec = {
  title: (screen) => {
    const here = circleShown(screen);
    if (!here) return "Circles";
    const { name, steward, policy } = here;
    return `Circle ${name} · founded by ${steward} · max ${tlpLabel(policy.maxTlp)} · keep ${policy.keep}`;
  },
  rows: memberRows,
  count: (screen) => circleShown(screen)?.members.length ?? 0,
  keys: {
    enter: onMember((screen, { org }) => runCommand(screen, ["peer", "show", org])),
    v: onMember((screen, { org }) => openVerify(screen, org)),
    t: onMember((screen, { org }) => runCommand(screen, ["ping", org])),
    x: onMember((screen, { org }, circle) => openLine(screen, { kind: "command" }, `circle remove ${circle} ${org}`)),
    i: (screen) => openLine(screen, { kind: "command" }, `invite create --circle ${nameOf(screen)} --for `),
    l: (screen) => runCommand(screen, ["circle", "log", nameOf(screen)]),
    p: (screen) => runCommand(screen, ["circle", "policy", nameOf(screen)]),
    "[": (screen) => enterCircle({ ...screen, row: 0 }, screen.circleAt - 1),
    "]": (screen) => enterCircle({ ...screen, row: 0 }, screen.circleAt + 1),
  },
  hints: ["j/k move", "[ ] circle", "i invite", "v verify", "t test link", "x remove", "l log", "p rules", "1 feed"],
  fetch: () => [{ kind: "members" }],
};

function nameOf(screen: Screen): string {
  return circleShown(screen)?.name ?? "";
}

function circleShown({ members, circle }: Screen): CircleDocument | undefined {
  return members.find(({ id }) => id === circle);
}

function onMember(act: (screen: Screen, member: MemberDocument, circle: string) => Stepped): Action {
  return (screen) => {
    const circle = circleShown(screen);
    const member = circle?.members[screen.row];
    if (!circle || !member) return told(screen, "no member is chosen");
    return member.you ? told(screen, "that is your own organisation") : act(screen, member, circle.name);
  };
}

function memberRows(screen: Screen, size: Size): Row[] {
  const { width } = size;
  const circle = circleShown(screen);
  if (!circle) {
    const lines =
      screen.circles.length === 0 ? ["No circle yet.", ": circle create NAME   or   J with a ticket"] : ["Asking…"];
    return emptyRows(lines, size);
  }
  const { members, pending } = circle;
  const head = columns(width, HEAD, "bold");
  const row = (at: number): Row => {
    const member = members[at];
    return member ? memberRow(screen, member, { width, chosen: at === screen.row }) : textRow(width, "");
  };
  const waiting = pending.map(({ org, by, missing }) => {
    return `! ${org} waits to come in, proposed by ${by}: ${missing} more must vouch (: peer vouch ${org})`;
  });
  const votes = circle.votes.map(({ op, org, by, needs }) => `! ${op} ${org}: ${by.join(" ")} ${by.length}/${needs}`);
  const { invite, unverified, history } = circle.policy;
  const facts = `${circle.policy.purpose === "" ? "" : `${circle.policy.purpose} · `}invited by ${invite} · the unverified ${
    unverified === "read" ? "read all" : "are kept from AMBER+STRICT and RED"
  } · newcomers read ${history}`;
  const alone = members.length <= 1 ? ["Only you here. i invites your first peer."] : [];
  const below = [...alone, ...waiting, ...votes, facts]
    .flatMap((line) => wrap(line, width - 2))
    .map((line) => textRow(width, ` ${line}`));
  const word = `${members.length} ${members.length === 1 ? "member" : "members"}`;
  return tableRows({ head, row, count: members.length, chosen: screen.row, word, below }, size);
}

type Cells = Readonly<Record<"mark" | "org" | "trust" | "link" | "rtt" | "last" | "queued" | "note", string>>;
const HEAD: Cells = {
  mark: "   ",
  org: "ORG",
  ...{ trust: "TRUST", link: "LINK", rtt: "RTT", last: "LAST", queued: "QUEUED", note: "NOTE" },
};

function memberRow(screen: Screen, member: MemberDocument, { width, chosen }: { width: number; chosen: boolean }): Row {
  const { org, you, steward, trust, link, lastSeen, queued, frozen } = member;
  const peer = screen.peers.find(({ memberKey }) => memberKey === member.memberKey);
  const notes = [
    you ? "you" : "",
    steward ? "steward" : "",
    frozen ? `frozen until ${longTime(frozen.until, screen.now)}` : "",
    trust === "unverified" ? "v verifies" : "",
    trust === "changed" ? "key changed" : "",
    peer?.lastError ?? "",
  ].filter((note) => note !== "");
  const last = link !== "offline" ? "now" : lastSeen === null ? "never" : span(screen.now - Date.parse(lastSeen));
  const cells = {
    mark: `${chosen ? "›" : " "}${markOf(member)} `,
    org,
    trust: you
      ? "-"
      : { verified: "✓ words", vouched: "✓ vouched", unverified: "? new", changed: "! KEY", blocked: "✗ blocked" }[
          trust
        ],
    link: linkWord(member, peer),
    rtt: peer?.rttMs == null ? "-" : `${Math.round(peer.rttMs)} ms`,
    last,
    queued: String(queued),
    note: notes.join(", "),
  };
  return columns(width, cells, chosen ? "bold" : trust === "changed" ? "warn" : "plain");
}

function markOf({ trust, link }: MemberDocument): string {
  if (trust === "blocked" || trust === "changed") return "✗";
  return { direct: "●", self: "●", relayed: "◐", offline: "○" }[link];
}

function linkWord({ link, you }: MemberDocument, peer: PeerDocument | undefined): string {
  if (you) return "-";
  return link === "relayed" ? `via ${peer?.via ?? "relay"}` : link;
}

function columns(width: number, { mark, org, trust, link, rtt, last, queued, note }: Cells, tone: Tone): Row {
  const name = width >= 78 ? 14 : 10;
  const rest = Math.max(0, width - (3 + name + 11 + 11 + 8 + 7 + 7));
  return fitRow(width, [
    piece(mark, tone),
    cell(org, name - 1, tone),
    piece(" "),
    cell(trust, 11, tone),
    cell(link, 10, tone),
    piece(" "),
    cell(rtt, 8, tone),
    cell(last, 7, tone),
    cell(queued, 7, tone),
    cell(note, rest, tone),
  ]);
}

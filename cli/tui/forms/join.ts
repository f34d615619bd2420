// Joining a circle with a ticket: what the circle is and by whose rules is shown first, and nothing about us is sent before Enter. Pure.

import type { JoinPreviewDocument } from "../../../src/api/documents.ts";
import { tlpLabel } from "../../../src/record/marking.ts";
import { wrap } from "../cells.ts";
import { ifItMay, type ScreenEvent, type Stepped, still } from "../events.ts";
import type { Key } from "../keys.ts";
import { instead, type Joining, over, uncovered } from "../overlay.ts";
import { fill, textRow, type Row } from "../rows.ts";
import type { Screen } from "../screen.ts";
import { longTime } from "../words.ts";
import type { Size } from "../views/view.ts";

/** Asks whoever made the ticket what it leads to. */
export function openJoin(screen: Screen, ticket: string): Stepped {
  const fresh: Joining = { kind: "join", ticket, preview: undefined, problem: undefined, waiting: true };
  return ifItMay(screen, () => ({ screen: over(screen, fresh), effects: [{ kind: "preview", ticket }] }));
}

export function pressJoin(screen: Screen, joining: Joining, key: Key): Stepped {
  if (key === "esc" || key === "q") return still(uncovered(screen));
  if (key !== "enter" || !joining.preview || joining.waiting) return still(screen);
  return ifItMay(screen, () => ({
    screen: instead(screen, { ...joining, waiting: true, problem: undefined }),
    effects: [{ kind: "join", ticket: joining.ticket }],
  }));
}

export function joinEvent(screen: Screen, event: ScreenEvent & { kind: "previewed" | "joined" | "unjoined" }): Stepped {
  const put = (change: Partial<Joining>): Screen => ({
    ...screen,
    overlays: screen.overlays.map((one) => (one.kind === "join" ? { ...one, waiting: false, ...change } : one)),
  });
  switch (event.kind) {
    case "previewed":
      return still(put({ preview: event.preview }));
    case "unjoined":
      return still(put({ problem: event.message }));
    case "joined": {
      const { circle, inviter, state, missing } = event.joined;
      const text =
        state === "pending"
          ? `✓ waiting to join ${circle.name}: ${missing} more must vouch for you`
          : `✓ joined ${circle.name}; now verify ${inviter} by voice (3, then v)`;
      const overlays = screen.overlays.filter(({ kind }) => kind !== "join");
      return {
        screen: { ...screen, overlays, notice: { text, tone: "plain" } },
        effects: [{ kind: "load", circle: circle.id }],
      };
    }
  }
}

export function joinTitle({ preview }: Joining): string {
  return preview ? `Join ${preview.circle.name}?` : "Join a circle";
}

export function joinRows(screen: Screen, { preview, problem, waiting }: Joining, size: Size): Row[] {
  const { width } = size;
  const lines = preview ? previewLines(preview, screen.now) : [];
  const state = waiting ? ["…"] : preview ? ["Enter joins. Esc: nothing is joined and nothing was sent."] : [];
  const told = [...lines, "", ...state]
    .flatMap((line) => wrap(line, width - 2))
    .map((line) => textRow(width, ` ${line}`));
  const wrong =
    problem === undefined ? [] : wrap(`✗ ${problem}`, width - 2).map((line) => textRow(width, ` ${line}`, "warn"));
  return fill([...wrong, ...told], size);
}

function previewLines(
  { circle, inviter, inviterFingerprint, policy, members, expires }: JoinPreviewDocument,
  now: number,
): string[] {
  return [
    `Circle   ${circle.name}${policy.purpose === "" ? "" : `: ${policy.purpose}`}`,
    `Invited  by ${inviter}, until ${longTime(expires, now)}`,
    `Its key  ${inviterFingerprint}`,
    `Members  ${members.join(", ")}`,
    `Rules    at most ${tlpLabel(policy.maxTlp)}, keep ${policy.keep}; newcomers read ${policy.history}`,
    `Admits   ${policy.invite}; exported by ${policy.export}${policy.exercise ? "; exercises only" : ""}`,
  ];
}

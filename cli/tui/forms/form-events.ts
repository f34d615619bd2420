// What the rim tells about what stands over a view: a rehearsal, a post that left, a text from the editor, a command, a
// verification. Pure.

import { unreachable } from "../../../src/base/assert.ts";
import { limits } from "../../../src/base/limits.ts";
import { editOf } from "../edit.ts";
import { type ScreenEvent, type Stepped, still } from "../events.ts";
import { instead, type Overlay, uncovered } from "../overlay.ts";
import type { Screen } from "../screen.ts";
import { shortId } from "../words.ts";
import { joinEvent } from "./join.ts";
import { outputEvent } from "./output.ts";
import { openReview } from "./review.ts";
import { verifyEvent } from "./verify.ts";

type FormEvent = Extract<
  ScreenEvent,
  {
    kind:
      | "rehearsed"
      | "unposted"
      | "posted"
      | "wrote"
      | "printed"
      | "ended"
      | "verifying"
      | "unverified"
      | "previewed"
      | "joined"
      | "unjoined";
  }
>;

export function formEvent(screen: Screen, event: FormEvent): Stepped {
  switch (event.kind) {
    case "rehearsed":
      return rehearsed(screen, event);
    case "unposted":
      return still(stopped(screen, event.message));
    case "posted":
      return posted(screen, event);
    case "wrote": {
      const page = screen.overlays.at(-1);
      if (page?.kind !== "compose") return still(screen);
      const text = event.text.slice(0, limits.textCharsMax).trimEnd();
      return { screen: instead(screen, { ...page, body: editOf(text) }), effects: [{ kind: "redraw" }] };
    }
    case "printed":
    case "ended":
      return outputEvent(screen, event);
    case "verifying":
    case "unverified":
      return verifyEvent(screen, event);
    case "previewed":
    case "joined":
    case "unjoined":
      return joinEvent(screen, event);
    default:
      return unreachable(event);
  }
}

/** A page that still waits for it goes on to the review; who went back meanwhile is left alone. */
function rehearsed(screen: Screen, { rehearsal }: ScreenEvent & { kind: "rehearsed" }): Stepped {
  const top = screen.overlays.at(-1);
  if (top?.kind === "compose" && top.waiting) {
    return openReview(instead(screen, { ...top, waiting: false }), rehearsal);
  }
  if (top?.kind === "review" && top.waiting) {
    return still(instead(screen, { ...top, rehearsal, waiting: false, top: 0 }));
  }
  return still(screen);
}

/** What was written stays, and says what is wrong. */
function stopped(screen: Screen, problem: string): Screen {
  const change = (one: Overlay): Overlay =>
    (one.kind === "compose" || one.kind === "review") && one.waiting ? { ...one, waiting: false, problem } : one;
  const overlays = screen.overlays.map(change);
  const isTold = overlays.some((one, at) => one !== screen.overlays[at]);
  return isTold ? { ...screen, overlays } : { ...screen, notice: { text: `✗ ${problem}`, tone: "warn" } };
}

function posted(screen: Screen, { result }: ScreenEvent & { kind: "posted" }): Stepped {
  let next: Screen = { ...screen, draft: undefined };
  while (["review", "compose"].includes(next.overlays.at(-1)?.kind ?? "")) next = uncovered(next);
  const { held, of } = result.delivered;
  const text =
    result.state === "held"
      ? "! not sent yet: tocsin status says why"
      : `✓ ${shortId(result.id)} ${result.kind} sent · held by ${held.length} of ${of}`;
  const tone = result.state === "held" ? "warn" : "plain";
  return { screen: { ...next, notice: { text, tone } }, effects: [{ kind: "refresh" }] };
}

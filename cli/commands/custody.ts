// `hold set|release|list|show`, `exercise start|stop|show`: what becomes of records, and what is a drill.

import type { ExerciseDocument, HoldsDocument } from "../../src/api/documents.ts";
import type { Input } from "../command.ts";
import type { exerciseFlags, holdFlags } from "../custody-flags.ts";
import type { circleFlag } from "../flags.ts";
import { targetCircle, withDaemon, type Invocation } from "../invocation.ts";
import { present } from "../present.ts";
import { safeLines, safeText } from "../safe-text.ts";

type Plain = Input<Record<string, never>>;

const EXERCISE_MS = 8 * 3_600_000;

export async function hold(call: Invocation, { options, operands }: Input<typeof holdFlags>): Promise<void> {
  const [of = ""] = operands;
  const params = { of, ...present({ reason: options.reason }) };
  tell(call, await withDaemon(call, (client) => client.call("hold.set", params, call)));
}

export async function release(call: Invocation, { operands }: Plain): Promise<void> {
  const [of = ""] = operands;
  tell(call, await withDaemon(call, (client) => client.call("hold.release", { of }, call)));
}

export async function holds(call: Invocation): Promise<void> {
  tell(call, await withDaemon(call, (client) => client.call("hold.list", {}, call)));
}

function tell(call: Invocation, document: HoldsDocument): void {
  const lines = document.circles.flatMap(({ name, holds: all }) =>
    all.map(({ org, of, since, reason, mine }) => {
      const what = of === null ? "all of it" : safeText(of.slice(0, 8));
      const why = reason === "" ? "" : `: ${safeText(reason)}`;
      return `${safeText(name)}  ${what}  held by ${mine ? "you" : safeText(org)} since ${since.slice(0, 16)}Z${why}`;
    }),
  );
  call.out.document(document, () => (lines.length === 0 ? ["nothing is under a hold"] : lines));
}

export async function withheld(call: Invocation, { operands }: Plain): Promise<void> {
  const [id = ""] = operands;
  const document = await withDaemon(call, (client) => client.call("hold.show", { id }, call));
  if (call.out.mode !== "text") return call.out.document(document, () => []);
  const { indicatorText } = await import("../texts.ts");
  const { org, circle, at, title, text, indicators } = document;
  call.out.document(document, () => [
    "WITHDRAWN, kept under a legal hold: for nobody else",
    `${safeText(document.id)} from ${safeText(org)} in ${safeText(circle)}, ${at.slice(0, 16)}Z`,
    ...(title === null ? [] : [safeText(title)]),
    ...(text === null ? [] : safeLines(text)),
    ...indicators.map((indicator) => `  ${indicatorText(indicator)}`),
  ]);
}

export async function start(call: Invocation, { options, operands }: Input<typeof exerciseFlags>): Promise<void> {
  const [name = ""] = operands;
  const circle = present({ circle: targetCircle(call, options.circle) });
  const params = { ...circle, name, forMs: options.for ?? EXERCISE_MS };
  say(call, await withDaemon(call, (client) => client.call("exercise.start", params, call)));
}

export async function stop(call: Invocation, { options }: Input<typeof circleFlag>): Promise<void> {
  const circle = present({ circle: targetCircle(call, options.circle) });
  say(call, await withDaemon(call, (client) => client.call("exercise.stop", circle, call)));
}

export async function show(call: Invocation, { options }: Input<typeof circleFlag>): Promise<void> {
  const circle = present({ circle: targetCircle(call, options.circle) });
  say(call, await withDaemon(call, (client) => client.call("exercise.show", circle, call)));
}

function say(call: Invocation, document: ExerciseDocument): void {
  const { circle, running } = document;
  call.out.document(document, () =>
    running === null
      ? [`no exercise runs in ${safeText(circle)}: what is said there is real`]
      : [
          `EXERCISE "${safeText(running.name)}" runs in ${safeText(circle)} until ${running.until.slice(0, 16)}Z, started by ${safeText(running.by)}`,
          "  what anybody says is part of it; what is real is said with --actual",
        ],
  );
}

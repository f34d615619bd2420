// `post`, `alert`, `saw`, `reply`, `ack`: from flags to a draft, and the daemon's answer to an exit code.
// Nothing is checked here that the daemon checks: it is the only judge of what may be posted. Where it cannot be reached a
// sighting is spooled, and an alert is not.

import type { ResultDocument } from "../../src/api/documents.ts";
import type { DraftParams, Methods } from "../../src/api/methods.ts";
import type { Client } from "../../src/api/client.ts";
import { type ErrorCode, TocsinError } from "../../src/base/errors.ts";
import { freshName } from "../../src/base/fresh-name.ts";
import { usage } from "../args.ts";
import type { Input } from "../command.ts";
import type { ackFlags, alertFlags, PostingOptions, sightingFlags, spokenFlags } from "../flags.ts";
import { bodyText } from "../input-text.ts";
import { isLost, targetCircle, usualTlp, withDaemon, type Invocation } from "../invocation.ts";
import { tellNews } from "../news.ts";
import { scrubOf } from "../override-flags.ts";
import { acceptOf, onlyTrue, present } from "../present.ts";

const WAIT_DEFAULT_MS = 30_000;

export async function post(call: Invocation, { options, operands }: Input<typeof sightingFlags>): Promise<void> {
  const needed = options.ioc.length === 0 && options.title === undefined;
  const text = await bodyText(call, { operand: operands[0], file: options["body-file"], needed });
  const draft = { kind: "sighting", ...told(options), ...seenOf(options), ...present({ text }) } as const;
  await sendOrSpool(call, { ...options, circle: targetCircle(call, options.circle) }, draft);
}

export async function saw(call: Invocation, { options, operands }: Input<typeof sightingFlags>): Promise<void> {
  const text = await bodyText(call, { operand: operands[1], file: options["body-file"], needed: false });
  const re = present({ re: operands[0] });
  await sendOrSpool(call, options, {
    kind: "sighting",
    ...told(options),
    ...seenOf(options),
    ...present({ text }),
    ...re,
  });
}

export async function alert(call: Invocation, { options, operands }: Input<typeof alertFlags>): Promise<void> {
  const needed = options.title === undefined;
  const text = await bodyText(call, { operand: operands[0], file: options["body-file"], needed });
  const draft = { kind: "alert", ...told(options), ...alertOf(options), ...present({ text }) } as const;
  // Whoever raises an alarm must not believe that it was heard, nor that it will be in time.
  const notSent = async (why: TocsinError, isMidway: boolean): Promise<never> => {
    const { hint = isMidway ? "run tocsin feed" : undefined, details } = why;
    const told = { cause: why, details, ...(hint === undefined ? {} : { hint }) };
    const fate = isMidway ? "it is not known whether the ALERT WAS SENT" : "ALERT NOT SENT";
    throw new TocsinError("DAEMON_NOT_RUNNING", `${fate}: ${why.message}`, told);
  };
  await send(call, paramsOf(call, { ...options, circle: targetCircle(call, options.circle) }, draft), notSent);
}

export async function reply(call: Invocation, { options, operands }: Input<typeof spokenFlags>): Promise<void> {
  const text = await bodyText(call, { operand: operands[1], file: options["body-file"], needed: true });
  const draft = { kind: "reply", ...marked(options), ...present({ text, re: operands[0] }) } as const;
  await send(call, paramsOf(call, options, draft));
}

/** One result a line where several are acknowledged. */
export async function ack(call: Invocation, { options, operands }: Input<typeof ackFlags>): Promise<void> {
  const { circle, key, wait, note } = options;
  const decided = { ...acceptOf(options), ...scrubOf(options) };
  await withDaemon(call, async (client) => {
    for (const re of operands) {
      const draft: DraftParams = { kind: "ack", re, ...present({ text: note }) };
      await postDraft(call, client, { draft, ...present({ circle, key }), ...waitOf(call, wait), ...decided });
    }
  });
}

type TellingOptions = PostingOptions & Pick<Input<typeof sightingFlags>["options"], "title" | "ioc" | "technique">;

type AlertFields = Pick<
  Input<typeof alertFlags>["options"],
  "severity" | "urgency" | "certainty" | "status" | "need" | "ack-by" | "who"
>;

/** Most of what is said may be said by a sponsor. */
type SpokenOptions = PostingOptions & Partial<Pick<Input<typeof spokenFlags>["options"], "via">>;

type PostParams = Methods["post"]["params"];

export function paramsOf(call: Invocation, options: SpokenOptions, draft: DraftParams): PostParams {
  const { circle, key, wait } = options;
  // What answers an item is marked as that is.
  const tlp = draft.re === undefined ? (draft.tlp ?? usualTlp(call)) : draft.tlp;
  return {
    draft: { ...draft, ...present({ tlp }) },
    ...present({ circle, key }),
    ...waitOf(call, wait),
    ...present({ via: options.via }),
    ...onlyTrue({ dryRun: options["dry-run"] }),
    ...acceptOf(options),
    ...scrubOf(options),
  };
}

/** A sighting is spooled where the daemon cannot be reached. Under a key of its own, so that one lost half-way is posted once. */
async function sendOrSpool(call: Invocation, options: SpokenOptions, draft: DraftParams): Promise<void> {
  const params = paramsOf(call, options, draft);
  if (params.dryRun) return send(call, params);
  const { key = `cli:${freshName()}` } = params;
  await send(call, { ...params, key }, async (why) => {
    const { spoolPost } = await import("../spool.ts");
    await tell(call, await spoolPost(call, { ...params, key }, why), {});
    if (!params.wait) return;
    throw new TocsinError("TIMEOUT", `it is spooled and not sent yet: ${why.message}`, {
      cause: why,
      details: { key },
    });
  });
}

export async function send(
  call: Invocation,
  params: PostParams,
  unreached?: (why: TocsinError, isMidway: boolean) => Promise<void>,
): Promise<void> {
  const work = async (client: Client): Promise<void> => {
    try {
      await tellNews(call, client);
      await postDraft(call, client, params);
    } catch (cause) {
      if (!unreached || !isLost(cause)) throw cause;
      await unreached(cause, true);
    }
  };
  await withDaemon(call, work, unreached && (async (why) => unreached(why, false)));
}

export async function postDraft(call: Invocation, client: Client, params: Methods["post"]["params"]): Promise<void> {
  // With --wait, --timeout bounds the waiting, which the daemon does: the item is posted and its id must be told.
  const send = async (asked: PostParams): Promise<ResultDocument> =>
    client.call("post", asked, asked.wait ? {} : call).catch(tellId);
  const result = await send(params).catch(async (cause: unknown) => {
    if (!(cause instanceof TocsinError) || cause.code !== "SCRUB_FINDINGS") throw cause;
    const { decide } = await import("../review.ts");
    const scrub = await decide(call, client, params);
    if (!scrub) throw cause;
    return send({ ...params, scrub });
  });
  await tell(call, result, params);
}

/** Prints what became of it; of a rehearsal also who would read it, and then, where it would be refused, fails as sending it would. */
export async function tell(
  call: Invocation,
  result: ResultDocument,
  { dryRun = false }: { dryRun?: boolean },
): Promise<void> {
  const { colour } = call.out;
  const words = call.out.mode === "text" ? await import("../texts.ts") : undefined;
  const preview = dryRun && words ? await import("../preview-words.ts") : undefined;
  call.out.row(result, () => preview?.previewLines(result, colour) ?? [words?.resultLine(result, colour) ?? ""]);
  if (result.scrub && words) {
    const { warningLines } = await import("../review.ts");
    for (const line of warningLines(result.scrub)) call.out.note(line);
  }
  if (!result.refused) return;
  const { reason, message, hint } = result.refused;
  throw new TocsinError(reason as ErrorCode, message, hint === null ? {} : { hint });
}

/** A wait that timed out names the item: it is posted. */
export function tellId(cause: unknown): never {
  if (!(cause instanceof TocsinError) || cause.code !== "TIMEOUT") throw cause;
  const { id } = cause.details;
  throw id === undefined
    ? cause
    : new TocsinError("TIMEOUT", cause.message, { cause, hint: `tocsin show ${id}`, details: cause.details });
}

export function waitOf(call: Invocation, wait: PostingOptions["wait"]): Pick<Methods["post"]["params"], "wait"> {
  return wait === undefined ? {} : { wait: { ...wait, timeoutMs: call.timeoutMs ?? WAIT_DEFAULT_MS } };
}

export function marked({ tlp, pap, caveat, to, expires, exercise, actual }: PostingOptions): Partial<DraftParams> {
  if (exercise && actual) throw usage("--exercise and --actual exclude each other");
  const orgs = to.length === 0 ? undefined : [...to];
  return {
    ...present({ tlp, pap, caveat, to: orgs, expires }),
    ...onlyTrue({ exercise }),
    ...(actual ? { exercise: false } : {}),
  };
}

export function told(options: TellingOptions): Partial<DraftParams> {
  const { title, ioc, technique } = options;
  return {
    ...marked(options),
    ...present({ title }),
    ...(ioc.length === 0 ? {} : { indicators: [...ioc] }),
    ...(technique.length === 0 ? {} : { techniques: [...technique] }),
  };
}

export function alertOf(options: AlertFields): Partial<DraftParams> {
  const { severity, urgency, certainty, status, need, "ack-by": ackBy, who } = options;
  const orgs = who.length === 0 ? undefined : [...who];
  return { ...present({ severity, urgency, certainty, status, ackBy, who: orgs }), ...need };
}

export function seenOf({
  seen,
  count,
  confidence,
}: Pick<Input<typeof sightingFlags>["options"], "seen" | "count" | "confidence">): Partial<DraftParams> {
  const when = { ...present({ first: seen, last: seen, count }) };
  return { ...(Object.keys(when).length === 0 ? {} : { seen: when }), ...present({ confidence }) };
}

// `post`, `alert`, `saw`, `reply`, `ack`: from flags to a draft, and the daemon's answer to an exit code.
// Nothing is checked here that the daemon checks: it is the only judge of what may be posted.

import type { DraftParams, Methods } from "../../src/api/methods.ts";
import type { Client } from "../../src/api/client.ts";
import { TocsinError } from "../../src/base/errors.ts";
import type { Input } from "../command.ts";
import type { ackFlags, alertFlags, postingFlags, PostingOptions, sightingFlags } from "../flags.ts";
import { bodyText } from "../input-text.ts";
import { targetCircle, withDaemon, type Invocation } from "../invocation.ts";
import { tellNews } from "../news.ts";
import { acceptOf, onlyTrue, present } from "../present.ts";

const WAIT_DEFAULT_MS = 30_000;

export async function post(call: Invocation, { options, operands }: Input<typeof sightingFlags>): Promise<void> {
  const needed = options.ioc.length === 0 && options.title === undefined;
  const text = await bodyText(call, { operand: operands[0], file: options["body-file"], needed });
  const draft = { kind: "sighting", ...told(options), ...seenOf(options), ...present({ text }) } as const;
  await send(call, { ...options, circle: targetCircle(call, options.circle) }, draft);
}

export async function saw(call: Invocation, { options, operands }: Input<typeof sightingFlags>): Promise<void> {
  const text = await bodyText(call, { operand: operands[1], file: options["body-file"], needed: false });
  const re = present({ re: operands[0] });
  await send(call, options, { kind: "sighting", ...told(options), ...seenOf(options), ...present({ text }), ...re });
}

export async function alert(call: Invocation, { options, operands }: Input<typeof alertFlags>): Promise<void> {
  const needed = options.title === undefined;
  const text = await bodyText(call, { operand: operands[0], file: options["body-file"], needed });
  const { severity, urgency, certainty, need, "ack-by": ackBy } = options;
  const wanted = { ...present({ severity, urgency, certainty, ackBy }), ...need };
  const draft = { kind: "alert", ...told(options), ...wanted, ...present({ text }) } as const;
  await send(call, { ...options, circle: targetCircle(call, options.circle) }, draft);
}

export async function reply(call: Invocation, { options, operands }: Input<typeof postingFlags>): Promise<void> {
  const text = await bodyText(call, { operand: operands[1], file: options["body-file"], needed: true });
  await send(call, options, { kind: "reply", ...marked(options), ...present({ text, re: operands[0] }) });
}

/** One result a line where several are acknowledged. */
export async function ack(call: Invocation, { options, operands }: Input<typeof ackFlags>): Promise<void> {
  const { circle, key, wait, note } = options;
  const accepted = acceptOf(options);
  await withDaemon(call, async (client) => {
    for (const re of operands) {
      const draft: DraftParams = { kind: "ack", re, ...present({ text: note }) };
      await postDraft(call, client, { draft, ...present({ circle, key }), ...waitOf(call, wait), ...accepted });
    }
  });
}

type TellingOptions = PostingOptions & Pick<Input<typeof sightingFlags>["options"], "title" | "ioc" | "technique">;

async function send(call: Invocation, options: PostingOptions, draft: DraftParams): Promise<void> {
  const { circle, key, wait } = options;
  const params = {
    draft,
    ...present({ circle, key }),
    ...waitOf(call, wait),
    ...onlyTrue({ dryRun: options["dry-run"] }),
    ...acceptOf(options),
  };
  await withDaemon(call, async (client) => {
    await tellNews(call, client);
    await postDraft(call, client, params);
  });
}

async function postDraft(call: Invocation, client: Client, params: Methods["post"]["params"]): Promise<void> {
  // With --wait, --timeout bounds the waiting, which the daemon does: the item is posted and its id must be told.
  const result = await client.call("post", params, params.wait ? {} : call).catch(tellId);
  const { resultLine } = call.out.mode === "text" ? await import("../texts.ts") : {};
  call.out.row(result, () => [resultLine?.(result, { dryRun: params.dryRun === true, colour: call.out.colour }) ?? ""]);
}

/** A wait that timed out names the item: it is posted. */
function tellId(cause: unknown): never {
  if (!(cause instanceof TocsinError) || cause.code !== "TIMEOUT") throw cause;
  const { id } = cause.details;
  throw id === undefined
    ? cause
    : new TocsinError("TIMEOUT", cause.message, { cause, hint: `tocsin show ${id}`, details: cause.details });
}

function waitOf(call: Invocation, wait: PostingOptions["wait"]): Pick<Methods["post"]["params"], "wait"> {
  return wait === undefined ? {} : { wait: { ...wait, timeoutMs: call.timeoutMs ?? WAIT_DEFAULT_MS } };
}

function marked({ tlp, pap, expires, exercise }: PostingOptions): Partial<DraftParams> {
  return { ...present({ tlp, pap, expires }), ...onlyTrue({ exercise }) };
}

function told(options: TellingOptions): Partial<DraftParams> {
  const { title, ioc, technique } = options;
  return {
    ...marked(options),
    ...present({ title }),
    ...(ioc.length === 0 ? {} : { indicators: [...ioc] }),
    ...(technique.length === 0 ? {} : { techniques: [...technique] }),
  };
}

function seenOf({ seen, count, confidence }: Input<typeof sightingFlags>["options"]): Partial<DraftParams> {
  const when = { ...present({ first: seen, last: seen, count }) };
  return { ...(Object.keys(when).length === 0 ? {} : { seen: when }), ...present({ confidence }) };
}

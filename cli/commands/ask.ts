// `ask`, `answer`, `note`, `vuln`, `msg`: from flags to a draft.

import type { Input } from "../command.ts";
import type { answerFlags, askFlags, messageFlags, noteFlags, vulnFlags } from "../kind-flags.ts";
import { bodyText } from "../input-text.ts";
import { type Invocation, targetCircle, withDaemon } from "../invocation.ts";
import { present } from "../present.ts";
import { marked, paramsOf, postDraft, send, told } from "./post.ts";

export async function ask(call: Invocation, { options, operands }: Input<typeof askFlags>): Promise<void> {
  const needed = options.ioc.length === 0 && options.title === undefined;
  const text = await bodyText(call, { operand: operands[0], file: options["body-file"], needed });
  const draft = { kind: "ask", ...told(options), ...present({ text, closes: options.close }) } as const;
  await send(call, paramsOf(call, { ...options, circle: targetCircle(call, options.circle) }, draft));
}

export async function answer(call: Invocation, { options, operands }: Input<typeof answerFlags>): Promise<void> {
  const [re, verdict, operand] = operands;
  const text = await bodyText(call, { operand, file: options["body-file"], needed: false });
  const { state, scope, "searched-since": since, "searched-until": until } = options;
  const searched = present({ from: since, to: until, scope });
  const draft = {
    kind: "answer",
    ...marked(options),
    ...present({ re, answer: verdict, state, text }),
    ...(Object.keys(searched).length === 0 ? {} : { searched }),
  } as const;
  await send(call, paramsOf(call, options, draft));
}

export async function note(call: Invocation, { options, operands }: Input<typeof noteFlags>): Promise<void> {
  const needed = options.title === undefined;
  const text = await bodyText(call, { operand: operands[0], file: options["body-file"], needed });
  const draft = { kind: "note", ...told(options), ...present({ text, re: options.about }) } as const;
  const circle = options.about === undefined ? targetCircle(call, options.circle) : options.circle;
  await send(call, paramsOf(call, { ...options, circle }, draft));
}

export async function vuln(call: Invocation, { options, operands }: Input<typeof vulnFlags>): Promise<void> {
  const text = await bodyText(call, { operand: operands[0], file: options["body-file"], needed: false });
  const { product, versions, fixed, severity, exploited } = options;
  const of = present({ product, versions, fixed, severity, exploited });
  const draft = { kind: "vuln", ...told(options), ...of, ...present({ text }) } as const;
  await send(call, paramsOf(call, { ...options, circle: targetCircle(call, options.circle) }, draft));
}

/** To the circle that has exactly these orgs and ours in it. */
export async function msg(call: Invocation, { options, operands }: Input<typeof messageFlags>): Promise<void> {
  const [peers = "", operand] = operands;
  const text = await bodyText(call, { operand, file: options["body-file"], needed: true });
  const draft = { kind: "msg", ...marked(options), ...present({ text, re: options.about }) } as const;
  await withDaemon(call, async (client) => {
    const named = peers.split(",");
    const wanted = { peers: named, dryRun: options["dry-run"] };
    const circle = options.circle ?? (await client.call("circle.direct", wanted, call)).id;
    // Whoever writes to PEERS has named them.
    const to = options.circle === undefined && draft.to === undefined ? { to: named } : {};
    await postDraft(call, client, paramsOf(call, { ...options, circle }, { ...draft, ...to }));
  });
}

// `incident open|update|link|close`: an incident, and what is collected under it.

import type { Input } from "../command.ts";
import type { PostingOptions } from "../flags.ts";
import type { postingFlags } from "../flags.ts";
import { bodyText } from "../input-text.ts";
import { type Invocation, targetCircle } from "../invocation.ts";
import type { incidentFlags, updateFlags } from "../kind-flags.ts";
import { onlyTrue, present } from "../present.ts";
import { marked, paramsOf, send, told } from "./post.ts";

export async function open(call: Invocation, { options, operands }: Input<typeof incidentFlags>): Promise<void> {
  const [title] = operands;
  const text = await bodyText(call, { operand: undefined, file: options["body-file"], needed: false });
  const { severity } = options;
  const draft = { kind: "incident", ...told(options), ...present({ title, text, severity }) } as const;
  await send(call, paramsOf(call, { ...options, circle: targetCircle(call, options.circle) }, draft));
}

export async function update(call: Invocation, { options, operands }: Input<typeof updateFlags>): Promise<void> {
  const { status, decision, link } = options;
  const needed = status === undefined && link.length === 0;
  const text = await bodyText(call, { operand: operands[1], file: options["body-file"], needed });
  const links = link.length === 0 ? undefined : [...link];
  await say(call, options, { re: operands[0], ...present({ text, status, links }), ...onlyTrue({ decision }) });
}

export async function link(call: Invocation, { options, operands }: Input<typeof postingFlags>): Promise<void> {
  const [re, ...links] = operands;
  const text = await bodyText(call, { operand: undefined, file: options["body-file"], needed: false });
  await say(call, options, { re, links, ...present({ text }) });
}

export async function close(call: Invocation, { options, operands }: Input<typeof postingFlags>): Promise<void> {
  const text = await bodyText(call, { operand: operands[1], file: options["body-file"], needed: false });
  await say(call, options, { re: operands[0], status: "closed", ...present({ text }) });
}

type Said = { re: string | undefined; text?: string; status?: string; links?: string[]; decision?: true };

async function say(call: Invocation, options: PostingOptions, { re, ...said }: Said): Promise<void> {
  const draft = { kind: "update", ...marked(options), ...present({ re }), ...said } as const;
  await send(call, paramsOf(call, options, draft));
}

// `ask`, `answer`, `note`, `vuln`, `msg`: from flags to a draft.

import type { Client } from "../../src/api/client.ts";
import { TocsinError } from "../../src/base/errors.ts";
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
    const circle = options.circle ?? (await circleOf(call, client, peers.split(",")));
    // Whoever writes to PEERS has named them.
    const to = options.circle === undefined && draft.to === undefined ? { to: peers.split(",") } : {};
    await postDraft(call, client, paramsOf(call, { ...options, circle }, { ...draft, ...to }));
  });
}

/** Throws CIRCLE_UNKNOWN where there is none, INPUT_INVALID where there are several. */
async function circleOf(call: Invocation, client: Client, peers: readonly string[]): Promise<string> {
  const { circles } = await client.call("circle.list", {}, call);
  const wanted = [...new Set(peers)].sort().join();
  const [found, another] = circles.filter(({ state, members }) => {
    const others = members.filter(({ link }) => link !== "self").map(({ org }) => org);
    return state === "current" && [...new Set(others)].sort().join() === wanted;
  });
  if (another)
    throw new TocsinError("INPUT_INVALID", "you share several circles with exactly these orgs", {
      hint: `name one: -c ${found?.name}, or -c ${another.name}`,
    });
  if (found) return found.id;
  throw new TocsinError("CIRCLE_UNKNOWN", `there is no circle of exactly you and ${peers.join(", ")}`, {
    hint: "make one: tocsin circle create, then tocsin invite create for each",
  });
}

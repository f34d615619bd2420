// `amend` and `retract`: what your own org said, said anew or withdrawn.

import { usage } from "../args.ts";
import type { Input } from "../command.ts";
import { bodyText } from "../input-text.ts";
import type { Invocation } from "../invocation.ts";
import type { amendFlags, retractFlags } from "../kind-flags.ts";
import { acceptOf, onlyTrue, present } from "../present.ts";
import { alertOf, marked, seenOf, send, told, waitOf, paramsOf } from "./post.ts";

export async function amend(call: Invocation, { options, operands }: Input<typeof amendFlags>): Promise<void> {
  const text = await bodyText(call, { operand: operands[1], file: options["body-file"], needed: false });
  if (options["no-ioc"] && options.ioc.length > 0) throw usage("--ioc and --no-ioc are both given");
  const { product, versions, fixed, exploited, close: closes, why } = options;
  const draft = {
    kind: "amend",
    ...marked(options),
    ...told(options),
    ...(options["no-ioc"] ? { indicators: [] } : {}),
    ...seenOf(options),
    ...alertOf(options),
    ...present({ re: operands[0], text, product, versions, fixed, exploited, closes, why }),
  } as const;
  await send(call, paramsOf(call, options, draft));
}

export async function retract(call: Invocation, { options, operands }: Input<typeof retractFlags>): Promise<void> {
  const [re, text] = operands;
  const { circle, key, via, wait } = options;
  const draft = { kind: "retract", ...present({ re, text }) } as const;
  await send(call, {
    draft,
    ...present({ circle, key, via }),
    ...waitOf(call, wait),
    ...onlyTrue({ dryRun: options["dry-run"] }),
    ...acceptOf(options),
  });
}

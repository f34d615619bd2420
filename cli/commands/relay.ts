// `relay`: carries an item to another circle within its marking. `widen`: lets others carry an item of your own org further.

import type { Methods } from "../../src/api/methods.ts";
import type { Input } from "../command.ts";
import type { Invocation } from "../invocation.ts";
import type { relayFlags, widenFlags } from "../kind-flags.ts";
import { usage } from "../args.ts";
import { scrubOf } from "../override-flags.ts";
import { acceptOf, onlyTrue, present } from "../present.ts";
import { withDaemon } from "../invocation.ts";
import { send, tell, tellId, waitOf } from "./post.ts";

export async function relay(call: Invocation, { options, operands }: Input<typeof relayFlags>): Promise<void> {
  const [id = ""] = operands;
  const { to: circle, tlp, pap, key, wait } = options;
  if (circle === undefined) throw usage("--to is missing: the circle that it is carried to");
  const params: Methods["relay"]["params"] = {
    ...{ id, circle },
    ...present({ tlp, pap, key }),
    ...waitOf(call, wait),
    ...onlyTrue({ dryRun: options["dry-run"] }),
    ...acceptOf(options),
    ...scrubOf(options),
  };
  await withDaemon(call, async (client) => {
    await tell(call, await client.call("relay", params, params.wait ? {} : call).catch(tellId), params);
  });
}

export async function widen(call: Invocation, { options, operands }: Input<typeof widenFlags>): Promise<void> {
  const [re] = operands;
  const { to: limit, credit, circle, key, wait } = options;
  if (limit === undefined) throw usage("--to is missing: as if the item were marked so");
  const draft = { kind: "widen", limit, ...present({ re }), ...onlyTrue({ credit }) } as const;
  await send(call, {
    draft,
    ...present({ circle, key }),
    ...waitOf(call, wait),
    ...onlyTrue({ dryRun: options["dry-run"] }),
    ...acceptOf(options),
  });
}

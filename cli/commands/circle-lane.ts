// `circle lane`: what holds this node's own lane, and the override that opens another one.

import type { Input } from "../command.ts";
import type { acceptFlag } from "../override-flags.ts";
import { withDaemon, type Invocation } from "../invocation.ts";
import { acceptOf } from "../present.ts";

export async function lane(call: Invocation, { options, operands }: Input<typeof acceptFlag>): Promise<void> {
  const [circle = ""] = operands;
  const params = { circle, ...acceptOf(options) };
  const document = await withDaemon(call, (client) => client.call("circle.lane", params, call));
  if (call.out.mode !== "text") return call.out.document(document, () => []);
  const { laneLines } = await import("../texts.ts");
  call.out.document(document, () => laneLines(document));
}

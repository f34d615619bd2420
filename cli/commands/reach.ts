// `ping` and `peer path`: how a peer is reached, today and on worse days.

import type { PingDocument } from "../../src/api/documents.ts";
import type { Input } from "../command.ts";
import { usage } from "../args.ts";
import type { pathFlags, pingFlags } from "../flags.ts";
import { withDaemon, type Invocation } from "../invocation.ts";
import { safeText } from "../safe-text.ts";
import { readAddress } from "../values.ts";

const UNREACHABLE = 69;

/** Exit code 69 where nothing came back. */
export async function ping(call: Invocation, { options, operands }: Input<typeof pingFlags>): Promise<number> {
  const [peer = ""] = operands;
  const found = await withDaemon(call, (client) => client.call("peer.ping", { peer, count: options.count ?? 4 }, call));
  call.out.document(found, () => pingLines(found));
  return found.received > 0 ? 0 : UNREACHABLE;
}

function pingLines(found: PingDocument): string[] {
  const { link, via, sent, received, minMs, avgMs, maxMs, lastSeen, lastError, nextTry } = found;
  const way = via === null ? link : `${link} via ${safeText(via)}`;
  return [
    `${safeText(found.peer)}  ${way}  ${received} of ${sent} answered`,
    ...(avgMs === null ? [] : [`min ${minMs} ms  avg ${avgMs} ms  max ${maxMs} ms`]),
    ...(link === "offline" ? [`last seen   ${lastSeen ?? "not since this node started"}`] : []),
    ...(lastError === null ? [] : [`last error  ${safeText(lastError)}`]),
    ...(nextTry === null ? [] : [`next try    ${nextTry}`]),
  ];
}

/** Shows what is kept where no address is given. */
export async function path(call: Invocation, { options, operands }: Input<typeof pathFlags>): Promise<void> {
  const [peer = "", ...words] = operands;
  if (options.forget && words.length > 0) throw usage("either addresses or --forget");
  const change = options.forget ? { addresses: [] } : words.length > 0 ? { addresses: words.map(readAddress) } : {};
  const kept = await withDaemon(call, (client) => client.call("peer.path", { peer, ...change }, call));
  call.out.document(kept, () => [
    `${safeText(kept.peer)}  ${kept.paths.map(safeText).join(", ") || "no address is kept"}`,
  ]);
}

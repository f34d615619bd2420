// `peer list|show`: everyone in our circles.

import type { PeerDocument } from "../../src/api/documents.ts";
import type { Input } from "../command.ts";
import { safeText } from "../safe-text.ts";
import { withDaemon, type Invocation } from "../invocation.ts";

export async function list(call: Invocation, _input: Input<Record<string, never>>): Promise<void> {
  const document = await withDaemon(call, (client) => client.call("peer.list", {}, call));
  const { peers } = document;
  const rows = peers.map((peer) => ({ schema: "tocsin.peer/1", ...peer }));
  if (call.out.mode !== "text") return call.out.list(document, rows, () => []);
  const { linkText, table, timeText, trustText } = await import("../texts.ts");
  const cells = peers.map((peer) => [
    safeText(peer.org),
    trustText(peer.trust),
    peer.paths.length > 0 ? `${linkText(peer.link)} +` : linkText(peer.link),
    rttOf(peer),
    timeText(peer.lastSeen),
    String(peer.queued),
    peer.circles.map(safeText).join(", "),
  ]);
  call.out.list(document, rows, () => table(["ORG", "TRUST", "LINK", "RTT", "LAST SEEN", "QUEUED", "CIRCLES"], cells));
}

export async function show(call: Invocation, { operands }: Input<Record<string, never>>): Promise<void> {
  const [name = ""] = operands;
  const peer = await withDaemon(call, (client) => client.call("peer.show", { peer: name }, call));
  if (call.out.mode !== "text") return call.out.document(peer, () => []);
  const { linkText, timeText, trustText } = await import("../texts.ts");
  call.out.document(peer, () => [
    `${safeText(peer.org)}  ${trustText(peer.trust)}  ${linkText(peer.link)}${peer.via === null ? "" : ` via ${safeText(peer.via)}`}  ${rttOf(peer)}  last seen ${timeText(peer.lastSeen)}`,
    `fingerprint  ${safeText(peer.fingerprint)}`,
    `digits       ${safeText(peer.fingerprintDigits)}`,
    ...(peer.vetting === null ? [] : [vettingLine(peer.vetting, timeText)]),
    ...peer.warnings.map(
      ({ circle, by, at, reason }) =>
        `! ${safeText(by)} warns ${safeText(circle)}: ${safeText(reason)}, ${timeText(at)}`,
    ),
    `org key      ${safeText(peer.orgKey)}`,
    `member key   ${safeText(peer.memberKey)}`,
    `circles      ${peer.circles.map(safeText).join(", ")}`,
    `addresses    ${peer.addresses.map(safeText).join(", ")}`,
    ...(peer.paths.length === 0 ? [] : [`agreed ways  ${peer.paths.map(safeText).join(", ")}`]),
    ...(peer.relays ? ["relays       yes"] : []),
    `queued       ${peer.queued}`,
    ...(peer.lastError === null ? [] : [`last error   ${safeText(peer.lastError)}`]),
  ]);
}

function vettingLine(
  { state, how, at, seat }: NonNullable<PeerDocument["vetting"]>,
  timeText: (at: string) => string,
): string {
  return `${state.padEnd(12)} by ${how}, ${safeText(seat)}, ${timeText(at)}`;
}

function rttOf({ rttMs }: PeerDocument): string {
  return rttMs === null ? "-" : `${Math.round(rttMs)} ms`;
}

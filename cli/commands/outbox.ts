// `outbox`: own posts that are not where they are meant to be, and those of scripts that somebody decides about.

import type { Client } from "../../src/api/client.ts";
import type { ReleaseDocument } from "../../src/api/seat-documents.ts";
import { usage } from "../args.ts";
import type { Input } from "../command.ts";
import type { rejectFlags, releaseFlags } from "../seat-flags.ts";
import { withDaemon, type Invocation } from "../invocation.ts";

/** Approves what is held, in the order given. */
export async function release(call: Invocation, { options, operands }: Input<typeof releaseFlags>): Promise<void> {
  const { "break-glass": breaks, reason } = options;
  if (!breaks && reason !== undefined) throw usage("option --reason goes with --break-glass");
  if (!breaks) return decide(call, operands, (client, id) => client.call("outbox.release", { id }, call));
  if (reason === undefined) throw usage("option --reason is needed: the trail tells why nobody approved");
  await decide(call, operands, (client, id) => client.call("outbox.breakGlass", { id, reason }, call));
}

export async function reject(call: Invocation, { options, operands }: Input<typeof rejectFlags>): Promise<void> {
  const { reason } = options;
  if (reason === undefined) throw usage("option --reason is needed: whoever wrote it wants to know");
  await decide(call, operands, (client, id) => client.call("outbox.reject", { id, reason }, call));
}

async function decide(
  call: Invocation,
  ids: readonly string[],
  one: (client: Client, id: string) => Promise<ReleaseDocument>,
): Promise<void> {
  const { needText, timeText } = await import("../texts.ts");
  await withDaemon(call, async (client) => {
    for (const id of ids) {
      const document = await one(client, id);
      const { held, state, needs, due } = document;
      const later = due === null ? "" : `, said at a random moment: ${timeText(due)}`;
      const fate = state === "held" ? `approved, ${needs.map(needText).join("; ")}` : `${state}${later}`;
      call.out.row(document, () => [`✓ ${held} ${fate}${document.id === null ? "" : `, it is ${document.id} now`}`]);
    }
  });
}

export async function list(call: Invocation): Promise<void> {
  const document = await withDaemon(call, (client) => client.call("outbox.list", {}, call));
  if (call.out.mode !== "text") return call.out.document(document, () => []);
  const { linkText, needText, safeText, table, timeText, unapprovedText } = await import("../texts.ts");
  const { queued, held, failed, unapproved, release: forRelease } = document;
  const toDecide = forRelease.map(({ id, circle, kind, tlp, title, seat, since, found, needs, refused, due }) => [
    ...[id, safeText(circle), kind, tlp, safeText(seat), timeText(since), safeText(title)],
    [
      ...found.map((one) => `found: ${one.count} ${safeText(one.class)}`),
      ...needs.map(needText),
      ...(due === null ? [] : [`approved, said ${timeText(due)}`]),
      ...(refused === null ? [] : [`refused: ${refused}`]),
    ].join("; "),
  ]);
  const waiting = queued.map(({ circle, org, posts, since, late, link, lastError }) => [
    ...[late ? "!" : "", safeText(org), safeText(circle), String(posts), timeText(since)],
    ...[linkText(link), lastError === null ? "" : safeText(lastError)],
  ]);
  const drafts = [...held.map((one) => ({ ...one, reason: "held" })), ...failed].map(
    ({ circle, kind, title, reason }) => [reason, safeText(circle), kind, safeText(title)],
  );
  call.out.document(document, () => {
    const broken = unapproved.map(unapprovedText);
    if (waiting.length + drafts.length + toDecide.length + broken.length === 0) return ["everything is delivered"];
    return [
      ...broken,
      ...(waiting.length === 0 ? [] : table(["", "ORG", "CIRCLE", "POSTS", "SINCE", "LINK", "LAST ERROR"], waiting)),
      ...(toDecide.length === 0
        ? []
        : table(["HELD FOR RELEASE", "CIRCLE", "KIND", "TLP", "SEAT", "SINCE", "TITLE", "LACKS"], toDecide)),
      ...(drafts.length === 0 ? [] : table(["WHY", "CIRCLE", "KIND", "TITLE"], drafts)),
    ];
  });
}

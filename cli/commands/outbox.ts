// `outbox list`: own posts that are not where they are meant to be.

import { withDaemon, type Invocation } from "../invocation.ts";

export async function list(call: Invocation): Promise<void> {
  const document = await withDaemon(call, (client) => client.call("outbox.list", {}, call));
  if (call.out.mode !== "text") return call.out.document(document, () => []);
  const { linkText, safeText, table, timeText } = await import("../texts.ts");
  const { queued, held, failed } = document;
  const waiting = queued.map(({ circle, org, posts, since, late, link, lastError }) => [
    ...[late ? "!" : "", safeText(org), safeText(circle), String(posts), timeText(since)],
    ...[linkText(link), lastError === null ? "" : safeText(lastError)],
  ]);
  const drafts = [...held.map((one) => ({ ...one, reason: "held" })), ...failed].map(
    ({ circle, kind, title, reason }) => [reason, safeText(circle), kind, safeText(title)],
  );
  call.out.document(document, () => {
    if (waiting.length + drafts.length === 0) return ["everything is delivered"];
    return [
      ...(waiting.length === 0 ? [] : table(["", "ORG", "CIRCLE", "POSTS", "SINCE", "LINK", "LAST ERROR"], waiting)),
      ...(drafts.length === 0 ? [] : table(["WHY", "CIRCLE", "KIND", "TITLE"], drafts)),
    ];
  });
}

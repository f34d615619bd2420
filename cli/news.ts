// What a person must not miss, whatever the command was: changed membership, rules that wait, posts that are not delivered. On standard error, for people.

import type { Client } from "../src/api/client.ts";
import type { Invocation } from "./invocation.ts";

/** Tells, until `circle log` was read, who came and went; and until they are accepted, that rules wait. */
export async function tellNews(call: Invocation, client: Client): Promise<void> {
  // Who speaks by a token may post without the right to read.
  if (call.out.mode !== "text" || call.token() !== undefined) return;
  const { circles, undelivered, unapproved } = await client.call("circle.news", {}, call);
  if (circles.length + undelivered.length + unapproved.length === 0) return;
  const { safeText, unapprovedText, undeliveredText } = await import("./texts.ts");
  for (const one of unapproved) call.out.note(unapprovedText(one));
  for (const waiting of undelivered) call.out.note(undeliveredText(waiting));
  for (const { name, unseen, last, rulesToAccept } of circles) {
    const more = unseen > 1 ? ` and ${unseen - 1} more` : "";
    if (last !== null)
      call.out.note(
        `! membership of ${safeText(name)} changed: ${safeText(last)}${more}; see tocsin circle log ${safeText(name)}`,
      );
    if (rulesToAccept)
      call.out.note(`! the rules of ${safeText(name)} wait for you: tocsin circle accept ${safeText(name)}`);
  }
}

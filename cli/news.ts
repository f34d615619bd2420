// What a person must not miss, whatever the command was: changed membership and rules that wait. On standard error, for people.

import type { Client } from "../src/api/client.ts";
import type { Invocation } from "./invocation.ts";

/** Tells, until `circle log` was read, who came and went; and until they are accepted, that rules wait. */
export async function tellNews(call: Invocation, client: Client): Promise<void> {
  if (call.out.mode !== "text") return;
  const { circles } = await client.call("circle.news", {}, call);
  if (circles.length === 0) return;
  const { safeText } = await import("./safe-text.ts");
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

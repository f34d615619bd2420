// `feed`, `show`, `search`: reading what this node holds.

import type { Client } from "../../src/api/client.ts";
import type { FeedDocument, ShowDocument } from "../../src/api/documents.ts";
import type { Methods } from "../../src/api/methods.ts";
import { limits } from "../../src/base/limits.ts";
import { drillsOf } from "../drill-flags.ts";
import type { Tlp } from "../../src/record/marking.ts";
import type { Input } from "../command.ts";
import type { feedFlags, searchFlags } from "../flags.ts";
import { withDaemon, type Invocation } from "../invocation.ts";
import { tellNews } from "../news.ts";
import { goesOut } from "../outgoing.ts";
import { present } from "../present.ts";
import { safeText } from "../safe-text.ts";

const LIMIT_DEFAULT = 50;

/** Who still has what was withdrawn or said anew, and who keeps it under a hold. */
function custodyLines({ copies, holds, state, sponsoredFor, mine }: ShowDocument): string[] {
  const whose = mine ? safeText(sponsoredFor ?? "") : "your org";
  const what = state === "amended" ? "THE OLD WORDS" : "COPIES";
  return [
    ...(sponsoredFor === undefined ? [] : [`the words of ${whose}, which nobody but you two knows`]),
    ...(copies ? ["", what] : []),
    ...(copies?.honoured ?? []).map(
      (org) => `  ${safeText(org)}  ${state === "amended" ? "has the new ones" : "erased"}`,
    ),
    ...(copies?.kept ?? []).map(({ org, why }) => `  ${safeText(org)}  may still have it: ${why}`),
    ...holds.map(({ org, since, reason }) => {
      const why = reason === "" ? "" : `: ${safeText(reason)}`;
      return `HOLD  kept by ${safeText(org)} since ${since.slice(0, 16)}Z${why}`;
    }),
  ];
}

export async function feed(call: Invocation, { options }: Input<typeof feedFlags>): Promise<void> {
  const { circle, tlp, from, since, before, unread, kind, limit = LIMIT_DEFAULT } = options;
  const kinds = kind.length === 0 ? undefined : [...kind];
  const params = {
    ...present({ circle, tlp, from, since, kinds, exercise: drillsOf(options) }),
    ...(unread ? { unread } : {}),
  };
  await list(
    call,
    await withDaemon(call, async (client) => {
      await tellNews(call, client);
      return pages(client, { ...params, ...present({ before }) }, { call, limit });
    }),
    options["max-tlp"],
  );
}

type FeedParams = Omit<Methods["feed"]["params"], "limit">;

/** As many pages as it takes: one answer of the daemon is bounded, what a person asks for is not. */
async function pages(
  client: Client,
  params: FeedParams,
  { call, limit }: { call: Invocation; limit: number },
): Promise<FeedDocument> {
  const whole = await client.call("feed", { ...params, limit: Math.min(limit, limits.feedPageMax) }, call);
  while (whole.next !== null && whole.items.length < limit) {
    const page = Math.min(limit - whole.items.length, limits.feedPageMax);
    const { items, next } = await client.call("feed", { ...params, before: whole.next, limit: page }, call);
    whole.items.push(...items);
    whole.next = next;
  }
  return whole;
}

export async function search(call: Invocation, { options, operands }: Input<typeof searchFlags>): Promise<void> {
  const { circle, limit = LIMIT_DEFAULT } = options;
  // A query may come as one quoted word.
  const words = operands.flatMap((operand) => operand.split(/\s+/)).filter((word) => word !== "");
  const params = { ...present({ circle }), words, limit };
  await list(call, await withDaemon(call, (client) => client.call("search", params, call)), options["max-tlp"]);
}

export async function show(call: Invocation, { operands }: Input<Record<string, never>>): Promise<void> {
  const [id = ""] = operands;
  const item = await withDaemon(call, (client) => client.call("show", { id }, call));
  if (call.out.mode !== "text") return call.out.document(item, () => []);
  const { itemLine, itemLines, timeText } = await import("../texts.ts");
  const { colour } = call.out;
  call.out.document(item, () => [
    ...itemLines(item, colour),
    ...(item.thread.length === 0 ? [] : ["", "THREAD", ...item.thread.map((other) => `  ${itemLine(other, colour)}`)]),
    ...(item.delivery.length === 0 ? [] : ["", "DELIVERY"]),
    ...item.delivery.map(({ org, state, at }) => `  ${safeText(org)}  ${state}  ${timeText(at)}`),
    ...custodyLines(item),
    "",
    `AUDIENCE  ${item.audience.map(safeText).join(", ")}`,
  ]);
}

async function list(call: Invocation, found: FeedDocument, maxTlp: Tlp | undefined): Promise<void> {
  const items = found.items.filter(goesOut(call, maxTlp));
  const document = { ...found, items };
  const kept = found.items.length - items.length;
  if (kept > 0) call.out.note(`${kept} stricter items are left out: show them on a terminal, or with --max-tlp red`);
  if (call.out.mode !== "text") return call.out.list(document, items, () => []);
  const { itemLine } = await import("../texts.ts");
  call.out.list(document, items, () => items.map((item) => itemLine(item, call.out.colour)));
  if (items.length === 0) call.out.note("nothing to show");
  else if (document.next !== null) call.out.note(`older ones: --before ${document.next}`);
}

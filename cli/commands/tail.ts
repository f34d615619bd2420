// `tail`: follows new items until it is interrupted. A reader that is slow is cut by the daemon and goes on at its
// cursor: nothing is skipped, and neither side keeps more than a bounded queue.

import type { ChangeDocument, ItemDocument } from "../../src/api/documents.ts";
import type { Client } from "../../src/api/client.ts";
import type { Methods } from "../../src/api/methods.ts";
import { TocsinError } from "../../src/base/errors.ts";
import type { Input } from "../command.ts";
import type { tailFlags } from "../flags.ts";
import { withDaemon, type Invocation } from "../invocation.ts";
import { goesOut } from "../outgoing.ts";
import { present } from "../present.ts";

export async function tail(call: Invocation, { options }: Input<typeof tailFlags>): Promise<void> {
  const { circle, kind, since } = options;
  const isOut = goesOut(call, options["max-tlp"]);
  const print = await printer(call);
  const kinds = kind.length === 0 ? undefined : [...kind];
  let cursor = since;
  while (true) {
    const params: Methods["subscribe"]["params"] = present({ circle, kinds, after: cursor });
    const follow = async (client: Client): Promise<void> => {
      cursor = (await client.call("subscribe", params, call)).cursor;
      call.signal?.addEventListener("abort", () => void client.close());
      for await (const { method, params: told } of client.notifications()) {
        if (method === "membership") print.change(told.change);
        if (method !== "item") continue;
        if (isOut(told.item)) print.item(told.item);
        cursor = told.item.cursor;
      }
      call.signal?.throwIfAborted();
    };
    try {
      await withDaemon(call, follow);
    } catch (cause) {
      if (!(cause instanceof TocsinError) || cause.code !== "QUEUE_FULL") throw withCursor(cause, cursor);
    }
  }
}

type Printer = {
  readonly item: (item: ItemDocument) => void;
  readonly change: (change: ChangeDocument) => void;
};

/** A stream: one object a line for programs, even where no JSON mode was asked for. */
async function printer(call: Invocation): Promise<Printer> {
  const { out } = call;
  if (out.mode !== "text" || !out.terminal) {
    const print = (row: object): void => out.row(row, () => [JSON.stringify(row)]);
    return { item: print, change: print };
  }
  const { itemLine, safeText, timeText } = await import("../texts.ts");
  return {
    item: (item) => out.row(item, () => [itemLine(item, out.colour)]),
    change: (change) => {
      const { at, circle, by, what, why } = change;
      const refuted = why === null ? "" : ` (does not count: ${safeText(why)})`;
      const line = `${timeText(at)}  ! membership of ${safeText(circle.name)}: ${safeText(by)} ${safeText(what)}${refuted}`;
      out.row(change, () => [line]);
    },
  };
}

/** Where to go on is told with the failure. */
function withCursor(cause: unknown, cursor: string | undefined): unknown {
  if (!(cause instanceof TocsinError) || cursor === undefined) return cause;
  return new TocsinError(cause.code, cause.message, {
    cause,
    details: { ...cause.details, cursor },
    ...(cause.hint === undefined ? {} : { hint: cause.hint }),
  });
}

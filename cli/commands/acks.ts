// `acks` and `nudge`: who has acknowledged an alert, who has not, and a reminder for those.

import { resolve } from "node:path";
import type { BoardDocument } from "../../src/api/audit-document.ts";
import { usage } from "../args.ts";
import type { acksFlags } from "../audit-flags.ts";
import type { Input } from "../command.ts";
import { type Invocation, withDaemon } from "../invocation.ts";
import { present } from "../present.ts";
import { safeText } from "../safe-text.ts";

export async function acks(call: Invocation, { options, operands: [id] }: Input<typeof acksFlags>): Promise<void> {
  const { export: file } = options;
  if (file !== undefined && id === undefined) throw usage("--export writes the board of one alert: name it");
  const document = await withDaemon(call, async (client) => {
    const params = { ...present({ id, circle: options.circle }), overdue: options.overdue };
    const boards = await client.call("acks", params, call);
    if (file !== undefined && id !== undefined) {
      const [board] = boards.alerts;
      const isShown = board?.mine ? board.tlp !== "red" : board?.tlp === "clear" || board?.tlp === "green";
      await client.call("audit.bundle", { id, file: resolve(file), body: isShown }, call);
    }
    return boards;
  });
  if (call.out.mode !== "text") return call.out.list(document, document.alerts, () => []);
  const { table, timeText } = await import("../texts.ts");
  const linesOf = (board: BoardDocument): string[] => [
    `${board.exercise ? "EXERCISE  " : ""}${board.id}  ${safeText(board.circle)}/${safeText(board.org)}  ${safeText(board.title ?? "")}`,
    `${board.acked.length} acknowledged, ${board.need} needed${board.ackBy === null ? "" : `, by ${timeText(board.ackBy)}`}${board.overdue ? "  OVERDUE" : ""}`,
    ...table(
      ["", "ORG", "STATE", "AT", "NOTE"],
      [
        ...board.acked.map((one) => [
          ...["✓", safeText(one.org), one.late ? "acked late" : "acked", timeText(one.at), safeText(one.note ?? "")],
        ]),
        ...board.waiting.map((one) => [
          ...[one.overdue ? "!" : one.must ? "·" : " ", safeText(one.org), one.state],
          ...[one.nudged === null ? "" : timeText(one.nudged), one.nudged === null ? "" : "nudged"],
        ]),
      ],
    ),
    "",
  ];
  call.out.list(document, document.alerts, () =>
    document.alerts.length === 0 ? ["no alert waits for anybody"] : document.alerts.flatMap(linesOf),
  );
}

export async function nudge(call: Invocation, { operands: [id = ""] }: Input<Record<string, never>>): Promise<void> {
  const document = await withDaemon(call, (client) => client.call("nudge", { id }, call));
  call.out.document(document, () => [`reminded ${document.waiting.map(safeText).join(", ")}`]);
}

// `seat`: who uses this node.

import type { SeatsDocument } from "../../src/api/seat-documents.ts";
import type { Flags } from "../args.ts";
import type { Input } from "../command.ts";
import { withDaemon, type Invocation } from "../invocation.ts";
import { onlyTrue } from "../present.ts";
import type { seatAddFlags, seatSetFlags } from "../seat-flags.ts";
import { usage } from "../args.ts";

export async function add(call: Invocation, { options, operands }: Input<typeof seatAddFlags>): Promise<void> {
  const params = { name: nameIn(operands), ...onlyTrue({ machine: options.machine }), ...scopeOf(options) };
  await tell(call, await withDaemon(call, (client) => client.call("seat.add", params, call)));
}

export async function list(call: Invocation): Promise<void> {
  await tell(call, await withDaemon(call, (client) => client.call("seat.list", {}, call)));
}

export async function set(call: Invocation, { options, operands }: Input<typeof seatSetFlags>): Promise<void> {
  if (options["all-circles"] && options.circle.length > 0) throw usage("--all-circles and --circle exclude each other");
  const all = options["all-circles"] ? { circles: null } : {};
  const params = { name: nameIn(operands), ...scopeOf(options), ...all };
  await tell(call, await withDaemon(call, (client) => client.call("seat.set", params, call)));
}

export async function remove(call: Invocation, { operands }: Input<Flags>): Promise<void> {
  await tell(call, await withDaemon(call, (client) => client.call("seat.remove", { name: nameIn(operands) }, call)));
}

type Scope = Pick<Input<typeof seatAddFlags>["options"], "right" | "circle">;

function scopeOf({ right, circle }: Scope): { rights?: Scope["right"][number][]; circles?: string[] } {
  return {
    ...(right.length === 0 ? {} : { rights: [...new Set(right)] }),
    ...(circle.length === 0 ? {} : { circles: [...circle] }),
  };
}

function nameIn([name = ""]: readonly string[]): string {
  return name;
}

async function tell(call: Invocation, document: SeatsDocument): Promise<void> {
  if (call.out.mode !== "text") return call.out.document(document, () => []);
  const { safeText, table } = await import("../texts.ts");
  const rows = document.seats.map(({ name, owner, machine, rights, circles, tokens }) => [
    ...[safeText(name), owner ? "owner" : machine ? "machine" : "person", rights.join(" ")],
    ...[circles === null ? "all" : circles.map(safeText).join(" "), owner ? "-" : String(tokens)],
  ]);
  call.out.document(document, () => table(["SEAT", "IS", "RIGHTS", "CIRCLES", "TOKENS"], rows));
}

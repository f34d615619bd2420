// `invite create|list|revoke`: tickets. A ticket is a secret until it is used: it is printed once, as data.

import type { InvitesDocument } from "../../src/api/documents.ts";
import { usage } from "../args.ts";
import type { Input } from "../command.ts";
import type { circleFlag, inviteFlags } from "../flags.ts";
import { targetCircle, withDaemon, type Invocation } from "../invocation.ts";
import { present } from "../present.ts";

export async function create(call: Invocation, { options }: Input<typeof inviteFlags>): Promise<void> {
  const { circle, expires: expiresMs, for: invited } = options;
  if (invited === undefined) throw usage("--for is missing: the org that is invited");
  const params = { for: invited, ...present({ circle: targetCircle(call, circle), expiresMs }) };
  const invite = await withDaemon(call, (client) => client.call("invite.create", params, call));
  // The ticket alone on standard output: it can be piped to where it is sent from.
  call.out.document(invite, () => [invite.ticket]);
  if (call.out.mode !== "text") return;
  const { safeText, timeText } = await import("../texts.ts");
  call.out.note(
    `for ${safeText(invite.for)}, to be used once until ${timeText(invite.expires)}; send it over a way that you trust`,
  );
}

export async function list(call: Invocation, { options }: Input<typeof circleFlag>): Promise<void> {
  const params = present({ circle: options.circle });
  await tell(call, await withDaemon(call, (client) => client.call("invite.list", params, call)));
}

export async function revoke(call: Invocation, { operands }: Input<Record<string, never>>): Promise<void> {
  const [id = ""] = operands;
  await tell(call, await withDaemon(call, (client) => client.call("invite.revoke", { id }, call)));
}

async function tell(call: Invocation, document: InvitesDocument): Promise<void> {
  const { invites } = document;
  const rows = invites.map((invite) => ({ schema: "tocsin.invite/1", ...invite }));
  if (call.out.mode !== "text") return call.out.list(document, rows, () => []);
  const { safeText, table, timeText } = await import("../texts.ts");
  const cells = invites.map(({ id, circle, for: invited, state, expires, usedBy }) => [
    safeText(id.slice(0, 12)),
    safeText(circle),
    safeText(invited),
    state,
    timeText(expires),
    usedBy === null ? "-" : safeText(usedBy),
  ]);
  call.out.list(document, rows, () => table(["ID", "CIRCLE", "FOR", "STATE", "EXPIRES", "USED BY"], cells));
}

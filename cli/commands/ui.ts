// `ui`: the terminal screen. Ink and React are loaded here and nowhere else in the command line.

import { existsSync } from "node:fs";
import type { Input } from "../command.ts";
import { COMMANDS } from "../command-table.ts";
import type { uiFlags } from "../flags.ts";
import { commandLineFor } from "../for-screen.ts";
import { withDaemon, type Invocation } from "../invocation.ts";
import { present } from "../present.ts";
import { openFirstRun, openLinear, openScreen, wantsLinear } from "../tui/open.tsx";

export async function ui(call: Invocation, { options }: Input<typeof uiFlags>): Promise<void> {
  const { circle, theme, glyphs, "read-only": readOnly } = options;
  const isLinear = options.linear || wantsLinear(call.env);
  // Whoever comes by a token or to another socket has no organisation here and needs none.
  const isGuest = call.env["TOCSIN_SOCKET"] !== undefined || call.token() !== undefined;
  if (call.mayAsk && call.out.terminal && !isLinear && !isGuest && !existsSync(call.home.vault)) {
    if (!(await begin(call))) return;
  }
  // Starts the daemon, or says why not, while the terminal is still an ordinary one.
  await withDaemon(call, (client) => client.call("status", {}));
  if (isLinear) return openLinear({ socketPath: call.home.socketPath, readOnly, ...present({ circle }) });
  const commandLine = await commandLineFor(call.env);
  await openScreen({ socketPath: call.home.socketPath, readOnly, commandLine, ...present({ circle, theme, glyphs }) });
}

/** Lets a person without an organisation begin; whether there is one now. */
async function begin(call: Invocation): Promise<boolean> {
  const choice = await openFirstRun();
  if (choice === undefined) return false;
  const run = async (path: string): Promise<unknown> =>
    COMMANDS.find((command) => command.path === path)?.start([], call.env);
  if (choice === "demo") {
    await run("demo");
    return false;
  }
  await run("init");
  const { ask } = await import("../prompt.ts");
  await ask("Written down? Enter goes on ");
  if (choice === "join") await run("join");
  return existsSync(call.home.vault);
}

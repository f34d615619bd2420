// `ui`: the terminal screen. Ink and React are loaded here and nowhere else in the command line.

import type { Input } from "../command.ts";
import type { uiFlags } from "../flags.ts";
import { withDaemon, type Invocation } from "../invocation.ts";
import { present } from "../present.ts";
import { commandLineFor } from "../for-screen.ts";
import { openScreen } from "../tui/open.tsx";

export async function ui(call: Invocation, { options }: Input<typeof uiFlags>): Promise<void> {
  const { circle, theme, glyphs, "read-only": readOnly } = options;
  // Starts the daemon, or says why not, while the terminal is still an ordinary one.
  await withDaemon(call, (client) => client.call("status", {}));
  const commandLine = await commandLineFor(call.env);
  await openScreen({ socketPath: call.home.socketPath, readOnly, commandLine, ...present({ circle, theme, glyphs }) });
}

// The commands about what was disclosed, part of the table of all commands. As light to import as that one.

import { command, type Command } from "./command.ts";
import * as flags from "./audit-flags.ts";

/** In the order of the help. */
export const AUDIT_COMMANDS: readonly Command[] = [
  command({
    path: "acks",
    group: "every day",
    about: "who has acknowledged alerts and who has not; of one, or of all that are open",
    operands: ["[ID]"],
    flags: flags.acksFlags,
    run: async (call, input) => (await import("./commands/acks.ts")).acks(call, input),
  }),
  command({
    path: "nudge",
    group: "every day",
    about: "remind those who have not acknowledged an alert, once in ten minutes",
    operands: ["ID"],
    flags: {},
    run: async (call, input) => (await import("./commands/acks.ts")).nudge(call, input),
  }),
  command({
    path: "audit list",
    group: "data",
    about: "what left this organisation, to whom, under which marking, who approved it",
    operands: ["[ID]"],
    flags: flags.auditListFlags,
    run: async (call, input) => (await import("./commands/audit.ts")).list(call, input),
  }),
  command({
    path: "audit export",
    group: "data",
    about: "the whole trail as a file that proves itself, one JSON object a line",
    operands: ["FILE"],
    flags: {},
    run: async (call, input) => (await import("./commands/audit.ts")).exportTrail(call, input),
  }),
  command({
    path: "audit verify",
    group: "data",
    about: "whether anything of the trail was changed, left out or moved; of a FILE without a daemon; exit 1: yes",
    operands: ["[FILE]"],
    flags: {},
    run: async (call, input) => (await import("./commands/audit.ts")).verify(call, input),
  }),
  command({
    path: "audit bundle",
    group: "data",
    about: "write the evidence of an item: who said it, who could read it, who received and acknowledged it",
    operands: ["ID", "FILE"],
    flags: flags.evidenceFlags,
    run: async (call, input) => (await import("./commands/evidence.ts")).write(call, input),
  }),
  command({
    path: "verify-bundle",
    group: "data",
    about: "check an evidence file; needs no circle, no key and no daemon",
    operands: ["FILE"],
    flags: {},
    run: async (call, input) => (await import("./commands/evidence.ts")).verify(call, input),
  }),
];

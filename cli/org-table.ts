// The commands about this organisation itself, part of the table of all commands. As light to import as that one.

import { command, type Command } from "./command.ts";
import * as flags from "./flags.ts";

/** In the order of the help. */
export const ORG_COMMANDS: readonly Command[] = [
  command({
    path: "org show",
    group: "trust",
    about: "this organisation, its keys and where its org key is",
    flags: flags.orgFlags,
    run: async (call, input) => (await import("./commands/org.ts")).show(call, input),
  }),
  command({
    path: "org card",
    group: "trust",
    about: "name and fingerprint for printing; nothing secret",
    flags: flags.orgFlags,
    run: async (call, input) => (await import("./commands/org.ts")).card(call, input),
  }),
  command({
    path: "org split",
    group: "trust",
    about: "split the org key into shares on paper, of which some make it again",
    flags: flags.orgSplitFlags,
    run: async (call, input) => (await import("./commands/org-key.ts")).split(call, input),
  }),
  command({
    path: "org combine",
    group: "trust",
    about: "make the 24 words of the org key from shares",
    flags: flags.orgCombineFlags,
    run: async (call, input) => (await import("./commands/org-key.ts")).combine(call, input),
  }),
  command({
    path: "org lock",
    group: "trust",
    about: "take the org key out of the vault, once its words or shares are read back",
    flags: flags.orgLockFlags,
    run: async (call, input) => (await import("./commands/org-key.ts")).lock(call, input),
  }),
];

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
    path: "org enrol",
    group: "trust",
    about: "bring this node into the circles of its organisation, beside its others",
    flags: flags.orgEnrolFlags,
    run: async (call, input) => (await import("./commands/org-nodes.ts")).enrol(call, input),
  }),
  command({
    path: "org rotate",
    group: "trust",
    about: "the same in the place of its others, whose keys are out for good",
    flags: flags.orgEnrolFlags,
    run: async (call, input) => (await import("./commands/org-nodes.ts")).rotate(call, input),
  }),
  command({
    path: "org retire",
    group: "trust",
    about: "take a node out of its circles for good; without NODE end this identity",
    operands: ["[NODE]"],
    flags: flags.orgRetireFlags,
    run: async (call, input) => (await import("./commands/org-nodes.ts")).retire(call, input),
  }),
  command({
    path: "org lock",
    group: "trust",
    about: "take the org key out of the vault, once its words or shares are read back",
    flags: flags.orgLockFlags,
    run: async (call, input) => (await import("./commands/org-key.ts")).lock(call, input),
  }),
];

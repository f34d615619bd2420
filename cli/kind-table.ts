// The commands that say something of a kind of its own; rows of the one table (`command-table.ts`).

import { command, type Command } from "./command.ts";
import { postingFlags } from "./flags.ts";
import * as flags from "./kind-flags.ts";

export const KIND_COMMANDS: readonly Command[] = [
  command({
    path: "ask",
    group: "every day",
    about: "ask your circle whether they have seen something",
    operands: ["[TEXT]"],
    flags: flags.askFlags,
    run: async (call, input) => (await import("./commands/ask.ts")).ask(call, input),
  }),
  command({
    path: "answer",
    group: "every day",
    about: "answer an ask: yes, no or unsure; the newest answer of your org counts",
    operands: ["ID", "VERDICT", "[TEXT]"],
    flags: flags.answerFlags,
    run: async (call, input) => (await import("./commands/ask.ts")).answer(call, input),
  }),
  command({
    path: "note",
    group: "every day",
    about: "share what is worth knowing, about an item or by itself",
    operands: ["[TEXT]"],
    flags: flags.noteFlags,
    run: async (call, input) => (await import("./commands/ask.ts")).note(call, input),
  }),
  command({
    path: "vuln",
    group: "every day",
    about: "give notice of a vulnerability; its CVE numbers are --ioc",
    operands: ["[TEXT]"],
    flags: flags.vulnFlags,
    run: async (call, input) => (await import("./commands/ask.ts")).vuln(call, input),
  }),
  command({
    path: "msg",
    group: "every day",
    about: "a word to one or few: to the circle of exactly you and PEER,PEER...",
    operands: ["PEERS", "[TEXT]"],
    flags: flags.messageFlags,
    run: async (call, input) => (await import("./commands/ask.ts")).msg(call, input),
  }),
  command({
    path: "incident open",
    group: "every day",
    about: "open an incident, which updates and other items are collected under",
    operands: ["TITLE"],
    flags: flags.incidentFlags,
    run: async (call, input) => (await import("./commands/incident.ts")).open(call, input),
  }),
  command({
    path: "incident update",
    group: "every day",
    about: "say what became of it: a text, a decision, a status, linked items",
    operands: ["ID", "[TEXT]"],
    flags: flags.updateFlags,
    run: async (call, input) => (await import("./commands/incident.ts")).update(call, input),
  }),
  command({
    path: "incident link",
    group: "every day",
    about: "add items to an incident",
    operands: ["ID", "ITEM..."],
    flags: postingFlags,
    run: async (call, input) => (await import("./commands/incident.ts")).link(call, input),
  }),
  command({
    path: "incident close",
    group: "every day",
    about: "say that it is over",
    operands: ["ID", "[TEXT]"],
    flags: postingFlags,
    run: async (call, input) => (await import("./commands/incident.ts")).close(call, input),
  }),
  command({
    path: "incident show",
    group: "every day",
    about: "an incident with its updates, decisions and linked items",
    operands: ["ID"],
    flags: {},
    run: async (call, input) => (await import("./commands/feed.ts")).show(call, input),
  }),
  command({
    path: "amend",
    group: "every day",
    about: "say an item of your org anew; what is not given stays as it was, and all of it stays in the history",
    operands: ["ID", "[TEXT]"],
    flags: flags.amendFlags,
    run: async (call, input) => (await import("./commands/correct.ts")).amend(call, input),
  }),
  command({
    path: "retract",
    group: "every day",
    about: "withdraw an item of your org",
    operands: ["ID", "[REASON]"],
    flags: flags.retractFlags,
    run: async (call, input) => (await import("./commands/correct.ts")).retract(call, input),
  }),
];

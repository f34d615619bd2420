// The commands about the node and its machine, part of the table of all commands. As light to import as that one.

import { command, type Command } from "./command.ts";
import * as flags from "./flags.ts";

/** In the order of the help. */
export const OPERATE_COMMANDS: readonly Command[] = [
  command({
    path: "ping",
    group: "operate",
    about: "how a peer is reached, and how fast; exit 69 where it is not",
    operands: ["PEER"],
    flags: flags.pingFlags,
    run: async (call, input) => (await import("./commands/reach.ts")).ping(call, input),
  }),
  command({
    path: "status",
    group: "operate",
    about: "one screen: identity, daemon, peers, outbox, unread",
    flags: flags.statusFlags,
    run: async (call, input) => (await import("./commands/status.ts")).status(call, input),
  }),
  command({
    path: "doctor",
    group: "operate",
    about: "what is wrong with this home and its daemon, and the cure for each; exit 1 where anything is critical",
    flags: flags.doctorFlags,
    run: async (call, input) => (await import("./commands/doctor.ts")).doctor(call, input),
  }),
  command({
    path: "daemon run",
    group: "operate",
    about: "run in the foreground, for service managers",
    flags: flags.daemonRunFlags,
    hiddenFlags: ["parent-fd"],
    run: async (call, input) => (await import("./commands/daemon-run.ts")).run(call, input),
  }),
  command({
    path: "daemon start",
    group: "operate",
    about: "start in the background; returns when ready",
    flags: flags.daemonFlags,
    run: async (call, input) => (await import("./commands/daemon.ts")).start(call, input),
  }),
  command({
    path: "daemon stop",
    group: "operate",
    about: "stop; returns when it is gone",
    flags: {},
    run: async (call) => (await import("./commands/daemon.ts")).stop(call),
  }),
  command({
    path: "daemon status",
    group: "operate",
    about: "exit 0: running, 69: not",
    flags: {},
    run: async (call) => (await import("./commands/daemon.ts")).status(call),
  }),
  command({
    path: "daemon wait",
    group: "operate",
    about: "return when it is ready; --timeout bounds it",
    flags: {},
    run: async (call) => (await import("./commands/daemon.ts")).wait(call),
  }),
  command({
    path: "daemon logs",
    group: "operate",
    about: "what it logged; runs without it",
    flags: flags.daemonLogsFlags,
    run: async (call, input) => (await import("./commands/daemon-logs.ts")).logs(call, input),
  }),
  command({
    path: "demo",
    group: "operate",
    about: "five fictional organisations on this machine",
    flags: flags.demoFlags,
    run: async (call, input) => (await import("./commands/demo.ts")).demo(call, input),
  }),
  command({
    path: "help",
    group: "operate",
    about: "this list, or the help of a command or topic",
    operands: ["[TOPIC...]"],
    flags: {},
    run: async (call, input) => (await import("./help.ts")).help(call, input),
  }),
  command({
    path: "version",
    group: "operate",
    about: "version of the program, its protocol and its runtime",
    flags: {},
    run: async (call) => (await import("./commands/version.ts")).version(call),
  }),
];

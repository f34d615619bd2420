// The rows of the commands that look after a home and its daemon; part of the table in command-table.ts, and as light.

import { command, type Command } from "./command.ts";
import * as flags from "./flags.ts";

export const OPERATE_COMMANDS: readonly Command[] = [
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
];

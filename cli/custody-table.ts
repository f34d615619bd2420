// The commands about what becomes of records; rows of the one table (`command-table.ts`).

import { command, type Command } from "./command.ts";
import * as flags from "./custody-flags.ts";
import { circleFlag } from "./flags.ts";

export const CUSTODY_COMMANDS: readonly Command[] = [
  command({
    path: "hold set",
    group: "data",
    about: "keep an item, or a circle, from being erased here; the circle is told",
    operands: ["ID|CIRCLE"],
    flags: flags.holdFlags,
    run: async (call, input) => (await import("./commands/custody.ts")).hold(call, input),
  }),
  command({
    path: "hold release",
    group: "data",
    about: "end a hold; what was withdrawn or is past its time goes",
    operands: ["ID|CIRCLE"],
    flags: {},
    run: async (call, input) => (await import("./commands/custody.ts")).release(call, input),
  }),
  command({
    path: "hold list",
    group: "data",
    about: "holds that are in force, of everybody in your circles",
    flags: {},
    run: async (call) => (await import("./commands/custody.ts")).holds(call),
  }),
  command({
    path: "hold show",
    group: "data",
    about: "what was said in an item that was withdrawn and is kept under a hold",
    operands: ["ID"],
    flags: {},
    run: async (call, input) => (await import("./commands/custody.ts")).withheld(call, input),
  }),
  command({
    path: "exercise start",
    group: "data",
    about: "start a drill, as a steward: what anybody says is part of it, but for --actual",
    operands: ["NAME"],
    flags: flags.exerciseFlags,
    run: async (call, input) => (await import("./commands/custody.ts")).start(call, input),
  }),
  command({
    path: "exercise stop",
    group: "data",
    about: "end the drill that runs",
    flags: circleFlag,
    run: async (call, input) => (await import("./commands/custody.ts")).stop(call, input),
  }),
  command({
    path: "exercise show",
    group: "data",
    about: "the drill that runs",
    flags: circleFlag,
    run: async (call, input) => (await import("./commands/custody.ts")).show(call, input),
  }),
];

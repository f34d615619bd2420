// The commands about who uses this node, part of the table of all commands. As light to import as that one.

import { command, type Command } from "./command.ts";
import * as flags from "./seat-flags.ts";

/** In the order of the help. */
export const SEAT_COMMANDS: readonly Command[] = [
  command({
    path: "outbox release",
    group: "data",
    about: "approve what is held, and send it once enough seats have; by a seat that may approve",
    operands: ["ID..."],
    flags: flags.releaseFlags,
    run: async (call, input) => (await import("./commands/outbox.ts")).release(call, input),
  }),
  command({
    path: "outbox reject",
    group: "data",
    about: "do not send it",
    operands: ["ID..."],
    flags: flags.rejectFlags,
    run: async (call, input) => (await import("./commands/outbox.ts")).reject(call, input),
  }),
  command({
    path: "seat add",
    group: "operate",
    about: "add a person or a machine that uses this node",
    operands: ["NAME"],
    flags: flags.seatAddFlags,
    run: async (call, input) => (await import("./commands/seat.ts")).add(call, input),
  }),
  command({
    path: "seat list",
    group: "operate",
    about: "who uses this node, and what each may do",
    flags: {},
    run: async (call) => (await import("./commands/seat.ts")).list(call),
  }),
  command({
    path: "seat set",
    group: "operate",
    about: "change the rights or circles of a seat; its tokens follow at once",
    operands: ["NAME"],
    flags: flags.seatSetFlags,
    run: async (call, input) => (await import("./commands/seat.ts")).set(call, input),
  }),
  command({
    path: "seat remove",
    group: "operate",
    about: "end a seat and all its tokens",
    operands: ["NAME"],
    flags: {},
    run: async (call, input) => (await import("./commands/seat.ts")).remove(call, input),
  }),
  command({
    path: "token add",
    group: "operate",
    about: "make a token by which a client speaks as a seat; it is shown once",
    operands: ["NAME"],
    flags: flags.tokenAddFlags,
    run: async (call, input) => (await import("./commands/token.ts")).add(call, input),
  }),
  command({
    path: "token list",
    group: "operate",
    about: "tokens, what each may do and when it was used",
    flags: {},
    run: async (call) => (await import("./commands/token.ts")).list(call),
  }),
  command({
    path: "token revoke",
    group: "operate",
    about: "end a token at once",
    operands: ["NAME"],
    flags: {},
    run: async (call, input) => (await import("./commands/token.ts")).revoke(call, input),
  }),
];

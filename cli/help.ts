// The help: the list of commands, one command, a group, and the topics. Made from the table; loaded only when asked for.

import { VERSION } from "../src/api/version.ts";
import { unknownWord, type Flag } from "./args.ts";
import { COMMANDS } from "./command-table.ts";
import type { Command, Input } from "./command.ts";
import { globalFlags } from "./flags.ts";
import type { Invocation } from "./invocation.ts";
import { writeText } from "./output.ts";

const TOPICS: Readonly<Record<string, string>> = {
  "exit-codes": `Exit codes
    0  done, including "safely queued"
    1  the answer is no: no hit (check), a promise not kept (demo --headless)
   64  wrong command line
   65  input rejected (any record of an import), nothing of that name
   66  input file missing or unreadable
   69  daemon or named peer unreachable
   70  our bug
   74  local read or write failed (disk full)
   75  try again later: --wait timed out, queue full, another daemon owns the home
   76  client and daemon or peer versions do not match
   77  refused: trust, TLP or circle policy
   78  configuration invalid, or identity missing or locked
  130  interrupted, or a question answered with no
`,
  json: `JSON
  --json prints one document, --ndjson one object a line; each starts with "schema".
  Times are RFC 3339 in UTC with milliseconds. Keys are only ever added within a version.
  A failure leaves standard output empty and prints one tocsin.error/1 line on standard error.
`,
  env: `Environment
  TOCSIN_HOME           one folder for the keys, the store and the socket
  TOCSIN_CIRCLE         where post, alert, import and invite create go without -c
  TOCSIN_TLP            the marking of what names none; else the circle's default
  TOCSIN_SOCKET         path of the daemon's socket
  TOCSIN_NO_AUTOSTART   1: a command never starts the daemon
  TOCSIN_NO_INPUT       1: never ask, as --no-input
  CREDENTIALS_DIRECTORY the daemon reads its passphrase from the file "passphrase" there (systemd)
  NO_COLOR FORCE_COLOR TERM=dumb VISUAL EDITOR are honoured.
`,
  files: `Files (under TOCSIN_HOME, else in the XDG base directories)
  vault         the keys, encrypted with the passphrase
  store/        what the circles posted, encrypted
  keyring       the secrets of the circles, encrypted
  node.json     addresses to listen on and to announce
  passphrase    only after init --no-input without --passphrase-file: the disk alone opens the vault
  daemon.log    what the background daemon says
`,
  tlp: `Traffic Light Protocol 2.0 (FIRST)
  TLP:CLEAR         no limit on disclosure
  TLP:GREEN         the community
  TLP:AMBER         the organisation and its clients, need to know
  TLP:AMBER+STRICT  the organisation only
  TLP:RED           the recipients only
`,
};

/** `tocsin help [TOPIC...]`. */
export async function help(_call: Invocation, { operands }: Input<Record<string, never>>): Promise<void> {
  writeText(helpText(operands.length === 0 ? undefined : operands.join(" ")), "stdout");
}

/** Help of a command, a group (`circle`), a topic, or the whole. Throws USAGE. */
export function helpText(topic: string | undefined): string {
  if (topic === undefined) return overview();
  const command = COMMANDS.find(({ path }) => path === topic);
  if (command) return oneCommand(command);
  const inGroup = COMMANDS.filter(({ path }) => path.startsWith(`${topic} `));
  if (inGroup.length > 0) return `Usage: tocsin ${topic} COMMAND\n\n${columns(inGroup.map(rowOf))}\n`;
  const text = TOPICS[topic];
  if (text !== undefined) return text;
  throw unknownWord(`no help on ${JSON.stringify(topic.slice(0, 40))}`, topic, [
    ...COMMANDS.map(({ path }) => path),
    ...Object.keys(TOPICS),
  ]);
}

function overview(): string {
  const groups = [...new Set(COMMANDS.map(({ group }) => group))];
  const width = widest(COMMANDS.map(rowOf));
  const parts = groups.map((group) => {
    const rows = COMMANDS.filter((command) => command.group === group).map(rowOf);
    return `${group.toUpperCase()}\n${columns(rows, width)}\n`;
  });
  return `tocsin ${VERSION}: a peer-to-peer messenger for circles of security leaders

Usage: tocsin [COMMAND] [OPTIONS]      without a command: the terminal screen

${parts.join("\n")}
Each command: tocsin help COMMAND      Topics: ${Object.keys(TOPICS).join(", ")}
`;
}

function oneCommand({ path, about, operands, flags, hiddenFlags }: Command): string {
  const own = Object.entries(flags).filter(([name]) => !hiddenFlags.includes(name));
  const options = own.length === 0 ? "" : `\nOptions\n${columns(own.map(flagRow))}\n`;
  const words = ["Usage: tocsin", path, ...operands, "[OPTIONS]"].join(" ");
  return `${words}\n\n${about}\n${options}\nAll commands\n${columns(Object.entries(globalFlags).map(flagRow))}\n`;
}

function rowOf({ path, operands, about }: Command): [string, string] {
  return [[path, ...operands].join(" "), about];
}

function flagRow([name, { short, value, about }]: [string, Flag]): [string, string] {
  const letter = short === undefined ? "    " : `-${short}, `;
  return [`${letter}--${name}${value === "" ? "" : ` ${value}`}`, about];
}

function widest(rows: readonly [string, string][]): number {
  return Math.max(...rows.map(([left]) => left.length));
}

function columns(rows: readonly [string, string][], width: number = widest(rows)): string {
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}

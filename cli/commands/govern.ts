// `circle remove|promote|demote|leave|freeze|unfreeze|confirm|policy|accept|log`, `peer vouch`: who is in, and by which rules.

import type { ChangeDocument, LogDocument, PolicyDocument, RemovalDocument } from "../../src/api/documents.ts";
import { TocsinError } from "../../src/base/errors.ts";
import { limits } from "../../src/base/limits.ts";
import type { Input } from "../command.ts";
import type { confirmFlags, freezeFlags, promoteFlags } from "../circle-flags.ts";
import type { circleFlag } from "../flags.ts";
import { targetCircle, withDaemon, type Invocation } from "../invocation.ts";
import { acceptOf, present } from "../present.ts";
import { readRules, ruleLines } from "../rules.ts";
import { safeText } from "../safe-text.ts";
import { tell } from "./circle.ts";

type Plain = Input<Record<string, never>>;

/** A person at the terminal is asked first: a removal cannot be taken back, and what was read stays read. */
export async function remove(call: Invocation, { operands }: Plain): Promise<void> {
  const [circle = "", peer = ""] = operands;
  await ask(call, `Remove ${peer} from ${circle}? They keep what they have read.`, "nobody was removed");
  const removal = await withDaemon(call, (client) => client.call("circle.remove", { circle, peer }, call));
  call.out.document(removal, () => removalLines(removal));
}

function removalLines({ circle, org, state, votes, recipients, delivered, readable }: RemovalDocument): string[] {
  const list = (names: readonly string[]): string => names.map(safeText).join(", ") || "nobody";
  if (state === "voted") {
    return [
      `vote ${votes.by.length} of ${votes.needs} to remove ${safeText(org)} from ${safeText(circle)}: ${list(votes.by)}`,
      "  it is in until another steward says so too, and reads what is posted",
    ];
  }
  return [
    `✓ ${safeText(org)} removed from ${safeText(circle)}; they keep what they have read`,
    `  new keys for ${list(recipients)}`,
    `  held already by ${list(delivered.held)}${delivered.waiting.length === 0 ? "" : `; not yet by ${list(delivered.waiting)}`}`,
    `  it can read ${readable.items} items that are held here, ${readable.since} of them posted since by members that had not heard`,
    "  it keeps its copy of the circle, the list of its members, and its keys until now",
  ];
}

/** From a member that is no steward it is a vote; then how far that is gone is told. */
export async function promote(call: Invocation, { options, operands }: Input<typeof promoteFlags>): Promise<void> {
  const [circle = "", peer = ""] = operands;
  const params = { circle, peer, ...acceptOf(options) };
  await tell(call, await withDaemon(call, (client) => client.call("circle.promote", params, call)));
}

export async function demote(call: Invocation, { operands }: Plain): Promise<void> {
  const [circle = "", peer = ""] = operands;
  await tell(call, await withDaemon(call, (client) => client.call("circle.demote", { circle, peer }, call)));
}

export async function leave(call: Invocation, { operands }: Plain): Promise<void> {
  const [circle = ""] = operands;
  await ask(
    call,
    `Leave ${circle}? You keep what you have read, and need a new ticket to come back.`,
    "you are still in",
  );
  await tell(call, await withDaemon(call, (client) => client.call("circle.leave", { circle }, call)));
}

export async function freeze(call: Invocation, { options, operands }: Input<typeof freezeFlags>): Promise<void> {
  const [circle = "", peer = ""] = operands;
  const params = { circle, peer, ...present({ forMs: options.for, reason: options.reason }) };
  await tell(call, await withDaemon(call, (client) => client.call("circle.freeze", params, call)));
}

export async function unfreeze(call: Invocation, { operands }: Plain): Promise<void> {
  const [circle = "", peer = ""] = operands;
  await tell(call, await withDaemon(call, (client) => client.call("circle.unfreeze", { circle, peer }, call)));
}

export async function confirmFreeze(
  call: Invocation,
  { options, operands }: Input<typeof confirmFlags>,
): Promise<void> {
  const [circle = "", peer = ""] = operands;
  const params = { circle, peer, ...present({ forMs: options.for }) };
  await tell(call, await withDaemon(call, (client) => client.call("circle.confirm", params, call)));
}

export async function vouch(call: Invocation, { options, operands }: Input<typeof circleFlag>): Promise<void> {
  const [peer = ""] = operands;
  const params = { peer, ...present({ circle: targetCircle(call, options.circle) }) };
  await tell(call, await withDaemon(call, (client) => client.call("peer.vouch", params, call)));
}

/** Shows the rules; with KEY=VALUE sets them, as a steward. */
export async function policy(call: Invocation, { operands }: Plain): Promise<void> {
  const [circle = "", ...words] = operands;
  const rules = readRules(words);
  const document = await withDaemon(call, (client) =>
    words.length === 0
      ? client.call("circle.policy", { circle }, call)
      : client.call("circle.setPolicy", { circle, rules }, call),
  );
  call.out.document(document, () => policyLines(document));
}

/** Shows what is different from the rules that were accepted before; a person is asked. */
export async function accept(call: Invocation, { operands }: Plain): Promise<void> {
  const [circle = ""] = operands;
  await withDaemon(call, async (client) => {
    if (call.mayAsk) {
      const shown = await client.call("circle.policy", { circle }, call);
      const { writeText } = await import("../output.ts");
      writeText(`${[...policyLines(shown), ...changedLines(shown)].join("\n")}\n`, "stderr");
      await ask(call, "Accept these rules?", "nothing was accepted");
    }
    const accepted = await client.call("circle.accept", { circle }, call);
    call.out.document(accepted, () => [
      `✓ rules ${accepted.version} of ${safeText(accepted.circle.name)} accepted`,
      ...changedLines(accepted),
    ]);
  });
}

function policyLines({
  circle,
  version,
  by,
  at,
  policy: rules,
  accepted,
  waiting,
  acceptedHere,
}: PolicyDocument): string[] {
  return [
    `${safeText(circle.name)}  rules ${version}, set by ${safeText(by)} at ${at.slice(0, 16).replace("T", " ")}Z`,
    ...ruleLines(rules).map(([rule, value]) => `  ${rule.padEnd(9)} ${safeText(value)}`.trimEnd()),
    `accepted by ${accepted.map(safeText).join(", ") || "nobody"}`,
    ...(waiting.length === 0 ? [] : [`waiting for ${waiting.map(safeText).join(", ")}`]),
    ...(acceptedHere ? [] : [`! not accepted here: tocsin circle accept ${safeText(circle.name)}`]),
  ];
}

function changedLines({ changed }: PolicyDocument): string[] {
  return changed.map(({ rule, was, now }) => `  ${safeText(rule)}: ${safeText(was)} -> ${safeText(now)}`);
}

/** Every change of membership, oldest first. Read by a person, it is news no longer. */
export async function log(call: Invocation, { operands }: Plain): Promise<void> {
  const [circle = ""] = operands;
  const document = await withDaemon(call, async (client) => {
    const page = { circle, limit: limits.logPageMax };
    const whole = await client.call("circle.log", page, call);
    while (whole.next !== null) {
      const { changes, next } = await client.call("circle.log", { ...page, from: whole.next }, call);
      whole.changes.push(...changes);
      whole.next = next;
    }
    if (call.out.mode === "text") await client.call("circle.seen", { circle }, call);
    return whole;
  });
  call.out.list(document, document.changes, () => logLines(document));
}

function logLines({ changes }: LogDocument): string[] {
  const known = new Map(changes.map((change) => [change.id, change]));
  const besides = ({ concurrent }: ChangeDocument): string =>
    concurrent
      .map((id) => known.get(id))
      .flatMap((other) => (other ? [`${safeText(other.by)} ${safeText(other.what)}`] : []))
      .join("; ");
  return changes.flatMap((change) => [
    `${change.counts ? "✓" : "✗"} ${change.at.slice(0, 16).replace("T", " ")}Z  ${safeText(change.by)} ${safeText(change.what)}  (${safeText(change.authority)})`,
    ...(change.why === null ? [] : [`    does not count: ${safeText(change.why)}`]),
    ...(change.concurrent.length === 0 ? [] : [`    at the same time: ${besides(change)}`]),
  ]);
}

async function ask(call: Invocation, question: string, refused: string): Promise<void> {
  if (!call.mayAsk) return;
  const { confirm } = await import("../prompt.ts");
  if (!(await confirm(question))) throw new TocsinError("CANCELLED", refused);
}

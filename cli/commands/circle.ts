// `circle create|list|show|rekey`.

import type { CircleDocument } from "../../src/api/documents.ts";
import type { Input } from "../command.ts";
import type { circleCreateFlags, rekeyFlags } from "../circle-flags.ts";
import { withDaemon, type Invocation } from "../invocation.ts";
import { present } from "../present.ts";
import { daysOf } from "../rules.ts";

const STATES = {
  current: "",
  removed: "you are not in any more",
  pending: "you are not in yet: it waits for members, or is being fetched",
} as const;
type Plain = Input<Record<string, never>>;

export async function create(call: Invocation, { options, operands }: Input<typeof circleCreateFlags>): Promise<void> {
  const [name = ""] = operands;
  const {
    "max-tlp": maxTlp,
    "default-tlp": defaultTlp,
    unverified,
    purpose,
    keep,
    suite,
    history,
    invite,
    vouches,
    refound,
    export: exporters,
  } = options;
  const params = {
    name,
    ...present({ maxTlp, defaultTlp, unverified, purpose, history, invite, vouches, refound, export: exporters }),
    ...(keep === undefined ? {} : { keepDays: daysOf(keep) }),
    ...(options.exercise ? { exercise: true } : {}),
    ...(suite === undefined ? {} : { suite: suite === "1" ? (1 as const) : (2 as const) }),
    ...(options["no-gossip"] ? { gossip: false } : {}),
  };
  const circle = await withDaemon(call, (client) => client.call("circle.create", params, call));
  await tell(call, circle);
  const { safeText } = await import("../safe-text.ts");
  if (call.out.mode === "text") call.out.note(`next: tocsin invite create -c ${safeText(circle.name)} --for ORG`);
}

export async function list(call: Invocation, _input: Plain): Promise<void> {
  const document = await withDaemon(call, (client) => client.call("circle.list", {}, call));
  const { circles } = document;
  if (call.out.mode !== "text") return call.out.list(document, circles, () => []);
  const { safeText, table, tlpText } = await import("../texts.ts");
  const cells = circles.map(({ name, steward, state, members, policy }) => [
    safeText(name),
    String(members.length),
    `max ${tlpText(policy.maxTlp, false)}`,
    safeText(steward),
    state,
  ]);
  call.out.list(document, circles, () => table(["CIRCLE", "MEMBERS", "RULE", "STEWARD", "STATE"], cells));
}

export async function show(call: Invocation, { operands }: Plain): Promise<void> {
  const [circle = ""] = operands;
  await tell(call, await withDaemon(call, (client) => client.call("circle.show", { circle }, call)));
}

export async function rekey(call: Invocation, { options, operands }: Input<typeof rekeyFlags>): Promise<void> {
  const [circle = ""] = operands;
  const params = { circle, ...(options.compromised ? { compromised: true } : {}) };
  const document = await withDaemon(call, (client) => client.call("circle.rekey", params, call));
  const { safeText } = await import("../safe-text.ts");
  call.out.document(document, () => [
    `✓ fresh keys in ${safeText(document.circle)} for ${document.recipients.map(safeText).join(", ")}`,
    ...(document.compromised
      ? ["  whoever hears of it sends under none of your earlier keys; what was sent before is as it was"]
      : []),
  ]);
}

/** A circle with its members, and what waits in it. */
export async function tell(call: Invocation, circle: CircleDocument): Promise<void> {
  if (call.out.mode !== "text") return call.out.document(circle, () => []);
  const { historyText, linkText, safeText, table, timeText, tlpText, trustText } = await import("../texts.ts");
  const { name, id, policy, members, state, pending, votes, forks } = circle;
  const [until] = members.flatMap(({ you, frozen }) => (you && frozen ? [frozen] : []));
  const cells = members.map((member) => [
    safeText(member.org),
    member.you ? "you" : trustText(member.trust),
    linkText(member.link),
    [member.steward ? "steward" : "", member.frozen ? "FROZEN" : ""].join(" ").trim(),
    timeText(member.lastSeen),
    String(member.queued),
  ]);
  call.out.document(circle, () => [
    `${safeText(name)}  ${safeText(id.slice(0, 16))}  ${STATES[state]}`.trimEnd(),
    `rules: at most ${tlpText(policy.maxTlp, call.out.colour)}, keep ${safeText(policy.keep)}, suite ${policy.suite}`,
    `newcomers read: ${historyText(policy.history)}`,
    ...(policy.purpose === "" ? [] : [safeText(policy.purpose)]),
    ...(until
      ? [`! you are frozen until ${timeText(until.until)} by ${safeText(until.by)}: nobody seals for you`]
      : []),
    ...forks.map(
      ({ org, memberKey, place, provenBy }) =>
        `! ${safeText(org)} (${memberKey.slice(0, 8)}) signed two records at place ${place} of a lane, proven by ${safeText(provenBy)}: nothing it said there from then on counts; ask it, or remove it`,
    ),
    ...pending.map(
      (one) =>
        `waiting: ${safeText(one.org)} (${safeText(one.fingerprint)}), wanted by ${one.vouches.map(safeText).join(", ")}, ${one.missing} more needed`,
    ),
    ...votes.map(
      (one) =>
        `vote ${one.by.length} of ${one.needs} to ${one.op} ${safeText(one.org)}: ${one.by.map(safeText).join(", ")}`,
    ),
    "",
    ...table(["ORG", "TRUST", "LINK", "", "LAST SEEN", "QUEUED"], cells),
  ]);
}

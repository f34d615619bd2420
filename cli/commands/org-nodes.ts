// `org enrol|rotate|retire`: the nodes of this organisation in its circles, by the word of its org key.

import type { EnrolDocument, OrgCirclesDocument } from "../../src/api/enrol-documents.ts";
import { toHex } from "../../src/base/bytes.ts";
import { limits } from "../../src/base/limits.ts";
import { TocsinError } from "../../src/base/errors.ts";
import { usage } from "../args.ts";
import type { Input } from "../command.ts";
import type { orgEnrolFlags, orgRetireFlags } from "../flags.ts";
import { type Invocation, withDaemon } from "../invocation.ts";
import { readOrgKey } from "../key-words.ts";
import { writeText } from "../output.ts";
import { safeText } from "../safe-text.ts";

/** This node comes in beside those that are there. */
export async function enrol(call: Invocation, input: Input<typeof orgEnrolFlags>): Promise<void> {
  await enter(call, input, false);
}

/** This node takes the place of all others of the org, whose keys are out for good. */
export async function rotate(call: Invocation, input: Input<typeof orgEnrolFlags>): Promise<void> {
  await enter(call, input, true);
}

async function enter(call: Invocation, { options }: Input<typeof orgEnrolFlags>, replace: boolean): Promise<void> {
  if (options.at.length === 0) throw usage("--at is missing: the address of a member, HOST:PORT");
  if (!call.mayAsk && !call.noInput) throw usage("nobody can be asked whether these circles are meant; use --no-input");
  const request = {
    at: [...options.at],
    timeoutMs: call.timeoutMs ?? limits.joinTimeoutMs,
    ...(await orgSeedOf(call, options.from)),
  };
  await withDaemon(call, async (client) => {
    if (call.mayAsk && !(await agrees(await client.call("org.circles", request), replace)))
      throw new TocsinError("CANCELLED", "nothing was changed");
    const document = await client.call("org.enrol", { ...request, replace });
    call.out.document(document, () => said(document, replace));
  });
}

/** The seed where it is given: the daemon takes its own vault's otherwise. */
async function orgSeedOf(call: Invocation, from: readonly string[]): Promise<{ orgSeed?: string }> {
  if (from.length === 0) return {};
  const seed = await readOrgKey(call, from);
  const orgSeed = toHex(seed);
  seed.fill(0);
  return { orgSeed };
}

async function agrees(found: OrgCirclesDocument, replace: boolean): Promise<boolean> {
  const { confirm } = await import("../prompt.ts");
  const rows = found.circles.map(({ name, nodes }) => {
    const others = nodes.map((node) => node.slice(0, 8)).join(", ");
    return `  ${safeText(name)}: ${replace ? "takes the place of" : "beside"} ${others}`;
  });
  const lines = [
    `Answered by ${safeText(found.responder)}, fingerprint ${safeText(found.responderFingerprint)}`,
    ...(rows.length === 0 ? ["  it knows no circle of this organisation"] : rows),
    ...(replace ? ["The keys that are replaced can never be used again."] : []),
  ];
  writeText(`${lines.join("\n")}\n`, "stderr");
  return rows.length > 0 && (await confirm(replace ? "Take their place?" : "Enter these circles?"));
}

function said({ circles, responder, tookMs }: EnrolDocument, replace: boolean): string[] {
  if (circles.length === 0) return [`${safeText(responder)} knows no circle of this organisation`];
  return circles.map(({ name, replaced }) => {
    const place =
      replaced.length === 0 ? "" : `, in the place of ${replaced.map((node) => node.slice(0, 8)).join(", ")}`;
    return `✓ in ${safeText(name)} by ${safeText(responder)}${place}${replace || replaced.length > 0 ? "" : ", as a further node"}, in ${tookMs} ms`;
  });
}

/** Withdraws a node, or ends this identity in all circles. */
export async function retire(call: Invocation, { operands, options }: Input<typeof orgRetireFlags>): Promise<void> {
  const [node] = operands;
  if (node === undefined && call.mayAsk) {
    const { confirm } = await import("../prompt.ts");
    if (!(await confirm("End this organisation in all its circles? Its keys can never be used there again.")))
      throw new TocsinError("CANCELLED", "nothing was changed");
  } else if (node === undefined && !call.noInput) {
    throw usage("nobody can be asked whether this identity is to end; use --no-input");
  }
  const orgSeed = await orgSeedOf(call, options.from);
  await withDaemon(call, async (client) => {
    const document = await client.call("org.retire", { ...(node === undefined ? {} : { node }), ...orgSeed });
    call.out.document(document, () => [
      document.ended
        ? `✓ ${safeText(document.org)} has left ${document.circles.map(safeText).join(", ")}; its members are told`
        : `✓ ${document.nodes.map((id) => id.slice(0, 8)).join(", ")} is out of ${document.circles.map(safeText).join(", ")} for good`,
    ]);
  });
}

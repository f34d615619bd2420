// `join`: from a ticket to a circle. The circle's rules are shown and agreed to before anything about us is sent.

import type { JoinPreviewDocument } from "../../src/api/documents.ts";
import { limits } from "../../src/base/limits.ts";
import { TocsinError } from "../../src/base/errors.ts";
import { usage } from "../args.ts";
import type { Input } from "../command.ts";
import { readFirstLine } from "../input-text.ts";
import { withDaemon, type Invocation } from "../invocation.ts";
import { writeText } from "../output.ts";

/** --no-input agrees to the rules. Fails within --timeout; the error names the `step` that failed. */
export async function join(call: Invocation, { operands }: Input<Record<string, never>>): Promise<void> {
  if (!call.mayAsk && !call.noInput) throw usage("nobody can be asked to agree to the circle's rules; use --no-input");
  const ticket = await ticketFrom(call, operands[0]);
  // The daemon bounds each step and says which one failed, so the call itself has no deadline of its own.
  const timeoutMs = call.timeoutMs ?? limits.joinTimeoutMs;
  await withDaemon(call, async (client) => {
    if (call.mayAsk) {
      const preview = await client.call("join.preview", { ticket, timeoutMs });
      if (!(await agrees(preview))) throw new TocsinError("CANCELLED", "nothing was joined and nothing was sent");
    }
    const joined = await client.call("join.accept", { ticket, timeoutMs });
    const { safeText } = await import("../safe-text.ts");
    const name = safeText(joined.circle.name);
    call.out.document(joined, () =>
      joined.state === "pending"
        ? [
            `waiting to join ${name}: ${joined.missing} more of its members must vouch for you`,
            "Nothing more is to be done here; this node gets in by itself once they did",
          ]
        : [
            `✓ joined ${safeText(joined.circle.name)}, invited by ${safeText(joined.inviter)}, in ${joined.tookMs} ms`,
            ...(joined.rulesAccepted
              ? []
              : [`! the circle has other rules than you were shown: tocsin circle accept ${name}`]),
            `Next: call them on a number you already have; both run tocsin verify, here: tocsin verify ${safeText(joined.inviter)}`,
          ],
    );
  });
}

async function ticketFrom(call: Invocation, operand: string | undefined): Promise<string> {
  if (operand === "-") return (await readFirstLine("-")).trim();
  if (operand !== undefined) return operand.trim();
  if (!call.mayAsk) throw usage("TICKET is missing; - reads it from standard input");
  const { askSecret } = await import("../prompt.ts");
  return (await askSecret("Paste the ticket (it is not shown): ")).trim();
}

async function agrees({ circle, inviter, inviterFingerprint, policy, members }: JoinPreviewDocument): Promise<boolean> {
  const { historyText, safeText } = await import("../texts.ts");
  const { confirm } = await import("../prompt.ts");
  const lines = [
    `Circle    ${safeText(circle.name)}${policy.purpose === "" ? "" : `: ${safeText(policy.purpose)}`}`,
    `Invited   by ${safeText(inviter)}, fingerprint ${safeText(inviterFingerprint)}`,
    `Members   ${members.map(safeText).join(", ")}`,
    `Rules     at most TLP:${policy.maxTlp.toUpperCase()}, keep ${safeText(policy.keep)}; newcomers read ${historyText(policy.history)}`,
    `          ${policy.invite} admit, ${policy.vouches < 2 ? "alone" : `with the word of ${policy.vouches} orgs`}; ${policy.export} export${policy.exercise ? "; exercises only" : ""}`,
  ];
  writeText(`${lines.join("\n")}\n`, "stderr");
  return await confirm("Join this circle?");
}

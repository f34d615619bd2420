// `verify`: half of six words is read aloud here, the other half is heard and typed. One guess; a typing error is none.

import type { FingerprintDocument, VerifyDocument } from "../../src/api/documents.ts";
import type { Client } from "../../src/api/client.ts";
import { TocsinError } from "../../src/base/errors.ts";
import { limits } from "../../src/base/limits.ts";
import { usage } from "../args.ts";
import type { Input } from "../command.ts";
import type { verifyFlags } from "../flags.ts";
import { readFirstLine } from "../input-text.ts";
import { withDaemon, type Invocation } from "../invocation.ts";
import { writeText } from "../output.ts";
import { safeText } from "../safe-text.ts";

/** Exit code 77 where words or fingerprint differ. */
export async function verify(call: Invocation, { options, operands }: Input<typeof verifyFlags>): Promise<void> {
  const { heard, differ, show, fingerprint } = options;
  const [peer = ""] = operands;
  if ([heard !== undefined, differ, show, fingerprint !== undefined].filter(Boolean).length > 1)
    throw usage("only one of --heard, --differ, --show and --fingerprint");
  await withDaemon(call, async (client) => {
    if (show) return tellFingerprints(call, client, peer);
    if (fingerprint !== undefined)
      return tellVerified(call, await client.call("verify.fingerprint", { peer, fingerprint }, call));
    if (differ) return tellVerified(call, await client.call("verify.heard", { peer, differ }, call));
    if (heard === undefined) return exchange(call, client, peer);
    const words = heard === "-" ? await readFirstLine("-") : heard;
    return tellVerified(call, await client.call("verify.heard", { peer, words }, call));
  });
}

/** Waits for the other side; then asks the person at the terminal, or prints our half for whoever asks a person. */
async function exchange(call: Invocation, client: Client, peer: string): Promise<void> {
  call.out.note(`call ${safeText(peer)} on a number you already have; waiting until they run tocsin verify too`);
  // The daemon bounds the waiting and says why it ended.
  const timeoutMs = call.timeoutMs ?? limits.verifyMs;
  const words = await client.call("verify.begin", { peer, timeoutMs });
  if (!call.mayAsk || call.out.mode !== "text") {
    return call.out.document(words, () => [
      saidLine(words),
      `next: tocsin verify ${safeText(peer)} --heard "WORDS", or --differ`,
    ]);
  }
  writeText(`\n  ${saidLine(words)}\n\n`, "stderr");
  return tellVerified(call, await askPerson(client, peer, words));
}

/** Asks until there are three words of the list, or the person says that they differ. */
async function askPerson(client: Client, peer: string, words: VerifyDocument): Promise<VerifyDocument> {
  const { ask } = await import("../prompt.ts");
  const places = words.say.map((_, index) => (words.hearFrom ?? 1) + index).join(", ");
  for (;;) {
    const typed = await ask(`  Type words ${places} as you hear them (x: they differ): `);
    if (typed === "") throw new TocsinError("CANCELLED", "nothing was verified");
    if (typed.toLowerCase() === "x") return client.call("verify.heard", { peer, differ: true });
    try {
      return await client.call("verify.heard", { peer, words: typed });
    } catch (cause) {
      if (!(cause instanceof TocsinError) || cause.code !== "INPUT_INVALID") throw cause;
      writeText(`  ${safeText(cause.message)}: type them again\n`, "stderr");
    }
  }
}

function saidLine({ say, from }: VerifyDocument): string {
  return `You read these aloud:  ${say.map((word, index) => `${(from ?? 1) + index} ${word}`).join("   ")}`;
}

function tellVerified(call: Invocation, document: VerifyDocument): void {
  call.out.document(document, () => [`✓ ${safeText(document.peer)} is verified`]);
}

async function tellFingerprints(call: Invocation, client: Client, name: string): Promise<void> {
  const shown = await client.call("verify.show", { peer: name }, call);
  const { trustText } = await import("../texts.ts");
  const lines = ({ org, words, digits }: FingerprintDocument, mark: string): string[] => [
    `${safeText(org)}  ${mark}`,
    `  words   ${safeText(words)}`,
    `  digits  ${safeText(digits)}`,
  ];
  call.out.document(shown, () => [...lines(shown.peer, trustText(shown.peer.trust)), ...lines(shown.you, "you")]);
}

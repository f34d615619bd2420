// The daemon's side of the spool: looks into it from the start on, posts what waits through the routes of the local API, in order,
// and takes a file away once what it holds is durable. What is refused is put aside and told; nothing is dropped.

import type { Log } from "../base/events.ts";
import { equalBytes } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import { asTocsinError, ERRORS, errorRow, TocsinError, type ErrorCode } from "../base/errors.ts";
import {
  countSpool,
  dropItem,
  dropUnfinishedItems,
  failItem,
  readSpoolKey,
  type SpoolPlace,
  takeItem,
  waitingItems,
  writeSpoolKey,
} from "../spool/folder.ts";
import { spoolKeys } from "../spool/item.ts";
import type { Desk, Routes } from "./desk.ts";
import type { StatusDocument } from "./documents.ts";
import { parseRequest, requests } from "./requests.ts";

export type SpoolKeeper = AsyncDisposable & { readonly status: () => Promise<StatusDocument["spool"]> };

/** Of a node without a spool, as the demonstration has them. */
export const NO_SPOOL: StatusDocument["spool"] = { waiting: 0, failed: 0, reasons: [], keyChanged: false };

/** A command that found no daemon may write when one is up already: so often it is looked for. */
const LOOK_EVERY_MS = 2_000;
/** A person decides about these; the file waits. */
const WAITS: ReadonlySet<ErrorCode> = new Set([
  "PEER_KEY_CHANGED",
  "PEER_BLOCKED",
  "PEER_UNVERIFIED",
  "POLICY_UNACCEPTED",
]);

/** The request in a text that was spooled; its parameters are checked by the route that they are for. Throws INPUT_INVALID. */
export function parseSpooled(text: string): {
  readonly method: "post" | "import";
  readonly params: unknown;
  readonly token?: string;
} {
  return parseRequest(requests.spooled, parsedJson(text));
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TocsinError("INPUT_INVALID", "what was spooled is not JSON", { cause });
  }
}

/** Opens the spool of a home; `storageKey` is the vault's. Ends, what it is posting posted, when it is disposed. */
export async function keepSpool(
  place: SpoolPlace,
  opened: {
    readonly storageKey: Uint8Array;
    readonly routes: Pick<Routes, "post" | "import">;
    readonly callerBy: Desk["callerBy"];
    readonly gate: Desk["gate"];
    readonly clock: Clock;
    readonly log: Log;
  },
): Promise<SpoolKeeper> {
  const { routes, clock, log } = opened;
  const keys = await spoolKeys(opened.storageKey);
  const stop = new AbortController();
  const keyChanged = await renewKey(place, keys.publicKey, log);
  let reasons: readonly ErrorCode[] = [];

  /** Throws what keeps it from being posted. */
  const post = async ({ method, params: asked, token }: ReturnType<typeof parseSpooled>): Promise<void> => {
    const caller = opened.callerBy(token);
    const params = await opened.gate(method, asked, caller);
    if (method === "post") return void (await routes.post(params, { signal: stop.signal, caller }));
    const { results } = await routes.import(params, { signal: stop.signal, caller });
    const rejected = results.filter(({ state }) => state === "rejected");
    if (rejected.length === 0) return;
    throw new TocsinError("INPUT_INVALID", `${rejected.length} of ${results.length} records are rejected`);
  };

  /** Takes one file away: posted, or put aside. Answers why it stays where it does. */
  const settle = async (name: string): Promise<ErrorCode | undefined> => {
    let isOpen = false;
    try {
      const request = parseSpooled(await takeItem(place, name, keys));
      isOpen = true;
      await post(request);
    } catch (cause) {
      const { code } = asTocsinError(cause);
      // A store that fails is no fault of the item; a file that does not open is damaged for good.
      if (isPassing(code) || (isOpen && errorRow(code).exit === ERRORS.STORE_CORRUPT.exit)) return code;
      await failItem(place, name, code);
      log("spool-failed", { reason: code });
      return undefined;
    }
    // R64: what is spooled is posted once. Its key is sealed with it and stored with its record, so a file that a crash
    // left here is found to be posted; and it is taken away only now, when the record is durable.
    await dropItem(place, name);
    return undefined;
  };

  const drain = async (): Promise<void> => {
    const kept = new Set<ErrorCode>();
    for (const name of await waitingItems(place)) {
      if (stop.signal.aborted) return;
      const why = await settle(name);
      if (why) kept.add(why);
      if (why === "DISK_FULL") break;
    }
    reasons = [...kept];
  };

  const run = async (): Promise<void> => {
    await dropUnfinishedItems(place, clock.now());
    while (!stop.signal.aborted) {
      try {
        await drain();
        await clock.wait(LOOK_EVERY_MS, stop.signal);
      } catch (cause) {
        if (stop.signal.aborted) return;
        const { code } = asTocsinError(cause);
        if (!reasons.includes(code)) log("spool-stopped", { reason: code });
        reasons = [code];
        await clock.wait(LOOK_EVERY_MS, stop.signal).catch(() => undefined);
      }
    }
  };
  const running = run().catch((cause: unknown) => log("spool-stopped", { reason: asTocsinError(cause).code }));

  return {
    status: async () => {
      const counts = await countSpool(place);
      return { ...counts, reasons: [...new Set([...reasons, ...counts.reasons])].sort(), keyChanged };
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
    },
  };
}

/** The same may be posted later without any change of it. */
function isPassing(code: ErrorCode): boolean {
  return WAITS.has(code) || errorRow(code).retryable;
}

/** Writes the public key where it is missing or not the one of the vault, and answers whether it had been changed. */
async function renewKey(place: SpoolPlace, publicKey: Uint8Array, log: Log): Promise<boolean> {
  const found = await readSpoolKey(place).catch(() => new Uint8Array());
  if (found && equalBytes(found, publicKey)) return false;
  await writeSpoolKey(place, publicKey);
  if (found) log("spool-key-changed", {});
  return found !== undefined;
}

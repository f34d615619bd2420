// The rehearsal of what a person wrote: what the review finds, who would read it. Nothing is made and nothing leaves.

import { TocsinError } from "../../src/base/errors.ts";
import type { ResultDocument } from "../../src/api/documents.ts";
import type { Ask } from "./daemon-effects.ts";
import type { Drafted, PostParams, Rehearsal } from "./events.ts";

export async function rehearse(ask: Ask, { params, direct }: Drafted): Promise<Rehearsal> {
  if (direct === undefined) return { params, ...(await inCircle(ask, params)) };
  try {
    const { id } = await ask("circle.direct", { peers: direct, dryRun: true });
    return { params, direct, ...(await inCircle(ask, { ...params, circle: id })) };
  } catch (cause) {
    if (!(cause instanceof TocsinError) || cause.code !== "CIRCLE_UNKNOWN") throw cause;
    return { params, direct, ...(await inNewCircle(ask, params, direct)) };
  }
}

async function inCircle(ask: Ask, params: PostParams): Promise<Pick<Rehearsal, "scrub" | "result">> {
  const { circle, draft, scrub: decided } = params;
  const scrub = await ask("scrub", { draft, ...(circle === undefined ? {} : { circle }) });
  // Without a decision it would be refused before anybody knows who would read it.
  const assumed = decided ?? (scrub.held ? ({ decision: "apply" } as const) : undefined);
  const result = await ask("post", { ...params, dryRun: true, ...(assumed ? { scrub: assumed } : {}) });
  return { scrub, result };
}

/** The closed circle that the message makes: its readers are those that it names. */
async function inNewCircle(
  ask: Ask,
  { draft }: PostParams,
  direct: readonly string[],
): Promise<Pick<Rehearsal, "scrub" | "result">> {
  const { peers } = await ask("peer.list", {});
  const readers = direct.map(
    (org) => ({ org, trust: peers.find((peer) => peer.org === org)?.trust ?? "unverified" }) as const,
  );
  const circles = (await ask("circle.list", {})).circles.map(({ id }) => id);
  const [circle] = circles;
  const scrub = await ask("scrub", { draft, ...(circle === undefined ? {} : { circle }) });
  const result: ResultDocument = {
    ...{ schema: "tocsin.result/1", id: "", kind: draft.kind, state: "queued", tlp: draft.tlp ?? null, acked: [] },
    circle: `a new closed circle with ${direct.join(", ")}`,
    audience: [...direct],
    withheld: [],
    delivered: { held: [], of: direct.length },
    exercise: false,
    readers,
  };
  return { scrub, result };
}

// Whatever a member signs twice, to whomever it shows which side, and in whatever order the others meet: they end with one
// roster, one set of proofs and the same lanes of everybody honest.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RosterChange } from "../../src/circle/change.ts";
import { promote, remove } from "../../src/node/membership.ts";
import { encodePost } from "../../src/record/parse-body.ts";
import type { SignedRecord } from "../../src/record/record.ts";
import { secretOf } from "../../src/node/epochs.ts";
import { adding, agreed, give, proofsAt, settle, signed, stage, type Stage } from "../help/fork-stage.ts";
import { after, draftOf, forgePost } from "../help/forge.ts";
import { liveOf, type Party, says, sync, words } from "../help/memory-rooms.ts";

type Step = { readonly does: number; readonly who: number; readonly whom: number; readonly side: number };
const steps = fc.array(fc.record<Step>({ does: fc.nat(11), who: fc.nat(3), whom: fc.nat(3), side: fc.nat(2) }), {
  minLength: 6,
  maxLength: 24,
});

/** The sides of mallory's lane so far, and who has seen which. */
type Sides = SignedRecord[][];

async function tell(scene: Stage, sides: Sides, { does, who, whom, side }: Step, number: number): Promise<void> {
  const { circle, mallory, honest } = scene;
  const [node, other] = [honest[who], honest[whom]];
  const branch = sides[side];
  if (!node || !other || !branch) return;
  if (does <= 3) {
    // Mallory goes on, on one of its sides, as somebody who is on that side sees the circle.
    const last = branch.at(-1);
    const view = { rosterHeads: liveOf(does < 2 ? node : mallory, circle).state.graph.heads };
    const place = last ? after(last) : {};
    if (does === 3) {
      const epoch = [...liveOf(mallory, circle).state.epochs.keys()].at(-1);
      const secret = epoch && secretOf(mallory.rooms, epoch);
      if (!epoch || !secret) return;
      const draft = draftOf(mallory, circle, "post", {
        ...place,
        epoch,
        ...(last && { rosterHeads: last.header.rosterHeads }),
      });
      branch.push(forgePost(mallory, draft, encodePost(words(`side ${side} ${number}`)), secret));
    } else {
      const change: RosterChange =
        does === 2 ? { op: "promote", member: node.rooms.me.id } : await adding(scene, `newcomer ${number}`);
      branch.push(signed(scene, change, { ...view, ...place }));
    }
    await give(node, scene, ...branch);
  } else if (does <= 5) await give(node, scene, ...branch);
  else if (does <= 7) await says(node, circle, `post ${number}`);
  else if (does === 8) await quietly(promote(node.rooms, circle, other.rooms.me.id));
  else if (does === 9 && number % 3 === 0) await quietly(remove(node.rooms, circle, mallory.rooms.me.id));
  else await sync(other, node, circle);
}

/** A verb that the node may well not be entitled to. */
async function quietly(verb: Promise<unknown>): Promise<void> {
  await verb.catch((cause: unknown) => {
    if (!(cause instanceof Error && /STEWARD_NEEDED|POST_REFUSED/.test((cause as Error & { code: string }).code)))
      throw cause;
  });
}

async function play(story: readonly Step[]): Promise<{ scene: Stage; nodes: readonly Party[]; rounds: number }> {
  const scene = await stage("borealis", "cygnus", "dorado");
  const sides: Sides = [[], [], []];
  for (const [number, step] of story.entries()) await tell(scene, sides, step, number);
  await settle(scene.honest, scene.circle);
  // What somebody holds of the lane alone matters once it leans on it.
  for (const node of scene.honest) await says(node, scene.circle, `the last of ${node.name}`);
  return { scene, nodes: scene.honest, rounds: await settle(scene.honest, scene.circle) };
}

describe("R55, R56: a lane with two or three sides", () => {
  test("ends alike for everybody, with every honest record in place", async () => {
    let forked = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (story) => {
        const { scene, nodes } = await play(story);
        const [first, ...rest] = nodes.map((node) => agreed(node, scene.circle));
        for (const other of rest) expect(other).toEqual(first);
        for (const node of nodes) expect(proofsAt(node, scene.circle)).toBeLessThanOrEqual(40);
        forked += liveOf(nodes[0] ?? scene.mallory, scene.circle).state.roster?.closed.size ?? 0;
      }),
      { numRuns: 40, seed: 55 },
    );
    expect(forked).toBeGreaterThan(10);
  }, 120_000);
});

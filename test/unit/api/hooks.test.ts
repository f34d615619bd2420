// Which items have which programs run, how often, and that a stop leaves none out.

import { afterEach, describe, expect, test } from "vitest";
import type { HookDocument } from "../../../src/api/hook-document.ts";
import type { runHook } from "../../../src/api/hook-process.ts";
import { keepHooks } from "../../../src/api/hooks.ts";
import { mayHook } from "../../../src/api/may-hook.ts";
import { limits } from "../../../src/base/limits.ts";
import type { HookSetting } from "../../../src/node/local-rules.ts";
import { post } from "../../../src/node/post.ts";
import type { Indicator, PostBody } from "../../../src/record/body.ts";
import { type CircleId, orgId } from "../../../src/record/ids.ts";
import { PAP_LEVELS, TLP_LEVELS } from "../../../src/record/marking.ts";
import { circleOfParties, closePolicy, party, type Party, sync } from "../../help/memory-rooms.ts";

const told = { seat: "kim", indicators: [], techniques: [] } as const;
const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

const alert = (title: string, more: Partial<PostBody> = {}): PostBody =>
  ({
    kind: "alert",
    tlp: "amber",
    ...told,
    title,
    severity: "severe",
    urgency: "immediate",
    certainty: "likely",
    ...more,
  }) as PostBody;
const sighting = (title: string, ...values: readonly string[]): PostBody => ({
  ...{ kind: "sighting", tlp: "amber", ...told, title },
  indicators: values.map((value): Indicator => ({ type: "ip", value })),
});

type Stage = { readonly acme: Party; readonly globex: Party; readonly circle: CircleId };

async function stage(): Promise<Stage> {
  const [acme, globex] = [party("acme"), party("globex")];
  return { acme, globex, circle: await circleOfParties([acme, globex], { ...closePolicy, maxTlp: "red" }) };
}

/** globex says it, acme hears it. */
async function heard({ acme, globex, circle }: Stage, ...bodies: readonly PostBody[]): Promise<void> {
  await says(globex, circle, ...bodies);
  await sync(globex, acme, circle);
}

async function says({ rooms }: Party, circle: CircleId, ...bodies: readonly PostBody[]): Promise<void> {
  await post(
    rooms,
    circle,
    bodies.map((body) => ({ body, exercise: false, accept: ["unverified" as const] })),
  );
}

/** Runs hooks whose program only notes what it was told, and the titles that it was told so far. */
function noted(
  { acme }: Stage,
  ...hooks: readonly Omit<HookSetting, "run">[]
): { readonly titles: () => readonly string[]; readonly kept: AsyncDisposable } {
  const titles: string[] = [];
  const run: typeof runHook = async (argv, input) => {
    const { schema, on, item } = JSON.parse(input) as HookDocument;
    expect(schema).toBe("tocsin.hook/1");
    titles.push(`${argv[0]} ${on} ${item.title}`);
    return { how: "done" };
  };
  const kept = keepHooks(
    acme.rooms,
    hooks.map((hook, index) => ({ ...hook, run: [`/${index}`] })),
    run,
  );
  open.push(kept);
  return { titles: () => titles, kept };
}

/** Until the hooks have looked at everything: their cursor stands at the newest item. */
async function settled({ acme: { rooms } }: Stage): Promise<void> {
  const last = async (): Promise<boolean> =>
    Buffer.from((await rooms.store.setting("hooks/cursor")) ?? []).toString() ===
    String(await rooms.store.lastCursor());
  await expect.poll(last, { interval: 2 }).toBe(true);
}

describe("hooks", () => {
  test("on alert run for an alert of another org in their circles, once, and for nothing else", async () => {
    const scene = await stage();
    await heard(scene, alert("before there were hooks"));
    const { titles, kept } = noted(
      scene,
      { on: "alert" },
      { on: "alert", circles: ["elsewhere"] },
      { on: "alert", circles: [scene.circle] },
    );
    await settled(scene);
    await says(scene.acme, scene.circle, alert("ours"));
    await heard(scene, sighting("no alert"), alert("theirs"));
    await settled(scene);
    expect(titles().toSorted()).toEqual(["/0 alert theirs", "/2 alert theirs"]);
    await kept[Symbol.asyncDispose]();
    await heard(scene, alert("while it was down"));
    const after = noted(scene, { on: "alert" });
    await settled(scene);
    expect(after.titles()).toEqual(["/0 alert while it was down"]);
  });

  test("on match run for what the query asks for or, without one, for an indicator that our org named", async () => {
    const scene = await stage();
    await says(scene.acme, scene.circle, sighting("ours", "203.0.113.7"));
    const { titles } = noted(scene, { on: "match" }, { on: "match", query: "ip:203.0.113.9 -drill" });
    await settled(scene);
    await heard(
      scene,
      sighting("known", "203.0.113.7"),
      sighting("asked", "203.0.113.9"),
      sighting("drill", "203.0.113.9"),
      sighting("neither", "203.0.113.1"),
    );
    await settled(scene);
    expect(titles().toSorted()).toEqual(["/0 match known", "/1 match asked"]);
  });

  test("are told nothing that is RED, too strict, withdrawn, over or too old", async () => {
    const scene = await stage();
    const { globex, acme, circle } = scene;
    // What comes while no daemon runs is looked at as it stands at the next start.
    const { kept } = noted(scene, { on: "alert" });
    await settled(scene);
    await kept[Symbol.asyncDispose]();
    await says(globex, circle, alert("old"));
    for (const { clock } of [globex, acme]) clock.advance(limits.hookLateMs + 1);
    const [gone] = await post(globex.rooms, circle, [{ body: alert("gone"), exercise: false }]);
    if (!gone) throw new Error("nothing was posted");
    await heard(
      scene,
      { kind: "retract", tlp: "amber", seat: "kim", re: gone.id },
      alert("red", { tlp: "red", to: [orgId(acme.rooms.me.certificate.orgKey)] }),
      alert("over", { expires: acme.clock.now() - 1 }),
      ...[alert("strict", { tlp: "amber+strict" }), alert("fine", { tlp: "green" })],
    );
    const { titles } = noted(scene, { on: "alert" }, { on: "alert", maxTlp: "amber" });
    await settled(scene);
    expect(titles().toSorted()).toEqual(["/0 alert fine", "/0 alert strict", "/1 alert fine"]);
  });

  test("that come faster than they may are left out and counted", async () => {
    const scene = await stage();
    const { titles } = noted(scene, { on: "match", query: "kind:sighting" });
    await settled(scene);
    const many = Array.from({ length: limits.hooksPerMinute + 5 }, (_, n) => sighting(`${n}`));
    await heard(scene, ...many);
    await settled(scene);
    expect(titles()).toHaveLength(limits.hooksPerMinute);
    expect(scene.acme.events.filter(({ event }) => event === "hook-left-out")).toHaveLength(5);
  });

  test("that a stop ended half-way run again at the next start, and never more than may at once", async () => {
    const scene = await stage();
    let [running, most] = [0, 0];
    const hang: typeof runHook = async (_argv, _input, { signal }) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      running -= 1;
      return { how: "killed" };
    };
    const hung = keepHooks(scene.acme.rooms, [{ on: "alert", run: ["/x"] }], hang);
    await settled(scene);
    await heard(scene, ...Array.from({ length: 9 }, (_, n) => alert(`${n}`)));
    await expect.poll(() => running).toBe(limits.hooksAtOnce);
    await hung[Symbol.asyncDispose]();
    expect({ running, most }).toEqual({ running: 0, most: limits.hooksAtOnce });
    const { titles } = noted(scene, { on: "alert" });
    await settled(scene);
    expect(titles()).toHaveLength(9);
  });

  test("with a query that is none stop the start", async () => {
    const { acme } = await stage();
    expect(() => keepHooks(acme.rooms, [{ on: "match", query: "ip:nowhere", run: ["/x"] }])).toThrow(
      "a hook in node.json",
    );
  });
});

test("the marking of an item bounds which programs are told of it", () => {
  for (const tlp of TLP_LEVELS)
    for (const pap of PAP_LEVELS) {
      const item = { tlp, pap, state: "current" } as const;
      expect(mayHook(item, {})).toBe(tlp !== "red");
      expect(mayHook(item, { does: "third-party" })).toBe(tlp !== "red" && pap !== "red");
      expect(mayHook(item, { does: "active" })).toBe(tlp !== "red" && pap !== "red" && pap !== "amber");
      expect(mayHook(item, { maxTlp: "green" })).toBe(tlp === "green" || tlp === "clear");
      for (const state of ["retracted", "expired", "contested"] as const)
        expect(mayHook({ ...item, state }, {})).toBe(false);
    }
});

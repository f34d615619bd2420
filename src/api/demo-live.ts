// The demonstration on a screen: the same five organisations, talking on until the reader has seen enough. What they say
// follows from the seed, so that two runs show the same.

import { type Log, nameOf } from "../base/events.ts";
import { systemClock } from "../base/clock.ts";
import type { PostBody } from "../record/body.ts";
import type { CircleId } from "../record/ids.ts";
import { parseIndicator } from "../record/indicator.ts";
import { TLP_LEVELS } from "../record/marking.ts";
import { post } from "../node/post.ts";
import { DEMO_ORGS, type DemoOrg, openStage, playing, type Stage } from "./demo.ts";

export type LiveDemo = AsyncDisposable & { readonly socketPath: string };

const SCENE_MS = 4_000;
/** Told at once: the reader comes into a talk that is going on. */
const OPENING_SCENES = 7;
const TOLD = [
  "VPN portal password spray from a rented server",
  "Infostealer logs list three of our staff",
  "Citrix scan burst, one request a minute",
  "Typosquat of our brand registered this morning",
  "Beacon every 60 s with 10 % jitter from a kiosk",
  "Malicious installer, signed with a stolen certificate",
] as const;
const ALERTS = [
  "OAuth consent phish, revoke tenant-wide",
  "VPN zero-day, patch is out",
  "Fake help-desk calls to finance",
] as const;

/** Five running nodes in one circle with the door of the first one open. `speed` 1 is a scene every four seconds. */
export async function openLiveDemo(options: {
  readonly seed: number;
  readonly speed: number;
  readonly log: Log;
}): Promise<LiveDemo> {
  await using stack = new AsyncDisposableStack();
  const stage = stack.use(await openStage(options.log));
  const { row } = await stage.assemble("retail-eu");
  const [first] = DEMO_ORGS;
  stack.use(await stage.door(stage.actors[first]));
  const stop = new AbortController();
  const told = tellOn(stage, row.id, { ...options, signal: stop.signal });
  stack.defer(async () => {
    stop.abort();
    await told;
  });
  const owned = stack.move();
  return { socketPath: stage.actors[first].home.socketPath, [Symbol.asyncDispose]: async () => owned.disposeAsync() };
}

async function tellOn(
  stage: Stage,
  circle: CircleId,
  options: { readonly seed: number; readonly speed: number; readonly log: Log; readonly signal: AbortSignal },
): Promise<void> {
  const { signal, log } = options;
  const draw = drawFrom(options.seed);
  for (let scene = 0; !signal.aborted; scene++) {
    try {
      await playScene(stage, circle, { scene, draw });
      if (scene >= OPENING_SCENES) await systemClock.wait(SCENE_MS / options.speed, signal);
    } catch (cause) {
      if (signal.aborted) return;
      log("demo-scene-failed", { scene, reason: nameOf(cause) });
    }
  }
}

/** Every tenth scene one organisation goes away or comes back; every fifth one is an alert; the others are sightings. */
async function playScene(
  stage: Stage,
  circle: CircleId,
  { scene, draw }: { readonly scene: number; readonly draw: (below: number) => number },
): Promise<void> {
  const { umbrella } = stage.actors;
  if (scene % 10 === 9) {
    await (umbrella.node ? stage.leave(umbrella) : stage.enter(umbrella));
    return;
  }
  const speakers = DEMO_ORGS.filter((org, index) => index > 0 && stage.actors[org].node);
  const speaker: DemoOrg = speakers[draw(speakers.length)] ?? "northwind";
  const { rooms } = playing(stage.actors[speaker]);
  const body = scene % 5 === 1 ? alert(draw, rooms.me.seat) : sighting(draw, rooms.me.seat);
  await post(rooms, circle, [{ body, exercise: true }]);
}

function sighting(draw: (below: number) => number, seat: string): PostBody {
  const indicator = parseIndicator(
    draw(2) === 0 ? `ip:203.0.113.${1 + draw(254)}` : `domain:c2-${draw(1_000)}.example`,
  );
  const tlp = TLP_LEVELS[1 + draw(3)] ?? "amber";
  return {
    kind: "sighting",
    tlp,
    seat,
    text: TOLD[draw(TOLD.length)] ?? TOLD[0],
    indicators: [indicator],
    techniques: [],
  };
}

function alert(draw: (below: number) => number, seat: string): PostBody {
  const title = ALERTS[draw(ALERTS.length)] ?? ALERTS[0];
  const ackBy = systemClock.now() + 30 * 60_000;
  return {
    kind: "alert",
    tlp: "amber+strict",
    seat,
    title,
    indicators: [],
    techniques: [],
    severity: "severe",
    urgency: "immediate",
    certainty: "observed",
    ackBy,
  };
}

/** Numbers below a bound from a seed: the demonstration's choices, never anything secret (mulberry32). */
function drawFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

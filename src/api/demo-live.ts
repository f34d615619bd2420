// The demonstration on a screen: the same five organisations, talking on until the reader has seen enough. What they say
// follows from the seed, so that two runs show the same.

import { type Log, nameOf } from "../base/events.ts";
import { systemClock } from "../base/clock.ts";
import { type PostBody, VERDICTS } from "../record/body.ts";
import type { CircleId, RecordId } from "../record/ids.ts";
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

const ASKS = [
  "Anyone else see AS64500 scanning Citrix gateways?",
  "Who runs PrintHub 8? A quiet vendor advisory is out",
  "Has anybody a contact at the registrar of .example?",
] as const;
const UPDATES = [
  "Three mailboxes had consented, tokens are revoked",
  "The app is blocked tenant-wide",
  "No sign of data access so far",
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

/** What was said last of each kind that others say something about. */
type Said = Record<"alert" | "ask" | "incident", RecordId | undefined>;
type Scene = { readonly scene: number; readonly draw: (below: number) => number; readonly said: Said };

async function tellOn(
  stage: Stage,
  circle: CircleId,
  options: { readonly seed: number; readonly speed: number; readonly log: Log; readonly signal: AbortSignal },
): Promise<void> {
  const { signal, log } = options;
  const draw = drawFrom(options.seed);
  const said: Said = { alert: undefined, ask: undefined, incident: undefined };
  for (let scene = 0; !signal.aborted; scene++) {
    try {
      await playScene(stage, circle, { scene, draw, said });
      if (scene >= OPENING_SCENES) await systemClock.wait(SCENE_MS / options.speed, signal);
    } catch (cause) {
      if (signal.aborted) return;
      log("demo-scene-failed", { scene, reason: nameOf(cause) });
    }
  }
}

/** Ten scenes, over and over: sightings, two alerts, an ask, what others say to them, an incident, and one organisation that goes or comes. */
async function playScene(stage: Stage, circle: CircleId, { scene, draw, said }: Scene): Promise<void> {
  const { umbrella } = stage.actors;
  const others = DEMO_ORGS.filter((org, index) => index > 0 && stage.actors[org].node);
  const speaker: DemoOrg = others[draw(others.length)] ?? "northwind";
  const says = async (org: DemoOrg, body: (seat: string) => PostBody): Promise<RecordId | undefined> => {
    const { rooms } = playing(stage.actors[org]);
    const [record] = await post(rooms, circle, [{ body: body(rooms.me.seat), exercise: true }]);
    return record?.id;
  };
  const [second = "globex", third = "initech"] = others.filter((org) => org !== speaker);
  switch (scene % 10) {
    case 1:
    case 6:
      said.alert = await says(speaker, (seat) => alert(draw, seat));
      return;
    case 2:
      said.ask = await says(speaker, (seat) => ask(draw, seat));
      return;
    case 4:
      await answers(said.ask, { says, orgs: [second, third], draw });
      return;
    case 7:
      await tellIncident(said, { says, speaker, draw });
      return;
    case 8:
      await acknowledgements(said.alert, { says, orgs: [second, third] });
      return;
    case 9:
      await (umbrella.node ? stage.leave(umbrella) : stage.enter(umbrella));
      return;
    default:
      await says(speaker, (seat) => sighting(draw, seat));
  }
}

type Says = (org: DemoOrg, body: (seat: string) => PostBody) => Promise<RecordId | undefined>;

async function answers(
  re: RecordId | undefined,
  { says, orgs, draw }: { readonly says: Says; readonly orgs: readonly DemoOrg[]; readonly draw: Scene["draw"] },
): Promise<void> {
  if (re === undefined) return;
  for (const org of orgs) {
    const answer = VERDICTS[draw(VERDICTS.length)] ?? "yes";
    await says(org, (seat) => ({ kind: "answer", tlp: "amber", seat, re, answer }));
  }
}

async function acknowledgements(
  re: RecordId | undefined,
  { says, orgs }: { readonly says: Says; readonly orgs: readonly DemoOrg[] },
): Promise<void> {
  if (re === undefined) return;
  for (const org of orgs) await says(org, (seat) => ({ kind: "ack", tlp: "amber+strict", seat, re }));
}

/** Opens an incident once, and says more about it each time after. */
async function tellIncident(
  said: Said,
  { says, speaker, draw }: { readonly says: Says; readonly speaker: DemoOrg; readonly draw: Scene["draw"] },
): Promise<void> {
  const { incident: re, alert: link } = said;
  if (re === undefined) {
    said.incident = await says(speaker, (seat) => incident(seat));
    return;
  }
  const links = link === undefined ? {} : { links: [link] };
  const text = UPDATES[draw(UPDATES.length)] ?? UPDATES[0];
  await says(speaker, (seat) => ({ kind: "update", tlp: "amber", seat, re, text, ...links }));
}

function ask(draw: Scene["draw"], seat: string): PostBody {
  const title = ASKS[draw(ASKS.length)] ?? ASKS[0];
  const closes = systemClock.now() + 4 * 3_600_000;
  return { kind: "ask", tlp: "amber", seat, title, indicators: [], techniques: [], closes };
}

function incident(seat: string): PostBody {
  const title = "Consent phish against finance teams";
  return { kind: "incident", tlp: "amber", seat, title, indicators: [], techniques: [], severity: "severe" };
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

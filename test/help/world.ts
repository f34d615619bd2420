// A circle of real nodes on loopback: real sockets, real LevelDB, real keys. `await using world = await circleOf("acme", "borealis")`.

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newIdentity, type VaultContents } from "../../keys/index.ts";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { defaultPolicy, type Policy } from "../../src/circle/change.ts";
import { joinCall } from "../../src/net/join.ts";
import { join as joinCircle } from "../../src/node/joining.ts";
import type { Welcome } from "../../src/node/closed-circle.ts";
import { found, invite } from "../../src/node/membership.ts";
import { openNode, type TocsinNode } from "../../src/node/node.ts";
import { post } from "../../src/node/post.ts";
import type { Log } from "../../src/base/events.ts";
import type { Rooms } from "../../src/node/rooms.ts";
import type { PostBody } from "../../src/record/body.ts";
import type { CircleId } from "../../src/record/ids.ts";
import { parseIndicator } from "../../src/record/indicator.ts";
import type { Item } from "../../src/store/store.ts";

export const openPolicy: Policy = {
  ...defaultPolicy,
  // Nobody in it verified anybody.
  ...{ defaultTlp: "amber", unverified: "read" },
  purpose: "tests",
};

/** One organisation: its files outlive its node, so that it can be stopped and started. */
export class Org implements AsyncDisposable {
  readonly name: string;
  readonly folder: string;
  readonly identity: VaultContents;
  /** What a circle may take of the disk from the next start on. */
  quotaBytes: number | undefined;
  /** Whose closed circles it comes into from the next start on. */
  direct: Welcome | undefined;
  readonly events: { event: string; fields: Readonly<Record<string, unknown>> }[] = [];
  private node: TocsinNode | undefined;
  private listen: readonly string[];
  private readonly announce: readonly string[];
  private readonly relay: boolean;

  constructor(
    name: string,
    folder: string,
    was: {
      readonly identity?: VaultContents;
      readonly listen?: readonly string[];
      readonly announce?: readonly string[];
      readonly relay?: boolean;
    } = {},
  ) {
    this.name = name;
    this.folder = folder;
    this.identity =
      was.identity ?? newIdentity({ org: name, seat: "kim" }, { random: systemRandom, now: systemClock.now() });
    this.listen = was.listen ?? ["/ip4/127.0.0.1/tcp/0"];
    this.announce = was.announce ?? [];
    this.relay = was.relay === true;
  }

  get rooms(): Rooms {
    if (!this.node) throw new Error(`${this.name} is not running`);
    return this.node.rooms;
  }

  async start(): Promise<void> {
    const log: Log = (event, fields) => {
      this.events.push({ event, fields });
      if (this.events.length > 2_000) this.events.shift();
    };
    this.node = await openNode({
      identity: this.identity,
      storePath: join(this.folder, "store"),
      keyringPath: join(this.folder, "keyring"),
      startPath: join(this.folder, "start"),
      listen: this.listen,
      announce: this.announce,
      relay: this.relay,
      ...(this.direct && { direct: this.direct }),
      ...(this.quotaBytes !== undefined && { quotaBytes: this.quotaBytes }),
      clock: systemClock,
      random: systemRandom,
      log,
    });
    // The port stays the same over restarts, as a real node's does.
    if (this.announce.length > 0) return;
    this.listen = this.node.rooms
      .net()
      .addresses()
      .filter((address) => address.startsWith("/ip4/127.0.0.1/"));
  }

  async stop(): Promise<void> {
    const { node } = this;
    this.node = undefined;
    await node?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async posts(circle: CircleId, ...bodies: readonly PostBody[]): Promise<readonly Item[]> {
    const posted = await post(
      this.rooms,
      circle,
      bodies.map((body) => ({ body, exercise: false })),
    );
    const items = await Promise.all(posted.map(async ({ id }) => this.rooms.store.item(id)));
    return items.filter((item) => item !== undefined);
  }

  async items(circle: CircleId): Promise<readonly Item[]> {
    const items: Item[] = [];
    for await (const item of this.rooms.store.feed({ circle, limit: 1_000_000 })) items.push(item);
    return items;
  }
}

/** Organisations that share one circle, founded by the first of them. */
export type World = AsyncDisposable & {
  readonly circle: CircleId;
  readonly orgs: readonly Org[];
  readonly org: (name: string) => Org;
  readonly invites: (inviter: Org, joiner: Org) => Promise<void>;
};

export async function circleOf(...names: readonly string[]): Promise<World> {
  return worldOf(names, openPolicy);
}

export async function worldOf(names: readonly string[], policy: Policy): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "tocsin-world-"));
  const orgs = names.map((name) => new Org(name, join(folder, name)));
  for (const org of orgs) {
    await mkdir(org.folder, { recursive: true, mode: 0o700 });
    await org.start();
  }
  const [founder, ...joiners] = orgs;
  if (!founder) throw new Error("a world needs an organisation");
  const { row } = await found(founder.rooms, "retail-eu", policy);
  const world: World = {
    circle: row.id,
    orgs,
    org: (name) => {
      const org = orgs.find((one) => one.name === name);
      if (!org) throw new Error(`no organisation ${name}`);
      return org;
    },
    invites: async (inviter, joiner) => {
      const { line } = await invite(inviter.rooms, row.id, { for: joiner.name, lifeMs: 60_000 });
      await joinCircle(joiner.rooms, line, { call: joinCall, signal: AbortSignal.timeout(20_000) });
    },
    [Symbol.asyncDispose]: async () => {
      for (const org of orgs) await org.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  for (const joiner of joiners) await world.invites(founder, joiner);
  return world;
}

/** A sighting of one indicator. */
export function sighting(indicator: string, text = "seen"): PostBody {
  return { kind: "sighting", tlp: "amber", seat: "kim", text, indicators: [parseIndicator(indicator)], techniques: [] };
}

/** Waits until an organisation holds, decrypted, every one of these items. Fails after half a minute. */
export async function sees(org: Org, items: readonly Item[]): Promise<void> {
  const late = AbortSignal.timeout(30_000);
  for (const { id } of items) {
    for (;;) {
      const seen = org.rooms.items.count();
      if (await org.rooms.store.item(id)) break;
      await org.rooms.items.after(seen, late);
    }
  }
}

// One organisation as a person has it: a home folder, the built program, a daemon of its own. Everything goes through commands.

import { chmod, mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect } from "vitest";
import { isRunning } from "../../cli/process-state.ts";
import { changePassphrase, createVault, newIdentity } from "../../keys/index.ts";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { writeSettings } from "../../src/node/config.ts";
import { cheapScrypt } from "./cheap-scrypt.ts";
import { type Ran, tocsin } from "./run-cli.ts";
import { openTap, type Tap } from "./tap.ts";

type Json = Record<string, unknown>;

export class Home implements AsyncDisposable {
  readonly org: string;
  readonly folder: string;
  readonly passphraseFile: string;
  /** Where its node listens on loopback. */
  port = 0;
  /** Everything that crossed the network to this node and back, where the home was made with a tap. */
  tap: Tap | undefined;

  private constructor(org: string, folder: string) {
    this.org = org;
    this.folder = folder;
    this.passphraseFile = join(folder, "..", `${org}.passphrase`);
  }

  /**
   * A home in a fresh folder below `parent`, as `init` leaves it, but for its vault, which a guess costs little: of the start of a daemon
   * that is four tenths. With `init`, that command itself makes it. With `tapped`, peers reach the node through a tap only.
   */
  static async make(
    parent: string,
    org: string,
    options: { readonly tapped?: boolean; readonly folder?: string; readonly init?: readonly string[] } = {},
  ): Promise<Home> {
    const home = new Home(org, join(parent, options.folder ?? org));
    await mkdir(home.folder, { recursive: true, mode: 0o700 });
    const passphrase = `correct horse battery ${org}`;
    await writeFile(home.passphraseFile, `${passphrase}\n`, { mode: 0o600 });
    await chmod(home.passphraseFile, 0o600);
    const port = await freePort();
    if (options.tapped) home.tap = await openTap(port);
    const announce = home.tap ? [`/ip4/127.0.0.1/tcp/${home.tap.port}`] : [];
    const address = `/ip4/127.0.0.1/tcp/${port}`;
    const seat = `${org}-seat`;
    const sealing = { random: systemRandom, scrypt: cheapScrypt };
    home.port = port;
    if (options.init) {
      const words = ["--org", org, "--seat", seat, "--passphrase-file", home.passphraseFile, "--listen", address];
      await home.ok(["init", ...words, "--no-start", ...options.init]);
      await changePassphrase(join(home.folder, "vault"), passphrase, passphrase, sealing);
      return home;
    }
    const identity = newIdentity({ org, seat }, { random: systemRandom, now: systemClock.now() });
    await createVault(join(home.folder, "vault"), passphrase, identity, sealing);
    await writeSettings(join(home.folder, "node.json"), { listen: [address], announce });
    return home;
  }

  async start(): Promise<void> {
    await this.ok(["daemon", "start", "--passphrase-file", this.passphraseFile]);
  }

  /** Runs a command to its end. */
  async run(words: readonly string[], input?: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    // Orgs of tests are seldom verified, so what names no marking is for whoever was admitted.
    const marked = { TOCSIN_TLP: "amber", ...env };
    return tocsin(words, { home: this.folder, env: marked, ...(input === undefined ? {} : { input }) });
  }

  /** Runs a command with --json that must exit 0, and answers its document. */
  async ok(words: readonly string[], input?: string): Promise<Json> {
    const ran = await this.run([...words, "--json"], input);
    expect({ words, code: ran.code, stderr: ran.code === 0 ? "" : ran.stderr }).toEqual({ words, code: 0, stderr: "" });
    return ran.stdout.trim() === "" ? {} : ran.json();
  }

  async pid(): Promise<number> {
    return Number((await this.ok(["daemon", "status"]))["pid"]);
  }

  /** SIGKILL, and waits until the process is gone. */
  async kill(): Promise<void> {
    const pid = await this.pid();
    process.kill(pid, "SIGKILL");
    await expect.poll(() => isRunning(pid), { timeout: 10_000, interval: 10 }).toBe(false);
  }

  async stop(): Promise<void> {
    await this.run(["daemon", "stop"]);
  }

  async status(): Promise<{
    circles: { name: string; items: number; behind: number; members: number }[];
    net: Record<string, number>;
    peers: { up: number };
  }> {
    return (await this.ok(["status"])) as never;
  }

  /** Ids of all items of a kind, sorted. */
  async ids(...more: readonly string[]): Promise<readonly string[]> {
    const ids: string[] = [];
    for (let before: readonly string[] = []; ;) {
      const page = (await this.ok(["feed", "--limit", "1000", ...before, ...more])) as {
        items: { id: string; cursor: string }[];
      };
      ids.push(...page.items.map((item) => item.id));
      const last = page.items.at(-1);
      if (page.items.length < 1_000 || !last) return ids.sort();
      before = ["--before", last.cursor];
    }
  }

  async items(): Promise<number> {
    return (await this.status()).circles.reduce((sum, circle) => sum + circle.items, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.tap?.[Symbol.asyncDispose]();
  }
}

/** The founder makes the circle; the others join it by ticket, one after the other. */
export async function gather(name: string, founder: Home, ...joiners: readonly Home[]): Promise<void> {
  await founder.ok(["circle", "create", name]);
  for (const joiner of joiners) {
    const { ticket } = await founder.ok(["invite", "create", "-c", name, "--for", joiner.org]);
    await joiner.ok(["join", "-", "--no-input"], `${String(ticket)}\n`);
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (bound === null || typeof bound === "string") throw new Error("no port");
  return bound.port;
}

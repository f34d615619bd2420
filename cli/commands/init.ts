// `init`: a new organisation on this machine: its keys, its vault, its settings. Needs no daemon and no network.
// It must never overwrite a vault, and never print a secret unless it was asked to or a person sits at the terminal.

import { existsSync } from "node:fs";
import { chmod, mkdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import {
  checkName,
  checkPassphrase,
  createVault,
  fingerprint,
  generatePassphrase,
  newIdentity,
  parseCertificate,
  seedToWords,
  writeAtomic,
} from "../../keys/index.ts";
import type { OrgDocument } from "../../src/api/documents.ts";
import { toHex, utf8 } from "../../src/base/bytes.ts";
import { systemClock } from "../../src/base/clock.ts";
import { TocsinError } from "../../src/base/errors.ts";
import { systemRandom } from "../../src/base/random.ts";
import { checkSettings, writeSettings, type NodeSettings } from "../../src/node/config.ts";
import { usage } from "../args.ts";
import type { Input } from "../command.ts";
import type { initFlags, InitOptions } from "../flags.ts";
import { isOn, type Invocation } from "../invocation.ts";
import { readOrgKey } from "../key-words.ts";
import { writeSecretFile } from "../key-words.ts";
import { writeText } from "../output.ts";
import { passphraseIn } from "../passphrase.ts";

const LISTEN_DEFAULT = "/ip4/0.0.0.0/tcp/7443";

export async function init(call: Invocation, { options }: Input<typeof initFlags>): Promise<void> {
  const { home, out } = call;
  if (existsSync(home.vault)) {
    throw new TocsinError("IDENTITY_EXISTS", "an organisation lives here already", {
      hint: "choose another TOCSIN_HOME for a second one",
    });
  }
  const { org, seat } = await namesOf(call, options);
  const settings = await settingsOf(call, options);
  const { passphrase, keptOnDisk } = await choosePassphrase(call, options["passphrase-file"]);

  // Before anything is made: a misread word changes nothing.
  const recovers = options.recover || options.from.length > 0;
  const known = recovers ? { orgSeed: await readOrgKey(call, options.from) } : {};
  await mkdir(home.data, { recursive: true, mode: 0o700 });
  await chmod(home.data, 0o700);
  const identity = newIdentity({ org, seat, ...known }, { random: systemRandom, now: systemClock.now() });
  await createVault(home.vault, passphrase, identity, { random: systemRandom });
  try {
    await writeSettings(home.settings, settings);
    if (keptOnDisk) await writeAtomic(home.passphrase, utf8(`${passphrase}\n`), { replace: true });
    if (!recovers) await showPaper(call, options.paper, identity.orgSeed);
  } catch (cause) {
    // Half a home would be refused by the daemon and could not be made again.
    await rm(home.vault, { force: true });
    throw cause;
  } finally {
    identity.orgSeed.fill(0);
    known.orgSeed?.fill(0);
  }
  if (!options["no-start"] && !isOn(call.env["TOCSIN_NO_AUTOSTART"])) {
    const { startDaemon } = await import("../daemon-start.ts");
    await startDaemon(call, { passphrase });
  }
  const { orgKey, memberKey } = parseCertificate(identity.certificate);
  const { words, short } = fingerprint(orgKey);
  const document: OrgDocument = {
    schema: "tocsin.org/1",
    org,
    seat,
    orgKey: toHex(orgKey),
    memberKey: toHex(memberKey),
    fingerprint: words.join(" "),
    home: home.data,
  };
  out.document(document, () => [
    `✓ ${org} created  ${short}`,
    `  fingerprint: ${document.fingerprint}`,
    `  listening on ${settings.listen.join(", ")}`,
    recovers
      ? "Next: tocsin org rotate --at HOST:PORT of a member, to take the place of the lost node; or tocsin org enrol"
      : "Next: tocsin circle create NAME, or tocsin join",
  ]);
}

async function namesOf(call: Invocation, options: InitOptions): Promise<{ org: string; seat: string }> {
  const asked = async (name: "org" | "seat", question: string): Promise<string> => {
    const given = options[name];
    if (given !== undefined) return given;
    if (!call.mayAsk) throw usage(`--${name} is missing`);
    const { ask } = await import("../prompt.ts");
    return await ask(question);
  };
  const org = await asked("org", "Name of the organisation: ");
  const seat = await asked("seat", "Your name: ");
  checkName("org name", org);
  checkName("seat name", seat);
  return { org, seat };
}

/** A port that is taken, or 0, becomes a free one: peers are told the port, so it must stay the same. */
async function settingsOf(call: Invocation, options: InitOptions): Promise<NodeSettings> {
  const given = options.listen.length > 0 ? options.listen : [LISTEN_DEFAULT];
  checkSettings({ listen: given, announce: options.announce });
  const listen: string[] = [];
  for (const address of given) {
    const [, , host = "", , port = "", ...transport] = address.split("/");
    const free = await freePort(host, Number(port));
    if (free === undefined) throw new TocsinError("CONFIG_INVALID", `${address} is no address of this machine`);
    if (free !== Number(port) && port !== "0") call.out.note(`port ${port} is taken, this node will use ${free}`);
    listen.push([...address.split("/").slice(0, 4), String(free), ...transport].join("/"));
  }
  return { listen, announce: [...options.announce] };
}

async function freePort(host: string, wanted: number): Promise<number | undefined> {
  return (await bindable(host, wanted)) ?? (await bindable(host, 0));
}

/** The port that could be bound, `port` itself or any for 0; undefined where none can. */
function bindable(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(undefined));
    probe.listen({ host, port, exclusive: true }, () => {
      const bound = probe.address();
      probe.close(() => resolve(typeof bound === "object" ? bound?.port : undefined));
    });
  });
}

async function choosePassphrase(
  call: Invocation,
  file: string | undefined,
): Promise<{ passphrase: string; keptOnDisk: boolean }> {
  if (file !== undefined) {
    const passphrase = await passphraseIn(file);
    checkPassphrase(passphrase);
    return { passphrase, keptOnDisk: false };
  }
  if (call.mayAsk) return { passphrase: await askPassphrase(), keptOnDisk: false };
  if (!call.noInput) throw usage("--passphrase-file is missing; with --no-input one is generated and kept on the disk");
  call.out.note(
    "warning: the passphrase is kept in the file passphrase beside the vault: this disk alone opens the vault",
  );
  return { passphrase: generatePassphrase(systemRandom), keptOnDisk: true };
}

async function askPassphrase(): Promise<string> {
  const { askSecret } = await import("../prompt.ts");
  const typed = await askSecret("Passphrase for the keys (Enter: generate one): ");
  if (typed === "") {
    const generated = generatePassphrase(systemRandom);
    writeText(`Write down this passphrase, it is shown once:\n\n  ${generated}\n\n`, "stderr");
    return generated;
  }
  checkPassphrase(typed);
  if ((await askSecret("The same again: ")) !== typed) {
    throw new TocsinError("INPUT_INVALID", "the two passphrases differ");
  }
  return typed;
}

/** The 24 words: to a file, to standard error, or once to the person at the terminal. */
async function showPaper(call: Invocation, file: string | undefined, orgSeed: Uint8Array): Promise<void> {
  const words = seedToWords(orgSeed).join(" ");
  if (file === undefined && !call.mayAsk) return;
  if (file === undefined || file === "-") {
    writeText(`Write down these 24 words, they are the key of your organisation:\n\n  ${words}\n\n`, "stderr");
    return;
  }
  await writeSecretFile(file, `${words}\n`);
}

// A process that does every durable write of a home, on a disk that is full at the second of each; full-disk.test.ts reads what it tells.
// Full is the disk by a file that takes what is left of a small mount, or by a limit on the size of files.

import { execFileSync } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { changePassphrase, createVault, newIdentity, openVault } from "../../keys/index.ts";
import { storageCipher } from "../../keys/storage-key.ts";
import { openLogFile } from "../../src/api/log-file.ts";
import { fromUtf8, toHex, utf8 } from "../../src/base/bytes.ts";
import { systemClock } from "../../src/base/clock.ts";
import { asTocsinError } from "../../src/base/errors.ts";
import { systemRandom as random } from "../../src/base/random.ts";
import { readSettings, writeSettings } from "../../src/node/config.ts";
import { putBootstrap } from "../../src/node/contacts.ts";
import { openKeyring, readKeyring } from "../../src/node/keyring-file.ts";
import { makeLifeline, readLifeline } from "../../src/node/lifeline.ts";
import { found } from "../../src/node/membership.ts";
import { isIntact, MARK_SETTING, renewMark } from "../../src/node/start-mark.ts";
import { withEpoch } from "../../src/seal/keyring.ts";
import { openStore } from "../../src/store/level.ts";
import { putItem, readSpoolKey, waitingItems, writeSpoolKey } from "../../src/spool/folder.ts";
import { spoolKeys } from "../../src/spool/item.ts";
import { writeSecretFile } from "../../cli/key-words.ts";
import { cheapScrypt } from "../help/cheap-scrypt.ts";
import { closePolicy, party } from "../help/memory-rooms.ts";
import { penIn, someCircle, someRecordId, typicalSighting } from "../help/records.ts";

/** What became of one durable write. */
export type WriteStory = {
  readonly name: string;
  /** The code of its refusal, "none" where nobody was told. */
  readonly refusal: string;
  /** What was there before it, after its refusal, and after the same write once there was space. */
  readonly before: string;
  readonly afterRefusal: string;
  readonly afterSpace: string;
  /** Half-written files that the refusal left. */
  readonly drafts: readonly string[];
};

/** One thing that is written durably: `write` for the first and for the second time, and what is there now. */
type Step = {
  readonly name: string;
  readonly write: (turn: number) => Promise<void>;
  readonly read: () => Promise<string>;
};

const key = new Uint8Array(32).fill(7);
const clock = systemClock;

async function filesIn(folder: string): Promise<readonly Step[]> {
  const at = (name: string): string => join(folder, name);
  const identity = newIdentity({ org: "acme", seat: "kim" }, { random, now: clock.now() });
  const options = { random, scrypt: cheapScrypt };
  const words = ["the first passphrase", "the second passphrase"] as const;
  const keyring = await openKeyring(at("keyring"), key, { clock, random });
  const circle = someCircle();
  const acme = party("acme");
  const codes: string[] = [];
  const place = { path: at("circles"), key };
  const log = (_: string, fields: object): void => void codes.push("reason" in fields ? String(fields.reason) : "");
  const lifeline = makeLifeline({ ...acme.rooms, log }, place, random);
  const spool = { spool: at("spool"), spoolKey: at("spool.pub") };
  const other = { ...spool, spoolKey: at("other.pub") };
  await writeSpoolKey(spool, (await spoolKeys(key)).publicKey);
  return [
    {
      name: "vault",
      write: async (turn) =>
        turn === 1
          ? createVault(at("vault"), words[0], identity, options)
          : changePassphrase(at("vault"), words[0], words[1], options),
      read: async () => {
        const opens = async (passphrase: string): Promise<boolean> =>
          openVault(at("vault"), passphrase).then(
            () => true,
            () => false,
          );
        return JSON.stringify([await opens(words[0]), await opens(words[1])]);
      },
    },
    {
      name: "keyring",
      write: async () =>
        keyring.update((value) =>
          withEpoch(value, { circle, id: someRecordId(), secret: random(32), firstSeenAt: clock.now() }),
        ),
      read: async () => `${keyring.value().epochs.size} ${(await readKeyring(at("keyring"), key)).epochs.size}`,
    },
    {
      name: "lifeline",
      write: async (turn) => {
        if (acme.rooms.circles.size < turn) await found(acme.rooms, `circle ${turn}`, closePolicy);
        lifeline.renew();
        await lifeline.settled();
        // It has nobody to tell but the log.
        const code = codes.pop();
        if (code !== undefined) throw new Error(code);
      },
      read: async () => (await readLifeline(place, () => undefined)).map(({ row }) => row.name).join(),
    },
    {
      name: "spooled item",
      write: async (turn) => void (await putItem(spool, { text: `text ${turn}`, at: turn }, random)),
      read: async () => String((await waitingItems(spool)).length),
    },
    {
      name: "spool key",
      write: async (turn) => writeSpoolKey(other, new Uint8Array(1_216).fill(turn)),
      read: async () => toHex((await readSpoolKey(other)) ?? new Uint8Array()).slice(0, 8),
    },
    {
      name: "settings",
      write: async (turn) => writeSettings(at("node.json"), { listen: [`/ip4/127.0.0.1/tcp/${turn}`], announce: [] }),
      read: async () => (await readSettings(at("node.json"))).listen.join(),
    },
    {
      name: "secret on paper",
      write: async (turn) => writeSecretFile(at(`paper-${turn}`), "word ".repeat(24)),
      read: async () => (await readdir(folder)).filter((name) => name.startsWith("paper")).join(),
    },
    logOf(at("daemon.log")),
  ];
}

/** What cannot be written of a log is counted, and no line is cut. */
function logOf(path: string): Step {
  const file = openLogFile(path, { clock });
  return {
    name: "log",
    write: async (turn) => {
      // More than is left of the last block of the file.
      for (let line = 0; line < (turn === 1 ? 1 : 120); line++) file.log("circles-restored", { circles: turn });
    },
    read: async () => {
      const lines = (await readFile(path, "utf8")).split("\n").slice(0, -1);
      const events = lines.map((line) => (JSON.parse(line) as { event: string }).event);
      return events.includes("lines-left-out") ? "whole lines, and how many are lost" : "whole lines";
    },
  };
}

async function rowsIn(folder: string): Promise<readonly Step[]> {
  // By this clock the free space is measured before each write, and not four times a second.
  let monotonic = 0;
  const store = await openStore(join(folder, "store"), {
    cipher: storageCipher(key, random),
    clock: { ...clock, monotonic: () => (monotonic += 1_000) },
  });
  const pen = penIn(someCircle());
  const said = [1, 2].map((turn) => pen.says(typicalSighting(turn)));
  const setting = async (name: string): Promise<string> => fromUtf8((await store.setting(name)) ?? utf8("none")) ?? "";
  const start = join(folder, "start");
  return [
    {
      name: "store commit",
      write: async (turn) => void (await store.commit({ circle: pen.circle, records: said.slice(turn - 1, turn) })),
      read: async () => `${await store.itemCount(pen.circle)} ${await store.bytes(pen.circle)}`,
    },
    {
      name: "bootstrap contacts",
      write: async (turn) => putBootstrap(store, pen.circle, utf8(`contacts ${turn}`)),
      read: async () => setting(`bootstrap/${pen.circle}`),
    },
    {
      name: "peer",
      write: async (turn) => store.putPeer(utf8("peer"), utf8(`trusted ${turn}`)),
      read: async () => (await Array.fromAsync(store.peers())).map(fromUtf8).join(),
    },
    {
      name: "start mark",
      write: async () => renewMark(start, store, random),
      read: async () => `${await isIntact(start, store)} ${await setting(MARK_SETTING)}`,
    },
  ];
}

/** Fills the disk of a folder; what it answers makes room again. */
async function fill(folder: string, means: string): Promise<() => Promise<void>> {
  if (means === "file size limit") {
    const limit = (bytes: string): unknown =>
      execFileSync("prlimit", ["--pid", String(process.pid), `--fsize=${bytes}:unlimited`]);
    limit("0");
    return async () => void limit("unlimited");
  }
  const ballast = join(folder, "ballast");
  const file = openSync(ballast, "w");
  const [large, small] = [new Uint8Array(1 << 20), new Uint8Array(4_096)];
  for (const block of [large, small]) {
    try {
      while (writeSync(file, block) === block.length);
    } catch (cause) {
      if (!(cause instanceof Error && "code" in cause && cause.code === "ENOSPC")) throw cause;
    }
  }
  closeSync(file);
  return async () => rm(ballast);
}

async function tell(step: Step, folder: string, means: string): Promise<WriteStory> {
  await step.write(1);
  const before = await step.read();
  const empty = await fill(folder, means);
  let refusal = "none";
  try {
    await step.write(2);
  } catch (cause) {
    refusal = step.name === "lifeline" ? (cause as Error).message : asTocsinError(cause).code;
  }
  const afterRefusal = await step.read();
  const drafts = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".new"));
  await empty();
  await step.write(2);
  return { name: step.name, refusal, before, afterRefusal, afterSpace: await step.read(), drafts };
}

const [, script, folder = "", means = ""] = process.argv;
if (script === import.meta.filename) {
  const stories: WriteStory[] = [];
  for (const step of [...(await filesIn(folder)), ...(await rowsIn(folder))])
    stories.push(await tell(step, folder, means));
  process.stdout.write(JSON.stringify(stories), () => process.exit(0));
}

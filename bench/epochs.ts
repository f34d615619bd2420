// What an epoch costs: CPU and bytes of minting one and of opening one's own wrap, by size of the circle and suite. Beside each
// stands the ceiling, the same number of HPKE seals alone. Run with `node bench/epochs.ts`; needs no build.

import { signingKeyFromSeed } from "../keys/index.ts";
import { decodeCbor } from "../src/base/cbor.ts";
import { systemRandom } from "../src/base/random.ts";
import { limits } from "../src/base/limits.ts";
import { prekeyId, type Prekey, type PrekeyId } from "../src/circle/prekey.ts";
import { circleId, laneFor, memberId, type MemberId, recordId } from "../src/record/ids.ts";
import { signClear } from "../src/record/sign.ts";
import { verifyRecord } from "../src/record/verify.ts";
import { decodeEnvelope } from "../src/record/wire.ts";
import { type Epoch, type Minted, mintEpoch, openEpoch } from "../src/seal/epoch.ts";
import { generateWrapKeys, type Suite, wrap, type WrapKeys } from "../src/seal/hpke.ts";

const SIZES = [10, 50, 200, 1_000];
const SUITES = [1, 2] as const;
/** Wraps made, at least, for each figure. */
const WRAPS_MIN = 1_000;
const OPENS = 100;

type Recipient = { readonly prekey: Prekey; readonly keys: WrapKeys };

const key = signingKeyFromSeed(systemRandom(32));
const circle = circleId(systemRandom(32));
const minter = memberId(key.publicKey);

console.log("suite  members   mint ms CPU   per wrap   of the seals alone   open ms CPU   check ms CPU   bytes");
for (const suite of SUITES) {
  const everybody = await Promise.all(Array.from({ length: Math.max(...SIZES) }, async () => recipient(suite)));
  const sealMs = await sealAlone(suite, everybody);
  for (const size of SIZES) console.log((await row(suite, everybody.slice(0, size), sealMs)).join("  "));
}

async function row(suite: Suite, recipients: readonly Recipient[], sealMs: number): Promise<readonly string[]> {
  const size = recipients.length;
  const prekeys = recipients.map(({ prekey }) => prekey);
  const mint = async (): Promise<Minted> =>
    mintEpoch({ circle, minter, suite, depth: 1, prekeys, fresh: systemRandom(32), parentSecrets: [systemRandom(32)] });
  const minted = await mint();
  const mintMs = await cpuMs(Math.ceil(WRAPS_MIN / size), mint);
  const epoch = epochOf(suite, recipients, minted);
  const [first] = recipients;
  if (!first) throw new Error("a circle has members");
  const openMs = await cpuMs(OPENS, async () => {
    const opened = await openEpoch(epoch, first.prekey.member, { keys: first.keys, wraps: minted.wraps });
    if (!opened) throw new Error("a wrap opens for its member");
  });
  const { bytes } = recordOf(minted);
  const fits = size <= limits.membersMax;
  // Signature, payload, tree of the wraps: what every member pays before it opens its own.
  const checkMs = fits ? await cpuMs(OPENS, async () => verifyRecord(decodeEnvelope(bytes))) : NaN;
  return [
    String(suite).padStart(5),
    String(size).padStart(7),
    mintMs.toFixed(2).padStart(11),
    (mintMs / size).toFixed(3).padStart(9),
    ((sealMs * size) / mintMs).toFixed(2).padStart(18),
    openMs.toFixed(2).padStart(12),
    (fits ? checkMs.toFixed(2) : "-").padStart(13),
    String(bytes.length).padStart(10),
  ];
}

async function recipient(suite: Suite): Promise<Recipient> {
  const keys = await generateWrapKeys(suite);
  const { publicKey } = keys;
  const member = memberId(systemRandom(32));
  return { keys, prekey: { id: prekeyId(publicKey), member, suite, publicKey, generation: 0, bytes: publicKey } };
}

/** CPU of one HPKE seal with nothing around it. */
async function sealAlone(suite: Suite, recipients: readonly Recipient[]): Promise<number> {
  const secret = systemRandom(32);
  const context = { info: systemRandom(77), aad: systemRandom(80) };
  const all = await cpuMs(1, async () =>
    Promise.all(recipients.map(async ({ keys }) => wrap(suite, keys.publicKey, secret, context))),
  );
  return all / recipients.length;
}

function epochOf(suite: Suite, recipients: readonly Recipient[], minted: Minted): Epoch {
  const sorted = recipients.map(({ prekey }) => prekey).sort((left, right) => (left.member < right.member ? -1 : 1));
  return {
    ...{ id: recordId(systemRandom(32)), circle, minter, lane: laneFor(minter, systemRandom), seq: 0, suite, depth: 1 },
    ...{ covers: [], mintedAt: 0, keyCommitment: commitmentIn(minted) },
    recipients: new Map<MemberId, PrekeyId>(sorted.map(({ member, id }) => [member, id])),
  };
}

/** The signed key commitment; the strict parser of the program knows no circle of a thousand. */
function commitmentIn(minted: Minted): Uint8Array {
  const body = decodeCbor(minted.body, limits.wrapsBytesMax) as { readonly keyCommitment: Uint8Array };
  return body.keyCommitment;
}

function recordOf(minted: Minted): ReturnType<typeof signClear> {
  const lane = laneFor(minter, systemRandom);
  return signClear(
    {
      ...{ circle, kind: "epoch", author: minter, lane, seq: 0, prev: undefined, epoch: undefined },
      ...{ rosterHeads: [recordId(systemRandom(32))], exercise: false, at: 0 },
    },
    { bytes: minted.body, wraps: minted.wraps },
    { key, random: systemRandom },
  );
}

/** Milliseconds of CPU of one run, over all threads; the first run is not counted. */
async function cpuMs(runs: number, work: () => Promise<unknown>): Promise<number> {
  await work();
  const before = process.cpuUsage();
  for (let run = 0; run < runs; run++) await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / runs;
}

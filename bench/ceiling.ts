// The ceiling that figures are shares of: one core that does nothing but verify, hash, open and store the records.

import { join } from "node:path";
import { Level } from "level";
import { signingKeyFromSeed } from "../keys/index.ts";
import { utf8 } from "../src/base/bytes.ts";
import { systemRandom } from "../src/base/random.ts";
import { emptyLane, nextPlace } from "../src/feed/lane.ts";
import { circleId, laneFor, memberId, recordId } from "../src/record/ids.ts";
import { encodePost } from "../src/record/parse-body.ts";
import { verifyRecord } from "../src/record/verify.ts";
import { decodeEnvelope } from "../src/record/wire.ts";
import { openPost, sealPost } from "../src/seal/seal.ts";
import { typicalSighting } from "../test/help/records.ts";

/** CPU of one record in the loop that no receiver can leave out, in microseconds. */
export async function measureCeiling(folder: string): Promise<number> {
  const seed = systemRandom(32);
  const key = signingKeyFromSeed(seed);
  const author = memberId(key.publicKey);
  const secret = systemRandom(32);
  const draft = {
    circle: circleId(systemRandom(32)),
    kind: "post",
    ...nextPlace(emptyLane(laneFor(author, systemRandom), author)),
    rosterHeads: [],
    epoch: recordId(systemRandom(32)),
    exercise: false,
    at: 0,
  } as const;
  const envelopes = Array.from(
    { length: 2_000 },
    (_, n) => sealPost(draft, encodePost(typicalSighting(n)), { secret, key, random: systemRandom }).record.bytes,
  );
  const level = new Level<Uint8Array, Uint8Array>(join(folder, "ceiling"), {
    keyEncoding: "view",
    valueEncoding: "view",
  });
  const loop = async (): Promise<number> => {
    const before = process.cpuUsage();
    for (let from = 0; from < envelopes.length; from += 100) {
      const batch = envelopes.slice(from, from + 100).map((envelope) => {
        const record = verifyRecord(decodeEnvelope(envelope));
        openPost(record, secret);
        return { type: "put", key: utf8(record.id), value: envelope } as const;
      });
      await level.batch(batch, { sync: true });
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / envelopes.length;
  };
  await loop(); // compiled after this
  const us = await loop();
  await level.close();
  return us;
}

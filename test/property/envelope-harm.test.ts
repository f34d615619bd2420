// Every single bit of an envelope is protected: no copy with one bit flipped or cut short is ever accepted.

import { describe, expect, test } from "vitest";
import { TocsinError } from "../../src/base/errors.ts";
import { remove } from "../../src/node/membership.ts";
import { secretOf } from "../../src/node/epochs.ts";
import type { CircleId } from "../../src/record/ids.ts";
import { clearBody, verifyRecord } from "../../src/record/verify.ts";
import { decodeEnvelope } from "../../src/record/wire.ts";
import { decodeChange } from "../../src/circle/change-codec.ts";
import { openEpoch, parseEpoch } from "../../src/seal/epoch.ts";
import { openPost } from "../../src/seal/seal.ts";
import { allOf, circleOfParties, liveOf, type Party, party, says } from "../help/memory-rooms.ts";

/** An envelope of each kind: a post, a removal, an epoch with the wraps of two members. */
async function samples(): Promise<{
  readonly acme: Party;
  readonly circle: CircleId;
  readonly envelopes: readonly Uint8Array[];
}> {
  const [acme, borealis, cygnus] = [party("acme"), party("borealis"), party("cygnus")];
  const circle = await circleOfParties([acme, borealis, cygnus]);
  await remove(acme.rooms, circle, cygnus.rooms.me.id);
  await says(acme, circle, "a post");
  return { acme, circle, envelopes: (await allOf(acme, circle)).slice(-3) };
}

/** Reads an envelope to the end, as a member does. */
async function read(acme: Party, bytes: Uint8Array): Promise<void> {
  const record = verifyRecord(decodeEnvelope(bytes));
  const { kind, circle, epoch } = record.header;
  if (kind === "roster") decodeChange(clearBody(record), circle);
  if (kind === "epoch") {
    const opened = parseEpoch(record);
    const prekey = opened.recipients.get(acme.rooms.me.id);
    const keys = prekey && acme.rooms.keyring.value().prekeys.get(prekey)?.keys;
    if (!keys || !(await openEpoch(opened, acme.rooms.me.id, { keys, wraps: record.wraps })))
      throw new TocsinError("EPOCH_MALFORMED", "does not open");
  }
  const secret = epoch && secretOf(acme.rooms, epoch);
  if (secret) openPost(record, secret);
}

async function expectRefused(acme: Party, bytes: Uint8Array, what: string): Promise<void> {
  try {
    await read(acme, bytes);
  } catch (cause) {
    if (cause instanceof TocsinError) return;
    throw cause;
  }
  expect.fail(`${what} is accepted`);
}

describe("an envelope", () => {
  test("of each kind is accepted whole", async () => {
    const { acme, circle, envelopes } = await samples();
    expect(envelopes.map((bytes) => decodeEnvelope(bytes).header.kind)).toEqual(["roster", "epoch", "post"]);
    expect(liveOf(acme, circle).state.roster?.members.size).toBe(2);
    for (const envelope of envelopes) await read(acme, envelope);
  });

  test("cut anywhere, or with a byte behind it, is refused", async () => {
    const { acme, envelopes } = await samples();
    for (const envelope of envelopes) {
      for (let length = 0; length < envelope.length; length++)
        await expectRefused(acme, envelope.slice(0, length), `cut to ${length}`);
      for (const byte of [0, 0x80, 0xff]) await expectRefused(acme, Uint8Array.of(...envelope, byte), "longer");
    }
  });
});

describe.each(["roster", "epoch", "post"])("an envelope of kind %s", (kind) => {
  test("with any one bit flipped is refused", async () => {
    const { acme, envelopes } = await samples();
    const envelope = envelopes.find((bytes) => decodeEnvelope(bytes).header.kind === kind) ?? new Uint8Array(0);
    expect(envelope.length).toBeGreaterThan(400);
    for (let bit = 0; bit < 8 * envelope.length; bit++) {
      const flipped = envelope.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await expectRefused(acme, flipped, `bit ${bit}`);
    }
  });
});

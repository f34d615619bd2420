// When secrets are forgotten, and what is kept however long the node is away.

import { describe, expect, test } from "vitest";
import { encodeCbor } from "../../../src/base/cbor.ts";
import { limits } from "../../../src/base/limits.ts";
import { prekeyId } from "../../../src/circle/prekey.ts";
import { circleId, recordId } from "../../../src/record/ids.ts";
import {
  decodeKeyring,
  emptyKeyring,
  forgetExpired,
  forgetPrekeysOf,
  type HeldEpoch,
  type HeldPrekey,
  withEpoch,
  withPrekey,
} from "../../../src/seal/keyring.ts";
import { refusalOf } from "../../help/refusal.ts";

const circle = circleId(new Uint8Array(32).fill(1));
const elsewhere = circleId(new Uint8Array(32).fill(2));
const epoch = (number: number, firstSeenAt: number, of = circle): Omit<HeldEpoch, "supersededAt"> => ({
  circle: of,
  id: recordId(new Uint8Array(32).fill(number)),
  secret: new Uint8Array(32),
  firstSeenAt,
});
const prekey = (number: number, madeAt: number, of = circle): Omit<HeldPrekey, "supersededAt"> => {
  const publicKey = new Uint8Array(32).fill(number);
  return { circle: of, id: prekeyId(publicKey), suite: 1, keys: { publicKey, privateKey: publicKey }, madeAt };
};

describe("a keyring", () => {
  test("R30: forgets an epoch 30 days after a newer one of its circle came, and no sooner", () => {
    const keyring = withEpoch(withEpoch(emptyKeyring, epoch(1, 0)), epoch(2, 1_000));
    const last = 1_000 + limits.epochKeepMs;
    expect(forgetExpired(keyring, last - 1)).toBe(keyring);
    expect([...forgetExpired(keyring, last).epochs.keys()]).toEqual([epoch(2, 0).id]);
  });

  test("R30: forgets a prekey 14 days after a newer one was made", () => {
    const keyring = withPrekey(withPrekey(emptyKeyring, prekey(1, 0)), prekey(2, 1_000));
    const last = 1_000 + limits.prekeyKeepMs;
    expect(forgetExpired(keyring, last - 1)).toBe(keyring);
    expect([...forgetExpired(keyring, last).prekeys.keys()]).toEqual([prekey(2, 0).id]);
  });

  test("R30: keeps the newest of each circle, however long the node is away", () => {
    const keyring = withPrekey(withEpoch(withEpoch(emptyKeyring, epoch(1, 0)), epoch(2, 5, elsewhere)), prekey(1, 0));
    expect(forgetExpired(keyring, 100 * limits.epochKeepMs)).toBe(keyring);
  });

  test("counts from the first epoch that superseded it, not from later ones", () => {
    const keyring = withEpoch(withEpoch(withEpoch(emptyKeyring, epoch(1, 0)), epoch(2, 10)), epoch(3, 20));
    expect(keyring.epochs.get(epoch(1, 0).id)?.supersededAt).toBe(10);
    expect(keyring.epochs.get(epoch(2, 0).id)?.supersededAt).toBe(20);
  });

  test("forgets of too many epochs what a flood brought, before what the circle remembers", () => {
    const numbered = (number: number): ReturnType<typeof epoch> => {
      const id = new Uint8Array(32);
      new DataView(id.buffer).setUint32(0, number);
      return { ...epoch(0, number), id: recordId(id) };
    };
    const honest = numbered(0);
    const last = numbered(limits.epochsHeldMax + 10);
    const known = new Set([honest.id, last.id]);
    let keyring = withEpoch(emptyKeyring, honest);
    for (let number = 1; number < limits.epochsHeldMax + 10; number++)
      keyring = withEpoch(keyring, numbered(number), known);
    keyring = withEpoch(keyring, last, known);
    expect(keyring.epochs.size).toBe(limits.epochsHeldMax);
    expect([keyring.epochs.has(honest.id), keyring.epochs.has(last.id)]).toEqual([true, true]);
    expect(keyring.epochs.has(numbered(1).id)).toBe(false);
  });

  test("drops the private keys of a circle that was left, and of no other", () => {
    const keyring = withPrekey(withPrekey(emptyKeyring, prekey(1, 0)), prekey(2, 0, elsewhere));
    expect([...forgetPrekeysOf(keyring, circle).prekeys.values()].map((held) => held.circle)).toEqual([elsewhere]);
  });

  test("is not read from anything else", async () => {
    for (const value of [{ version: 2, epochs: [], prekeys: [] }, { version: 1, epochs: [] }, []]) {
      expect(await refusalOf(() => decodeKeyring(encodeCbor(value)))).toBe("STORE_CORRUPT");
    }
  });
});

// When secrets are forgotten, and what is kept however long the node is away.

import { describe, expect, test } from "vitest";
import { encodeCbor } from "../../../src/base/cbor.ts";
import { limits } from "../../../src/base/limits.ts";
import { type PrekeyId, prekeyId } from "../../../src/circle/prekey.ts";
import { circleId, recordId } from "../../../src/record/ids.ts";
import {
  decodeKeyring,
  emptyKeyring,
  forgetExpired,
  forgetPrekeysOf,
  type HeldEpoch,
  type HeldPrekey,
  type Keyring,
  withEpoch,
  withHeard,
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

  const ids = (keyring: Keyring): readonly PrekeyId[] => [...keyring.prekeys.keys()];
  const [first, second, third, fourth, fifth] = [1, 2, 3, 4, 5].map((number) => prekey(number, number).id);
  const five = [1, 2, 3, 4, 5].map((number) => prekey(number, number)).reduce(withPrekey, emptyKeyring);

  test("R30: forgets a prekey 14 days after somebody else held a newer one, but for the newest three", () => {
    const now = 1_000;
    const heard = withHeard(five, circle, { some: fourth, all: undefined, now });
    expect(forgetExpired(heard, now + limits.prekeyKeepMs - 1)).toBe(heard);
    expect(ids(forgetExpired(heard, now + limits.prekeyKeepMs))).toEqual([third, fourth, fifth]);
  });

  test("R30: keeps every prekey that nobody is known to have replaced, however long that takes", () => {
    expect(forgetExpired(five, 100 * limits.prekeyKeepMs)).toBe(five);
    expect(withHeard(five, circle, { some: undefined, all: undefined, now: 9 })).toBe(five);
    expect(withHeard(five, circle, { some: first, all: first, now: 9 })).toBe(five);
  });

  test("R30: forgets at once what all others know a newer one of, but for the newest three", () => {
    expect(ids(withHeard(five, circle, { some: fifth, all: second, now: 9 }))).toEqual([second, third, fourth, fifth]);
    expect(ids(withHeard(five, circle, { some: fifth, all: fifth, now: 9 }))).toEqual([third, fourth, fifth]);
    expect(withHeard(five, elsewhere, { some: fifth, all: fifth, now: 9 })).toBe(five);
  });

  test("counts from when it was heard first that a newer prekey is known, not from later ones", () => {
    const heard = withHeard(five, circle, { some: second, all: undefined, now: 10 });
    const again = withHeard(heard, circle, { some: fifth, all: undefined, now: 20 });
    const times = [...again.prekeys.values()].map((held) => held.supersededAt);
    expect(times).toEqual([10, 20, 20, 20, undefined]);
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
    expect(forgetPrekeysOf(forgetPrekeysOf(keyring, circle), circle).prekeys.size).toBe(1);
  });

  test("is not read from anything else", async () => {
    for (const value of [{ version: 2, epochs: [], prekeys: [] }, { version: 1, epochs: [] }, []]) {
      expect(await refusalOf(() => decodeKeyring(encodeCbor(value)))).toBe("STORE_CORRUPT");
    }
  });
});

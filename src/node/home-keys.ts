// The keys of the files beside the store, each derived from the storage key of the vault.

import { signingKeyFromSeed, type SigningKey } from "../../keys/index.ts";
import { encodeCbor } from "../base/cbor.ts";
import { hkdfExpand } from "../base/digest.ts";

export function keyringKey(storageKey: Uint8Array): Uint8Array {
  return hkdfExpand(storageKey, "tocsin/1 keyring", 32);
}

/** What a node needs for its seats: the key of the hashes by which tokens are known, and each seat's own key. */
export type SeatKeys = {
  readonly tokens: Uint8Array;
  /** The key that a seat signs its approvals by. `at`: when the seat was added; who comes again under a name has another key. */
  readonly signer: (seat: string, at: number) => SigningKey;
};

export function seatKeys(storageKey: Uint8Array): SeatKeys {
  const seats = hkdfExpand(storageKey, "tocsin/1 seats", 32);
  return {
    tokens: hkdfExpand(storageKey, "tocsin/1 token", 32),
    signer: (seat, at) => signingKeyFromSeed(hkdfExpand(seats, encodeCbor(["tocsin/1 seat", seat, at]), 32)),
  };
}

export function lifelineKey(storageKey: Uint8Array): Uint8Array {
  return hkdfExpand(storageKey, "tocsin/1 lifeline", 32);
}

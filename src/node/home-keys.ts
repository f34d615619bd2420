// The keys of the files beside the store, each derived from the storage key of the vault.

import { hkdfExpand } from "../base/digest.ts";

export function keyringKey(storageKey: Uint8Array): Uint8Array {
  return hkdfExpand(storageKey, "tocsin/1 keyring", 32);
}

/** The key of the hashes by which tokens are known. */
export function tokenKey(storageKey: Uint8Array): Uint8Array {
  return hkdfExpand(storageKey, "tocsin/1 token", 32);
}

export function lifelineKey(storageKey: Uint8Array): Uint8Array {
  return hkdfExpand(storageKey, "tocsin/1 lifeline", 32);
}

// Merkle tree hash of RFC 6962 section 2.1 over the wraps of an epoch record: a member can later be given its own
// wrap and a path instead of all of them.

import { sha256 } from "../base/digest.ts";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** Root of the leaves in order; SHA-256 of nothing for none. */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const [first] = leaves;
  if (first === undefined) return sha256(new Uint8Array(0));
  if (leaves.length === 1) return sha256(LEAF, first);
  // RFC 6962: split at the largest power of two below the count.
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(NODE, merkleRoot(leaves.slice(0, split)), merkleRoot(leaves.slice(split)));
}

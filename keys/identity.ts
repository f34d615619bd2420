// A new organisation's keys: org key, member key, transport key and the key of its store, with the certificate that
// binds the first three together.

import { limits } from "../src/base/limits.ts";
import type { Random } from "../src/base/random.ts";
import { issueCertificate } from "./certificate.ts";
import { SEED_BYTES, signingKeyFromSeed } from "./signing.ts";
import { STORAGE_KEY_BYTES } from "./storage-key.ts";
import type { VaultContents } from "./vault.ts";

const YEAR_MS = 365.25 * 24 * 3_600_000;
/** Peers' clocks may be behind ours: the certificate is valid a little earlier than it was made. */
const SKEW_MS = limits.clockSkewMaxMs;

/**
 * Everything that a vault holds, freshly drawn; of an org that exists already all but its `orgSeed`. `now` in ms since 1970. Throws
 * INPUT_INVALID for an unusable name.
 */
export function newIdentity(
  of: { readonly org: string; readonly seat: string; readonly orgSeed?: Uint8Array },
  modules: { readonly random: Random; readonly now: number },
): VaultContents & { readonly orgSeed: Uint8Array } {
  const { random, now } = modules;
  const orgSeed = of.orgSeed?.slice() ?? random(SEED_BYTES);
  const [memberSeed, transportSeed] = [random(SEED_BYTES), random(SEED_BYTES)];
  const keys = { org: signingKeyFromSeed(orgSeed), transport: signingKeyFromSeed(transportSeed) };
  const certificate = issueCertificate(keys, {
    org: of.org,
    memberKey: signingKeyFromSeed(memberSeed).publicKey,
    notBefore: now - SKEW_MS,
    notAfter: Math.floor(now + limits.certificateYears * YEAR_MS),
  });
  return {
    ...of,
    orgSeed,
    memberSeed,
    transportSeed,
    storageKey: random(STORAGE_KEY_BYTES),
    certificate: certificate.bytes,
  };
}

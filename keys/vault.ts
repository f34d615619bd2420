// The vault: one small file, encrypted under a passphrase, that holds what makes this node itself.
// Layout: magic 16, log2N 1, r 1, p 1, salt 32, key check 16 (the header), sealed CBOR, SHA-256 of all before it.
// The checksum tells damage before a passphrase is tried; the key check tells a wrong passphrase from a forged file.

import { basename } from "node:path";
import { inspect } from "node:util";
import { assert } from "../src/base/assert.ts";
import { concat, equalBytes, utf8 } from "../src/base/bytes.ts";
import { decodeCbor, encodeCbor, type Cbor } from "../src/base/cbor.ts";
import { hkdfExpand, sha256 } from "../src/base/digest.ts";
import { TocsinError } from "../src/base/errors.ts";
import { limits } from "../src/base/limits.ts";
import type { Random } from "../src/base/random.ts";
import { AEAD_KEY_BYTES, aeadOpen, aeadSeal } from "./aead.ts";
import { readWhole, writeAtomic } from "./atomic-file.ts";
import { checkPassphrase, deriveKey, isScryptCost, SALT_BYTES, SCRYPT_DEFAULT, type ScryptCost } from "./passphrase.ts";

/** What the vault holds. Printing or serialising what `openVault` returns shows nothing of it. */
export type VaultContents = {
  readonly org: string;
  readonly seat: string;
  /** Seed of the org key, 32 bytes; absent where it is kept on paper only. */
  readonly orgSeed?: Uint8Array;
  /** Seeds of 32 bytes: of the member key (Ed25519), of the transport key (Ed25519), and the key of the store. */
  readonly memberSeed: Uint8Array;
  readonly transportSeed: Uint8Array;
  readonly storageKey: Uint8Array;
  /** The node's certificate as `parseCertificate` reads it. */
  readonly certificate: Uint8Array;
};

/** `scrypt` is what a guess of the passphrase shall cost, `SCRYPT_DEFAULT` where it is not given. */
export type VaultOptions = { readonly random: Random; readonly scrypt?: ScryptCost };

const MAGIC = utf8("tocsin vault 1\n\0");
const CHECK_BYTES = 16;
const CHECKSUM_BYTES = 32;
const COST_AT = MAGIC.length;
const SALT_AT = COST_AT + 3;
const CHECK_AT = SALT_AT + SALT_BYTES;
const HEADER_BYTES = CHECK_AT + CHECK_BYTES;
const CONTENTS_VERSION = 1;
const PRINTED = { value: (): string => "[vault]" };

/** Makes the file, mode 0600. Throws IDENTITY_EXISTS where there is one, INPUT_INVALID for a poor passphrase. */
export async function createVault(
  path: string,
  passphrase: string,
  contents: VaultContents,
  options: VaultOptions,
): Promise<void> {
  await writeAtomic(path, await lock(passphrase, contents, options), { replace: false });
}

/**
 * What the file holds. Throws IDENTITY_MISSING where there is none, CONFIG_INVALID where others can read it,
 * VAULT_PASSPHRASE_WRONG, or VAULT_DAMAGED.
 */
export async function openVault(path: string, passphrase: string): Promise<VaultContents> {
  const bytes = await readWhole(path, { bytesMax: limits.vaultBytesMax, privately: true, damaged: "VAULT_DAMAGED" });
  if (bytes === undefined) throw new TocsinError("IDENTITY_MISSING", `there is no ${basename(path)} here yet`);
  return unlock(passphrase, bytes);
}

/** Writes the file anew under another passphrase, with a new salt. Throws as `openVault` and `createVault` do. */
export async function changePassphrase(
  path: string,
  oldPassphrase: string,
  newPassphrase: string,
  options: VaultOptions,
): Promise<void> {
  checkPassphrase(newPassphrase);
  const contents = await openVault(path, oldPassphrase);
  await writeAtomic(path, await lock(newPassphrase, contents, options), { replace: true });
}

/** Writes the file anew without the seed of the org key, which is on paper only from then on. Throws as `openVault` does. */
export async function forgetOrgSeed(path: string, passphrase: string, options: VaultOptions): Promise<void> {
  const { orgSeed, ...kept } = await openVault(path, passphrase);
  orgSeed?.fill(0);
  await writeAtomic(path, await lock(passphrase, kept, options), { replace: true });
}

async function lock(passphrase: string, contents: VaultContents, options: VaultOptions): Promise<Uint8Array> {
  checkPassphrase(passphrase);
  const cost = options.scrypt ?? SCRYPT_DEFAULT;
  const salt = options.random(SALT_BYTES);
  const keys = await keysOf(passphrase, { ...cost, salt });
  const header = concat(MAGIC, Uint8Array.of(cost.log2N, cost.r, cost.p), salt, keys.check);
  const plaintext = encodeContents(contents);
  const sealed = aeadSeal(keys.seal, plaintext, { context: header, random: options.random });
  plaintext.fill(0);
  return concat(header, sealed, sha256(header, sealed));
}

async function unlock(passphrase: string, bytes: Uint8Array): Promise<VaultContents> {
  const end = bytes.length - CHECKSUM_BYTES;
  if (end < HEADER_BYTES || !equalBytes(bytes.subarray(0, COST_AT), MAGIC)) throw damaged("not a vault");
  if (!equalBytes(sha256(bytes.subarray(0, end)), bytes.subarray(end))) throw damaged("wrong checksum");

  const header = bytes.subarray(0, HEADER_BYTES);
  const [log2N = 0, r = 0, p = 0] = header.subarray(COST_AT, SALT_AT);
  if (!isScryptCost({ log2N, r, p })) throw damaged("a cost of scrypt that is out of bounds");
  const keys = await keysOf(passphrase, { log2N, r, p, salt: header.subarray(SALT_AT, CHECK_AT) });
  if (!equalBytes(keys.check, header.subarray(CHECK_AT))) {
    throw new TocsinError("VAULT_PASSPHRASE_WRONG", "the passphrase is wrong");
  }
  const plaintext = aeadOpen(keys.seal, bytes.subarray(HEADER_BYTES, end), header);
  if (plaintext === undefined) throw damaged("forged contents");
  return decodeContents(plaintext);
}

/** The key that seals, and a value that tells whether the passphrase was right and nothing about that key. */
async function keysOf(
  passphrase: string,
  params: ScryptCost & { salt: Uint8Array },
): Promise<{ readonly seal: Uint8Array; readonly check: Uint8Array }> {
  const derived = await deriveKey(passphrase, params);
  const seal = hkdfExpand(derived, "tocsin/1 vault seal", AEAD_KEY_BYTES);
  const check = hkdfExpand(derived, "tocsin/1 vault check", CHECK_BYTES);
  derived.fill(0);
  return { seal, check };
}

function encodeContents(contents: VaultContents): Uint8Array {
  const { org, seat, orgSeed = null, memberSeed, transportSeed, storageKey, certificate } = contents;
  for (const key of [orgSeed, memberSeed, transportSeed, storageKey]) {
    assert(key === null || key.length === 32, "the keys of a vault have 32 bytes");
  }
  return encodeCbor([CONTENTS_VERSION, org, seat, orgSeed, memberSeed, transportSeed, storageKey, certificate]);
}

/** Only a holder of the passphrase can have written what is read here; a wrong shape is a newer version or a bug. */
function decodeContents(plaintext: Uint8Array): VaultContents {
  const fields = decodeCbor(plaintext, limits.vaultBytesMax);
  if (!Array.isArray(fields) || fields.length !== 8) throw damaged("unknown contents");
  const [version, org, seat, orgSeed, memberSeed, transportSeed, storageKey, certificate] = fields as readonly Cbor[];
  if (
    version !== CONTENTS_VERSION ||
    typeof org !== "string" ||
    typeof seat !== "string" ||
    !(orgSeed === null || isKey(orgSeed)) ||
    !isKey(memberSeed) ||
    !isKey(transportSeed) ||
    !isKey(storageKey) ||
    !(certificate instanceof Uint8Array)
  ) {
    throw damaged("unknown contents");
  }
  const keys = { ...(orgSeed ? { orgSeed } : {}), memberSeed, transportSeed, storageKey };
  return unprintable({ org, seat, ...keys, certificate });
}

function isKey(value: Cbor | undefined): value is Uint8Array {
  return value instanceof Uint8Array && value.length === 32;
}

/** The same object; inspecting and serialising it show "[vault]". */
function unprintable(contents: VaultContents): VaultContents {
  return Object.defineProperties(contents, { toJSON: PRINTED, [inspect.custom]: PRINTED });
}

function damaged(why: string): TocsinError {
  return new TocsinError("VAULT_DAMAGED", `the key file is damaged: ${why}`);
}

// The door of the keys: what the other rooms may use of signing, certificates, paper and files. Re-exports only.

export { aeadOpen, aeadSeal } from "./aead.ts";
export {
  certificateCovers,
  issueCertificate,
  parseCertificate,
  type CertificateFields,
  type MemberCertificate,
} from "./certificate.ts";
export { fingerprint, matchesFingerprint, shortForm, type Fingerprint } from "./fingerprint.ts";
export { newIdentity } from "./identity.ts";
export { checkName, isName } from "./name.ts";
export { checkWords, PAPER_WORDS, seedToWords, typedWords, wordsToSeed } from "./paper.ts";
export { checkPassphrase, generatePassphrase, SCRYPT_DEFAULT, type ScryptCost } from "./passphrase.ts";
export { dropUnfinished, systemCode, writeAtomic, writeFailure } from "./atomic-file.ts";
export { SHARE_WORDS, shareToWords, wordsToShare, type KeyShare } from "./share-words.ts";
export { combineShares, readPaperKeyOrShares, splitSeed } from "./shares.ts";
export { readSealedFile, writeSealedFile } from "./sealed-file.ts";
export { PUBLIC_KEY_BYTES, SEED_BYTES, SIGNATURE_BYTES, signingKeyFromSeed, type SigningKey } from "./signing.ts";
export { STORAGE_KEY_BYTES, storageCipher, type StorageCipher } from "./storage-key.ts";
export {
  changePassphrase,
  createVault,
  forgetOrgSeed,
  openVault,
  type VaultContents,
  type VaultOptions,
} from "./vault.ts";
export { admitKey, verifyStrict, verifyStrictAside } from "./verify-strict.ts";
export { readWords, wordsOf } from "./words.ts";

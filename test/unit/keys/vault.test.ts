// The key file: opening, damage, forgery, permissions.

import { chmod, copyFile, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { changePassphrase, createVault, openVault, type VaultContents } from "../../../keys/index.ts";
import { concat, toHex } from "../../../src/base/bytes.ts";
import { sha256 } from "../../../src/base/digest.ts";
import { limits } from "../../../src/base/limits.ts";
import { systemRandom } from "../../../src/base/random.ts";
import { cheapScrypt } from "../../help/cheap-scrypt.ts";
import { errorOf, refusalOf } from "../../help/refusal.ts";
import { seededRandom } from "../../help/seeded-random.ts";
import { tempDir, type TempDir } from "../../help/temp-dir.ts";

const secrets = seededRandom("vault");
const kim: VaultContents = {
  org: "acme-bank",
  seat: "kim",
  orgSeed: secrets(32),
  memberSeed: secrets(32),
  transportSeed: secrets(32),
  storageKey: secrets(32),
  certificate: secrets(200),
};
const passphrase = "correct horse battery staple";
const options = { random: systemRandom, scrypt: cheapScrypt };

/** A folder with kim's vault in it. */
async function kimsFolder(): Promise<TempDir & { readonly vault: string }> {
  const folder = await tempDir();
  const vault = folder.at("vault");
  await createVault(vault, passphrase, kim, options);
  return { ...folder, vault };
}

/** The file with another byte at a place, and a checksum that fits. */
function forge(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const forged = bytes.slice(0, -32);
  forged[at] = value;
  return concat(forged, sha256(forged));
}

test("kim opens the vault with the passphrase", async () => {
  await using folder = await kimsFolder();
  expect(await openVault(folder.vault, passphrase)).toEqual(kim);
});

test("an org key that is on paper only is not in the vault", async () => {
  await using folder = await tempDir();
  const { orgSeed, ...withoutOrgSeed } = kim;
  await createVault(folder.at("vault"), passphrase, withoutOrgSeed, options);
  const opened = await openVault(folder.at("vault"), passphrase);
  expect(orgSeed).toBeDefined();
  expect(opened).toEqual(withoutOrgSeed);
  expect("orgSeed" in opened).toBe(false);
});

test("the file is its owner's only, and nothing else is left in the folder", async () => {
  await using folder = await kimsFolder();
  expect((await stat(folder.vault)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder.path)).toEqual(["vault"]);
});

test("an existing vault is never overwritten", async () => {
  await using folder = await kimsFolder();
  const again = createVault(folder.vault, "another passphrase", { ...kim, seat: "sam" }, options);
  expect(await refusalOf(() => again)).toBe("IDENTITY_EXISTS");
  expect(await openVault(folder.vault, passphrase)).toEqual(kim);
  expect(await readdir(folder.path)).toEqual(["vault"]);
});

test("what a crash left of an earlier attempt is no obstacle", async () => {
  await using folder = await tempDir();
  await writeFile(folder.at("vault.new"), "half a vault");
  await createVault(folder.at("vault"), passphrase, kim, options);
  expect(await readdir(folder.path)).toEqual(["vault"]);
});

test("a folder that is missing is named as the configuration's fault", async () => {
  await using folder = await tempDir();
  expect(await refusalOf(() => createVault(folder.at("no/vault"), passphrase, kim, options))).toBe("CONFIG_INVALID");
});

test("a vault that is missing sends kim to init", async () => {
  await using folder = await tempDir();
  const error = await errorOf(() => openVault(folder.at("vault"), passphrase));
  expect(error).toMatchObject({ code: "IDENTITY_MISSING", hint: "run tocsin init" });
});

test("a wrong passphrase is told from a damaged file", async () => {
  await using folder = await kimsFolder();
  expect(await refusalOf(() => openVault(folder.vault, "wrong"))).toBe("VAULT_PASSPHRASE_WRONG");
  expect(await refusalOf(() => openVault(folder.vault, ""))).toBe("VAULT_PASSPHRASE_WRONG");
  const bytes = await readFile(folder.vault);
  await writeFile(folder.vault, bytes.subarray(0, -1));
  expect(await refusalOf(() => openVault(folder.vault, passphrase))).toBe("VAULT_DAMAGED");
  await writeFile(folder.vault, "");
  expect(await refusalOf(() => openVault(folder.vault, passphrase))).toBe("VAULT_DAMAGED");
  await writeFile(folder.vault, new Uint8Array(limits.vaultBytesMax + 1));
  expect(await refusalOf(() => openVault(folder.vault, passphrase))).toBe("VAULT_DAMAGED");
});

test.skipIf(process.platform === "win32").each([0o640, 0o604, 0o620])(
  "a vault with mode %o is not opened before it is made private",
  async (mode) => {
    await using folder = await kimsFolder();
    await chmod(folder.vault, mode);
    const error = await errorOf(() => openVault(folder.vault, passphrase));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", hint: `chmod 600 ${folder.vault}` });
    await chmod(folder.vault, 0o600);
    expect(await openVault(folder.vault, passphrase)).toEqual(kim);
  },
);

describe("changing the passphrase", () => {
  test("locks out the old one and keeps the contents", async () => {
    await using folder = await kimsFolder();
    const before = await readFile(folder.vault);
    await changePassphrase(folder.vault, passphrase, "a new passphrase", options);
    expect(await openVault(folder.vault, "a new passphrase")).toEqual(kim);
    expect(await refusalOf(() => openVault(folder.vault, passphrase))).toBe("VAULT_PASSPHRASE_WRONG");
    const afterwards = await readFile(folder.vault);
    // New salt, new check, new nonce: nothing links the two but what they are.
    expect(afterwards.subarray(19, 120)).not.toEqual(before.subarray(19, 120));
    expect((await stat(folder.vault)).mode & 0o777).toBe(0o600);
  });

  test("needs the old passphrase and a new one that is long enough", async () => {
    await using folder = await kimsFolder();
    const change = (from: string, to: string): Promise<void> => changePassphrase(folder.vault, from, to, options);
    expect(await refusalOf(() => change("wrong", "a new passphrase"))).toBe("VAULT_PASSPHRASE_WRONG");
    expect(await refusalOf(() => change(passphrase, "short"))).toBe("INPUT_INVALID");
    expect(await openVault(folder.vault, passphrase)).toEqual(kim);
  });
});

describe("a hostile key file with a valid checksum", () => {
  test.each([
    ["asks for 64 GiB", 16, 26],
    ["asks for less work", 16, 10],
    ["asks for a shift beyond all numbers", 16, 255],
    ["asks for wide blocks", 17, 255],
    ["asks for hours", 18, 255],
    ["has other contents", 150, 0x55],
  ])("that %s is damaged", async (_what, at, value) => {
    await using folder = await kimsFolder();
    await writeFile(folder.vault, forge(await readFile(folder.vault), at, value));
    expect(await refusalOf(() => openVault(folder.vault, passphrase))).toBe("VAULT_DAMAGED");
  });

  test("that has another salt does not fit the passphrase", async () => {
    await using folder = await kimsFolder();
    await writeFile(folder.vault, forge(await readFile(folder.vault), 30, 0x55));
    expect(await refusalOf(() => openVault(folder.vault, passphrase))).toBe("VAULT_PASSPHRASE_WRONG");
  });
});

test("no secret shows in the file, in errors or in what is printed of the contents", async () => {
  await using folder = await kimsFolder();
  const opened = await openVault(folder.vault, passphrase);
  await copyFile(folder.vault, folder.at("damaged"));
  await writeFile(folder.at("damaged"), (await readFile(folder.vault)).subarray(1));
  const printed = [
    inspect(opened, { showHidden: true, depth: 9 }),
    JSON.stringify(opened),
    inspect(await errorOf(() => openVault(folder.vault, "wrong passphrase")), { depth: 9 }),
    inspect(await errorOf(() => openVault(folder.at("damaged"), passphrase)), { depth: 9 }),
    (await readFile(folder.vault)).toString("latin1"),
  ].join("\n");
  expect(printed).not.toContain("acme-bank");
  expect(printed).not.toContain("wrong passphrase");
  expect(printed).not.toContain(passphrase);
  for (const seed of [kim.memberSeed, kim.transportSeed, kim.storageKey]) {
    expect(printed).not.toContain(toHex(seed));
    expect(printed).not.toContain(seed.subarray(0, 4).join(", "));
    expect(printed).not.toContain(seed.subarray(0, 4).join(","));
  }
});

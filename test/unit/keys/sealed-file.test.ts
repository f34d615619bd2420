// The file of the epoch keyring: whole or absent, one write after the other.

import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { readSealedFile, writeSealedFile } from "../../../keys/index.ts";
import { toHex, utf8 } from "../../../src/base/bytes.ts";
import { systemRandom } from "../../../src/base/random.ts";
import { refusalOf } from "../../help/refusal.ts";
import { seededRandom } from "../../help/seeded-random.ts";
import { tempDir } from "../../help/temp-dir.ts";

const key = seededRandom("sealed file")(32);
const keyring = utf8("epoch secrets of retail-eu");
const options = { context: "keyring", random: systemRandom };

test("the keyring is read as it was written", async () => {
  await using folder = await tempDir();
  await writeSealedFile(folder.at("keyring"), key, keyring, options);
  expect(await readSealedFile(folder.at("keyring"), key, options)).toEqual(keyring);
  expect((await stat(folder.at("keyring"))).mode & 0o777).toBe(0o600);
});

test("a keyring that was never written is absent, not damaged", async () => {
  await using folder = await tempDir();
  expect(await readSealedFile(folder.at("keyring"), key, options)).toBeUndefined();
});

test("another key, another context, a cut or a strange file is damage", async () => {
  await using folder = await tempDir();
  const path = folder.at("keyring");
  await writeSealedFile(path, key, keyring, options);
  const read = (withKey: Uint8Array, context: string): (() => unknown) => {
    return () => readSealedFile(path, withKey, { context });
  };
  expect(await refusalOf(read(key.toReversed(), "keyring"))).toBe("STORE_CORRUPT");
  expect(await refusalOf(read(key, "another"))).toBe("STORE_CORRUPT");
  const whole = await readFile(path);
  for (const bytes of [whole.subarray(0, -1), whole.subarray(0, 20), new Uint8Array(0), utf8("not sealed at all")]) {
    await writeFile(path, bytes);
    expect(await refusalOf(read(key, "keyring"))).toBe("STORE_CORRUPT");
  }
});

test("a new keyring leaves nothing of the old one in the folder", async () => {
  await using folder = await tempDir();
  const path = folder.at("keyring");
  await writeFile(`${path}.new`, "left behind by a crash");
  await writeSealedFile(path, key, keyring, options);
  const old = toHex(await readFile(path));
  await writeSealedFile(path, key, utf8("without the forgotten epoch"), options);
  expect(await readdir(folder.path)).toEqual(["keyring"]);
  expect(toHex(await readFile(path))).not.toContain(old.slice(40));
});

test("writes asked for at once end with the last one", async () => {
  await using folder = await tempDir();
  const path = folder.at("keyring");
  const versions = Array.from({ length: 20 }, (_, index) => utf8(`version ${index}`));
  await Promise.all(versions.map((version) => writeSealedFile(path, key, version, options)));
  expect(await readSealedFile(path, key, options)).toEqual(utf8("version 19"));
  expect(await readdir(folder.path)).toEqual(["keyring"]);
});

test("a failed write is told to its caller only, and the next one succeeds", async () => {
  await using folder = await tempDir();
  const path = folder.at("later/keyring");
  const first = refusalOf(() => writeSealedFile(path, key, keyring, options));
  const second = refusalOf(() => writeSealedFile(path, key, keyring, options));
  expect(await Promise.all([first, second])).toEqual(["CONFIG_INVALID", "CONFIG_INVALID"]);
  await mkdir(folder.at("later"));
  expect(await refusalOf(() => writeSealedFile(path, key, keyring, options))).toBeUndefined();
});

test("a folder in the file's place is a failure, not an absence", async () => {
  await using folder = await tempDir();
  await mkdir(folder.at("keyring"));
  expect(await refusalOf(() => readSealedFile(folder.at("keyring"), key, options))).toBe("STORE_FAILED");
});

// A LevelDB store whose disk is watched: of each row that ever held a body, what was written of it, so that it can be looked for in the files.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { storageCipher } from "../../keys/storage-key.ts";
import { decodeCbor } from "../../src/base/cbor.ts";
import { toHex } from "../../src/base/bytes.ts";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { decodeEnvelope, isPruned } from "../../src/record/wire.ts";
import { SPACE } from "../../src/store/keyspace.ts";
import { openStore } from "../../src/store/level.ts";
import type { Store } from "../../src/store/store.ts";

/** What was written of a body: under the signature of its record in hexadecimal, or for a draft the text of its body as it stands in the row. */
type Written = { readonly of: string; readonly sealed: Uint8Array };

export type WatchedDisk = {
  readonly open: () => Promise<Store>;
  /** How many pieces of what was ever written of bodies stand in the files; `of` picks the bodies. */
  readonly found: (of: (written: string) => boolean) => Promise<number>;
};

const PIECE_BYTES = 16;
const ROW_BYTES_MAX = 1_048_576;

export function watchedDisk(path: string): WatchedDisk {
  const written: Written[] = [];
  const cipher = storageCipher(new Uint8Array(32).fill(9), systemRandom);
  const watched = {
    ...cipher,
    seal: (plaintext: Uint8Array, context: Uint8Array) => {
      const sealed = cipher.seal(plaintext, context);
      const of = bodyIn(plaintext, context);
      if (of !== undefined) written.push({ of, sealed });
      return sealed;
    },
  };
  return {
    open: async () => openStore(path, { cipher: watched, clock: systemClock }),
    found: async (of) => {
      const files = await filesIn(path);
      const pieces = written.filter((one) => of(one.of)).flatMap(({ sealed }) => piecesOf(sealed));
      return pieces.filter((piece) => files.some((file) => file.includes(piece))).length;
    },
  };
}

/** All files of a folder at one time: LevelDB merges them whenever it likes, and then some are gone before they are read. */
async function filesIn(path: string): Promise<readonly Buffer[]> {
  const names = await readdir(path);
  const files = await Promise.all(names.map(async (name) => readFile(join(path, name)).catch(() => undefined)));
  const whole = files.filter((file) => file !== undefined);
  return whole.length === names.length ? whole : filesIn(path);
}

/** Which body a row holds, undefined where it holds none. */
function bodyIn(plaintext: Uint8Array, [space]: Uint8Array): string | undefined {
  if (space !== SPACE.post && space !== SPACE.unread && space !== SPACE.draft) return undefined;
  const row = decodeCbor(plaintext, ROW_BYTES_MAX) as readonly unknown[];
  if (space === SPACE.draft) return new TextDecoder().decode(row[0] as Uint8Array);
  // An erased body leaves the hash of its payload in a list, or an envelope without one.
  if (space === SPACE.post) return Array.isArray(row[8]) ? undefined : toHex(row[7] as Uint8Array);
  const record = decodeEnvelope(row[2] as Uint8Array);
  return isPruned(record) ? undefined : toHex(record.signature);
}

/** Pieces that stand nowhere else by chance, without the ends. */
function piecesOf(sealed: Uint8Array): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 2 * PIECE_BYTES; at + 3 * PIECE_BYTES <= sealed.length; at += PIECE_BYTES)
    pieces.push(Buffer.from(sealed.subarray(at, at + PIECE_BYTES)));
  return pieces;
}

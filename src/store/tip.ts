// How many batches the store has taken, told beside the database as well: a database that lost the end of its log opens as if
// nothing had been there, and only this shows it. Written after each batch, so that it is never ahead of an intact store.

import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { lastU48, u48 } from "../base/bytes.ts";

export type Tip = {
  /** How many batches were told last. */
  readonly told: number;
  readonly tell: (batches: number) => void;
  readonly close: () => void;
};

const BYTES = 6;

/** Opens the file in the folder of a database, or makes it. Throws what the file system throws. */
export function openTip(folder: string): Tip {
  const path = join(folder, "tip");
  const fd = openSync(path, "a+", 0o600);
  closeSync(fd);
  const stored = readFileSync(path);
  const file = openSync(path, "r+");
  return {
    // Torn or never written, it says nothing.
    told: stored.length === BYTES ? lastU48(new Uint8Array(stored)) : 0,
    // Over the same bytes: that takes no space, so a full disk does not hinder it.
    tell: (batches) => void writeSync(file, u48(batches), 0, BYTES, 0),
    close: () => closeSync(file),
  };
}

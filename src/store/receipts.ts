// Receipts that this node was given: of each member and lane the newest one, as it came, so that it still proves to a third
// what it says.

import { utf8 } from "../base/bytes.ts";
import { bytes } from "./catalogue.ts";
import { keyOf, spanOf, u16 } from "./keyspace.ts";
import { type Change, openRow, sealedRow, type Shelf } from "./shelf.ts";
import type { KeptReceipt } from "./store.ts";

/** The row of each of these; a later one of the same member and lane takes the place of the earlier. */
export function receiptChanges({ cipher }: Shelf, circle: number, receipts: readonly KeptReceipt[]): readonly Change[] {
  return receipts.map(({ member, lane, bytes: receipt }) => {
    const name = cipher.index("receipt", utf8(`${member} ${lane}`));
    return sealedRow(cipher, keyOf("receipt", u16(circle), name), receipt);
  });
}

/** Every receipt of a circle, in no order. */
export async function* readReceipts(shelf: Shelf, circle: number): AsyncGenerator<Uint8Array> {
  for await (const [key, value] of shelf.disk.scan(spanOf("receipt", u16(circle))))
    yield bytes(openRow(shelf.cipher, key, value));
}

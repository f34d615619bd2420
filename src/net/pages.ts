// Envelopes in the pages in which they are sent by a pull and carried by a bundle: each is stored with one fsync by its reader.

import { limits } from "../base/limits.ts";

/** Pages of at most `limits.syncPageRecords` and `bytesMax`; an envelope that is larger is a page of its own. */
export async function* pagesOf(
  envelopes: AsyncIterable<Uint8Array>,
  bytesMax: number,
): AsyncGenerator<readonly Uint8Array[]> {
  let page: Uint8Array[] = [];
  let bytes = 0;
  for await (const envelope of envelopes) {
    if (page.length === limits.syncPageRecords || (page.length > 0 && bytes + envelope.length > bytesMax)) {
      yield page;
      page = [];
      bytes = 0;
    }
    page.push(envelope);
    bytes += envelope.length;
  }
  if (page.length > 0) yield page;
}

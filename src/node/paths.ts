// A second way to each peer, agreed on between people and told to nobody: addresses for the day when the announced ones, or
// the names that they rest on, are gone. Kept at this node only, sealed like all that the store holds.

import { decodeCbor, encodeCbor } from "../base/cbor.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { decodeAddresses, encodeAddresses } from "../circle/notice.ts";
import { ID_BYTES, idBytes, type MemberId, memberId } from "../record/ids.ts";
import { parseNodeAddress } from "../record/node-address.ts";
import type { Store } from "../store/store.ts";

const INDEX = "paths";

export type Paths = {
  readonly of: (member: MemberId) => readonly string[];
  /**
   * Replaces the addresses of a member, none: forgets them. Resolves once it is durable. Throws CONFIG_INVALID for what is no
   * address, LIMIT_EXCEEDED.
   */
  readonly put: (member: MemberId, addresses: readonly string[]) => Promise<void>;
};

/** Paths that are in memory beside a store that holds the same. */
export function newPaths(store: Store, held: ReadonlyMap<MemberId, readonly string[]> = new Map()): Paths {
  const paths = new Map(held);
  return {
    of: (member) => paths.get(member) ?? [],
    put: async (member, addresses) => {
      for (const text of addresses) {
        if (!parseNodeAddress(text)?.port)
          throw new TocsinError("CONFIG_INVALID", `${JSON.stringify(text.slice(0, 64))} is no address of a node`, {
            hint: "write it as /ip4/203.0.113.24/tcp/7443",
          });
      }
      if (addresses.length > limits.pathsPerMemberMax)
        throw new TocsinError("LIMIT_EXCEEDED", `at most ${limits.pathsPerMemberMax} addresses of one peer are kept`);
      const members = new Set([...paths.keys(), member]);
      if (addresses.length === 0) members.delete(member);
      if (members.size > limits.pathsHeldMax)
        throw new TocsinError("LIMIT_EXCEEDED", `ways to at most ${limits.pathsHeldMax} peers are kept`);
      await store.putSetting(nameOf(member), encodeAddresses({ addresses, relay: false }));
      // The index last: a crash between the two leaves what is not looked for.
      await store.putSetting(INDEX, encodeCbor([...members].map(idBytes)));
      if (addresses.length === 0) paths.delete(member);
      else paths.set(member, [...addresses]);
    },
  };
}

/** The paths of a store. Throws STORE_CORRUPT. */
export async function openPaths(store: Store): Promise<Paths> {
  const held = new Map<MemberId, readonly string[]>();
  const index = await store.setting(INDEX);
  if (!index) return newPaths(store);
  try {
    const members: unknown = decodeCbor(index, limits.settingBytesMax);
    if (!Array.isArray(members)) throw new Error("not a list");
    for (const bytes of members) {
      if (!(bytes instanceof Uint8Array) || bytes.length !== ID_BYTES) throw new Error("not a member");
      const row = await store.setting(nameOf(memberId(bytes)));
      if (row) held.set(memberId(bytes), decodeAddresses(row).addresses);
    }
  } catch (cause) {
    throw new TocsinError("STORE_CORRUPT", "the kept ways to peers cannot be read", { cause });
  }
  return newPaths(store, held);
}

const nameOf = (member: MemberId): string => `path/${member}`;

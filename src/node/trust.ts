// What people at this node decided about peers: one durable row an org, all of them in memory. And the one place that
// decides whether a circle may be written to while the key of somebody in it is in doubt.

import { equalBytes, toHex } from "../base/bytes.ts";
import { TocsinError } from "../base/errors.ts";
import type { MemberCertificate } from "../../keys/index.ts";
import type { Roster } from "../circle/roster.ts";
import {
  decodeVetting,
  encodeVetting,
  nodesByOrg,
  type TrustBook,
  trustIn,
  type TrustWord,
  type Vetting,
  withVetting,
} from "../circle/trust.ts";
import type { MemberId } from "../record/ids.ts";
import type { Risk } from "../record/risk.ts";
import type { Store } from "../store/store.ts";
import type { Rooms } from "./rooms.ts";

export type TrustRows = {
  readonly book: () => TrustBook;
  /** Resolves once it is durable. Throws DISK_FULL, LIMIT_EXCEEDED. */
  readonly put: (vetting: Vetting) => Promise<void>;
};

/** The rows of a store that holds none yet. */
export function newTrust(store: Store, held: TrustBook = new Map()): TrustRows {
  let book = held;
  return {
    book: () => book,
    put: async (vetting) => {
      await store.putPeer(vetting.orgKey, encodeVetting(vetting));
      book = withVetting(book, vetting);
    },
  };
}

/** The rows of a store. Throws STORE_CORRUPT. */
export async function openTrust(store: Store): Promise<TrustRows> {
  const book = new Map<string, Vetting>();
  for await (const row of store.peers()) {
    const vetting = decodeVetting(row);
    book.set(toHex(vetting.orgKey), vetting);
  }
  return newTrust(store, book);
}

/** The nodes of an org in all circles that this node is in. */
export function nodesOfOrg(rooms: Rooms, orgKey: Uint8Array): readonly MemberId[] {
  const name = toHex(orgKey);
  return [...new Set(currentRosters(rooms).flatMap((roster) => nodesByOrg(roster).get(name) ?? []))];
}

function currentRosters(rooms: Rooms): readonly Roster[] {
  return [...rooms.circles.values()].flatMap(({ row, state }) =>
    row.state === "current" && state.roster ? [state.roster] : [],
  );
}

/** How far the org of a certificate is trusted; our own is. Where this answers unverified a word of others may count once. */
export function trustOf(rooms: Rooms, { orgKey, org }: Pick<MemberCertificate, "orgKey" | "org">): TrustWord {
  if (equalBytes(orgKey, rooms.me.certificate.orgKey)) return "verified";
  return trustIn(rooms.trust.book(), { orgKey: toHex(orgKey), org, members: nodesOfOrg(rooms, orgKey) });
}

/**
 * R42: nothing is posted to a circle in which a peer's key changed since it was verified, or that a person blocked, unless the
 * writer takes the risk by name. Answers the refusal, which names the peer and what to do.
 */
export function refuseDoubt(rooms: Rooms, roster: Roster, accept: readonly Risk[] = []): TocsinError | undefined {
  if (rooms.trust.book().size === 0 || accept.includes("key-change")) return undefined;
  const found = trustsOf(rooms, roster).find(({ trust }) => trust === "changed" || trust === "blocked");
  if (!found) return undefined;
  const { org, orgKey } = found.certificate;
  const peer = named(roster, org, orgKey);
  const [code, message] =
    found.trust === "changed"
      ? (["PEER_KEY_CHANGED", `the key of ${org} is not the one that was verified; nothing was posted`] as const)
      : (["PEER_BLOCKED", `${org} is blocked; nothing was posted`] as const);
  return new TocsinError(code, message, {
    hint: `tocsin verify ${peer}`,
    details: { peer: org, orgKey: toHex(orgKey) },
  });
}

type Trusted = { readonly certificate: MemberCertificate; readonly trust: TrustWord };

/** How far each member is trusted. Asked for each post, and the same while nothing that it rests on was replaced. */
export function trustsOf(rooms: Rooms, roster: Roster): readonly Trusted[] {
  const restsOn = [rooms.trust.book(), ...currentRosters(rooms)];
  const known = trusts.get(roster);
  if (known?.restsOn.length === restsOn.length && restsOn.every((one, index) => one === known.restsOn[index]))
    return known.found;
  const found = [...roster.members.values()].map(({ certificate }) => ({
    certificate,
    trust: trustOf(rooms, certificate),
  }));
  trusts.set(roster, { restsOn, found });
  return found;
}
const trusts = new WeakMap<Roster, { readonly restsOn: readonly unknown[]; readonly found: readonly Trusted[] }>();

/** What a person types for an org: its name, or the start of its key where another org goes by that name. */
function named(roster: Roster, org: string, orgKey: Uint8Array): string {
  const key = toHex(orgKey);
  const others = [...roster.members.values()].some(
    ({ certificate }) => certificate.org === org && toHex(certificate.orgKey) !== key,
  );
  return others ? key.slice(0, 12) : org;
}

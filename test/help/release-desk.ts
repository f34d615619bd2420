// The posts that a node holds for release, with seats that a test names: who may approve, and by which rules.

import { seatKeys } from "../../src/node/home-keys.ts";
import { openReleases, type Releases } from "../../src/node/releases.ts";
import type { ReleaseRule } from "../../src/seat/release.ts";
import type { Party } from "./memory-rooms.ts";

const keys = seatKeys(new Uint8Array(32).fill(7));

/** `able` may be changed while a test runs, as seats come and go; `since`: when each was added. */
export type Desk = {
  readonly able: string[];
  readonly rules?: readonly ReleaseRule[];
  readonly since?: Map<string, number>;
};

export async function opened({ rooms }: Pick<Party, "rooms">, desk: Desk = { able: ["kim"] }): Promise<Releases> {
  const { able, rules = [], since } = desk;
  return openReleases(rooms, {
    seats: {
      signer: (seat) => (able.includes(seat) ? keys.signer(seat, since?.get(seat) ?? 0) : undefined),
      approvers: () => able,
    },
    rules,
  });
}

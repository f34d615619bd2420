// What a person decides about an org: verified or blocked, by the words that were heard or by its fingerprint. Durable before it
// is told to anybody.

import { equalBytes, toHex, utf8 } from "../base/bytes.ts";
import { TocsinError } from "../base/errors.ts";
import { matchesFingerprint, readWords } from "../../keys/index.ts";
import { encodeWarning } from "../circle/notice.ts";
import type { Member } from "../circle/roster.ts";
import { heardHere } from "../circle/safety-words.ts";
import type { Vetting } from "../circle/trust.ts";
import { ownTurn, standingOf } from "./lanes.ts";
import { declare } from "./post.ts";
import type { Rooms } from "./rooms.ts";
import { nodesOfOrg } from "./trust.ts";
import { forgetWords, waitingWords } from "./verification.ts";

/**
 * The one guess: three words that were heard. Right ones verify the org; others block it, and every circle shared with it is
 * told. Throws WORDS_DIFFER then, VERIFY_BROKEN where no words wait, INPUT_INVALID for what is no word: that is no guess.
 */
export async function hearWords(
  rooms: Rooms,
  member: Member,
  heard: { readonly typed: string } | { readonly differ: true },
): Promise<void> {
  const { orgKey, org } = member.certificate;
  const { words } = heardHere(waitingWords(rooms, member));
  const typed = "differ" in heard ? [] : readWords(heard.typed);
  if (!("differ" in heard)) checkTyped(typed, words.length);
  // Gone before it is looked at: there is no second guess, whatever happens now.
  forgetWords(rooms, member);
  if (equalBytes(utf8(typed.join(" ")), utf8(words.join(" ")))) {
    await rooms.trust.put(vettingOf(rooms, member, { state: "verified", how: "words" }));
    rooms.changes.ring();
    return;
  }
  await rooms.trust.put(vettingOf(rooms, member, { state: "blocked", how: "words" }));
  rooms.changes.ring();
  await warn(rooms, orgKey);
  throw new TocsinError("WORDS_DIFFER", `the words differ: ${org} is blocked, and your circles were told`, {
    hint: "somebody may stand between you; call them, then start again on both sides with tocsin verify",
    details: { peer: org, orgKey: toHex(orgKey) },
  });
}

/** Verifies an org by its fingerprint in words or digits. Throws FINGERPRINT_DIFFERS; nothing changes then. */
export async function compareFingerprint(rooms: Rooms, member: Member, typed: string): Promise<void> {
  const { orgKey, org } = member.certificate;
  if (!matchesFingerprint(orgKey, typed))
    throw new TocsinError("FINGERPRINT_DIFFERS", `that is not the fingerprint of ${org}; nothing was changed`, {
      details: { peer: org, orgKey: toHex(orgKey) },
    });
  await rooms.trust.put(vettingOf(rooms, member, { state: "verified", how: "fingerprint" }));
  rooms.changes.ring();
}

function vettingOf(rooms: Rooms, member: Member, what: Pick<Vetting, "state" | "how">): Vetting {
  const { orgKey, org } = member.certificate;
  // Nothing about the blocked: an org of too many nodes for a row must not escape by that.
  const members = what.state === "verified" ? nodesOfOrg(rooms, orgKey) : [];
  return { orgKey, ...what, at: rooms.clock.now(), seat: rooms.me.seat, org, members };
}

/** Tells every circle that is shared with an org that its words differ. */
async function warn(rooms: Rooms, orgKey: Uint8Array): Promise<void> {
  for (const { row } of [...rooms.circles.values()]) {
    await ownTurn(rooms, row.id, async () => {
      const live = rooms.circles.get(row.id);
      const members = live?.row.state === "current" ? live.state.roster?.members : undefined;
      if (!live || !members?.has(rooms.me.id)) return;
      if (![...members.values()].some(({ certificate }) => equalBytes(certificate.orgKey, orgKey))) return;
      // What this node decided holds here all the same.
      if (standingOf(rooms, live).kind === "held") return rooms.log("warning-not-told", { circle: row.id.slice(0, 8) });
      await declare(rooms, live, [{ kind: "warning", body: encodeWarning({ orgKey, reason: "words differ" }) }]);
    });
  }
}

function checkTyped(typed: readonly (string | undefined)[], count: number): void {
  if (typed.length !== count)
    throw new TocsinError("INPUT_INVALID", `${count} words are to be heard, these are ${typed.length}`);
  const unknown = typed.indexOf(undefined);
  if (unknown < 0) return;
  throw new TocsinError("INPUT_INVALID", `word ${unknown + 1} is not in the list`, {
    hint: "four letters of each word are enough; this was not counted as a guess",
    details: { position: unknown + 1 },
  });
}

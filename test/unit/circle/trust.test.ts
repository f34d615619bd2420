// How far an org is trusted, from what was decided about it and what the rosters show now.

import { describe, expect, test } from "vitest";
import { toHex } from "../../../src/base/bytes.ts";
import { limits } from "../../../src/base/limits.ts";
import {
  decodeVetting,
  encodeVetting,
  type Shown,
  type TrustBook,
  trustIn,
  type Vetting,
  withVetting,
} from "../../../src/circle/trust.ts";
import { memberId } from "../../../src/record/ids.ts";
import { MORNING } from "../../help/records.ts";
import { seededRandom } from "../../help/seeded-random.ts";

const random = seededRandom("trust");
const [hooli, other] = [random(32), random(32)];
const [first, second] = [memberId(random(32)), memberId(random(32))];
const verified: Vetting = {
  ...{ orgKey: hooli, state: "verified", how: "words", at: MORNING, seat: "kim" },
  ...{ org: "hooli", members: [first] },
};
const bookOf = (...vettings: readonly Vetting[]): TrustBook => vettings.reduce(withVetting, new Map<string, Vetting>());
const shown = (orgKey: Uint8Array, org = "hooli", members = [first]): Shown => ({
  orgKey: toHex(orgKey),
  org,
  members,
});

describe("an org", () => {
  test("that nobody decided about is unverified", () => {
    expect(trustIn(bookOf(), shown(hooli))).toBe("unverified");
    expect(trustIn(bookOf(verified), shown(other, "globex"))).toBe("unverified");
  });

  test("that was verified is, for as long as it shows what it showed then", () => {
    expect(trustIn(bookOf(verified), shown(hooli))).toBe("verified");
    expect(trustIn(bookOf(verified), shown(hooli, "hooli", []))).toBe("verified");
  });

  test("that was verified and has a new node is changed, until it is verified with it", () => {
    const grown = shown(hooli, "hooli", [first, second]);
    expect(trustIn(bookOf(verified), grown)).toBe("changed");
    expect(trustIn(bookOf(verified, { ...verified, members: [first, second] }), grown)).toBe("verified");
  });

  test("that was verified and calls itself otherwise is changed", () => {
    expect(trustIn(bookOf(verified), shown(hooli, "h00li"))).toBe("changed");
  });

  test.each(["hooli", "HOOLI", "ｈｏｏｌｉ"])(
    "of another key under the verified name %s is changed; the verified one is not",
    (name) => {
      expect(trustIn(bookOf(verified), shown(other, name))).toBe("changed");
      expect(trustIn(bookOf(verified), shown(hooli))).toBe("verified");
      const both = bookOf(verified, { ...verified, orgKey: other, org: name });
      expect([trustIn(both, shown(other, name)), trustIn(both, shown(hooli))]).toEqual(["verified", "verified"]);
    },
  );

  test("that is blocked stays so whatever it shows, until it is verified; a newcomer of its name is in doubt", () => {
    const book = bookOf(verified, { ...verified, state: "blocked", members: [] });
    expect(trustIn(book, shown(hooli))).toBe("blocked");
    expect(trustIn(book, shown(hooli, "hooli", [second]))).toBe("blocked");
    expect(trustIn(book, shown(other))).toBe("changed");
    expect(trustIn(withVetting(book, verified), shown(hooli))).toBe("verified");
  });
});

describe("a decision", () => {
  test("is read as it was written", () => {
    expect(decodeVetting(encodeVetting(verified))).toEqual(verified);
  });

  test("that was harmed is refused", () => {
    const row = encodeVetting(verified);
    expect(() => decodeVetting(row.slice(0, -1))).toThrow();
    expect(() => decodeVetting(encodeVetting({ ...verified, at: -1 }))).toThrow("cannot be read");
  });

  test("about more nodes than a row holds is refused, and about as many as fit is not", () => {
    const of = (count: number): Vetting => ({ ...verified, members: Array.from({ length: count }, () => first) });
    expect(encodeVetting(of(400)).length).toBeLessThanOrEqual(limits.peerRowBytesMax);
    expect(() => encodeVetting(of(600))).toThrow("too many nodes");
  });
});

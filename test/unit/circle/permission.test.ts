// Who may lift the marking of an item, and for which words.

import { describe, expect, test } from "vitest";
import type { Said } from "../../../src/circle/correction.ts";
import { carryingLimit, permits } from "../../../src/circle/permission.ts";
import type { PostBody } from "../../../src/record/body.ts";
import { recordId } from "../../../src/record/ids.ts";
import type { Tlp } from "../../../src/record/marking.ts";
import { adds, enrols, memberOf, rosterOfStory } from "../../help/roster-graph.ts";

const roster = rosterOfStory(
  { name: "b", by: "ann", after: ["g"], does: adds("bob") },
  { name: "a2", by: "ann2", after: ["b"], does: enrols("ann2", "ann") },
);
const marks = { seat: "kim", indicators: [], techniques: [] } as const;

let made = 0;
function said(author: string, body: PostBody, given: Partial<Said> = {}): Said {
  made += 1;
  const id = recordId(new Uint8Array(32).fill(made));
  return { id, author: memberOf(author), seq: made, at: made, exercise: false, body, ...given };
}
const note = { kind: "note", tlp: "amber", text: "said", ...marks } as const;
const original = said("ann", note);
const widens = (author: string, limit: Tlp, given: Partial<Said> = {}): Said =>
  said(author, { kind: "widen", tlp: "amber", seat: "kim", re: original.id, limit }, given);

describe("R71: a permission to carry an item further", () => {
  test("counts from any node of the org that said it, for that item alone", () => {
    expect(permits(roster, widens("ann", "green"), original)).toBe(true);
    expect(permits(roster, widens("ann2", "green"), original)).toBe(true);
    expect(permits(roster, widens("bob", "green"), original)).toBe(false);
    expect(permits(roster, widens("stranger", "green"), original)).toBe(false);
    expect(permits(roster, widens("ann", "green"), said("ann", note))).toBe(false);
    // A drill is not taken for the real thing here either.
    expect(permits(roster, widens("ann", "green", { exercise: true }), original)).toBe(false);
    const ack = said("ann", { kind: "ack", tlp: "amber", seat: "kim", re: original.id });
    expect(permits(roster, said("ann", { ...widens("ann", "clear").body, re: ack.id } as PostBody), ack)).toBe(false);
  });

  test("lifts the marking, the newest counts, and none makes it stricter", () => {
    const limit = (...about: readonly Said[]): Tlp => carryingLimit(roster, original, about).tlp;
    const [first, second] = [widens("ann", "clear"), widens("ann2", "green")];
    expect(limit()).toBe("amber");
    expect(limit(first)).toBe("clear");
    expect(limit(second, first)).toBe("green");
    expect(limit(first, second, widens("bob", "clear"))).toBe("green");
    expect(limit(first, widens("ann", "red"))).toBe("amber");
    expect(carryingLimit(undefined, original, [first]).tlp).toBe("amber");
  });

  test("is for the words that it was given for, not for those of an amendment after it", () => {
    const before = widens("ann", "clear");
    const now = { ...note, tlp: "amber+strict", text: "said anew" } as const;
    const amendment = said("ann", { kind: "amend", tlp: now.tlp, seat: "kim", re: original.id, now });
    expect(carryingLimit(roster, original, [before, amendment]).tlp).toBe("amber+strict");
    const after = widens("ann", "green");
    expect(carryingLimit(roster, original, [before, amendment, after])).toMatchObject({ tlp: "green", by: after });
  });
});

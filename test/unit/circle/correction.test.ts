// Who may say an item anew or withdraw it, and what stands of it then.

import { describe, expect, test } from "vitest";
import { corrects, type Said, standing } from "../../../src/circle/correction.ts";
import { type Amendable, isAmendable, type PostBody } from "../../../src/record/body.ts";
import { recordId } from "../../../src/record/ids.ts";
import { BODIES } from "../../help/bodies.ts";
import {
  adds,
  admissionOf,
  enrols,
  laneOf,
  memberOf,
  removes,
  rosterOfStory,
  type Told,
} from "../../help/roster-graph.ts";

const op = (name: string, by: string, after: readonly string[], does: Told["does"]): Told => ({
  ...{ name, by, after, does },
});
const base = [
  op("b", "ann", ["g"], adds("bob")),
  op("a2", "ann2", ["b"], enrols("ann2", "ann")),
  // Another org that calls itself so.
  op("x", "ann", ["a2"], {
    op: "add",
    member: admissionOf("eve", "eve", "ann"),
    lane: laneOf("eve"),
    ticket: undefined,
  }),
];
const roster = rosterOfStory(...base);

let made = 0;
function said(author: string, body: PostBody, given: Partial<Said> = {}): Said {
  made += 1;
  const id = recordId(new Uint8Array(32).fill(made));
  return { id, author: memberOf(author), seq: made, at: made, exercise: false, body, ...given };
}
const [note] = BODIES.note;
const original = said("ann", note);
const marks = { tlp: "green", seat: "kim", re: original.id } as const;
const now = { ...note, text: "said anew" } as Amendable;
const amends = (author: string, body = now, given: Partial<Said> = {}): Said =>
  said(author, { kind: "amend", ...marks, tlp: body.tlp, now: body }, given);
const withdraws = (author: string, given: Partial<Said> = {}): Said =>
  said(author, { kind: "retract", ...marks }, given);

describe("R61: a correction", () => {
  test("counts from any node of the org that said it, and from nobody else", () => {
    for (const makes of [amends, withdraws]) {
      expect(corrects(roster, makes("ann"), original)).toBe(true);
      expect(corrects(roster, makes("ann2"), original)).toBe(true);
      expect(corrects(roster, makes("bob"), original)).toBe(false);
      expect(corrects(roster, makes("eve"), original)).toBe(false);
      // Of two members that nothing is known of nothing says that they are of one org.
      expect(corrects(roster, makes("stranger"), { ...original, author: memberOf("other") })).toBe(false);
    }
  });

  test("counts from an org that is out by now", () => {
    const removal = op("r", "ann", ["x"], removes("bob", [{ lane: laneOf("bob"), length: 9 }]));
    const others = { ...original, author: memberOf("bob") };
    expect(corrects(rosterOfStory(...base, removal), withdraws("bob"), others)).toBe(true);
  });

  test("names the item, is of its kind, no wider marked, and of its drill", () => {
    const other = said("ann", note);
    expect(corrects(roster, withdraws("ann"), other)).toBe(false);
    expect(corrects(roster, amends("ann", { ...BODIES.reply[0] } as Amendable), original)).toBe(false);
    expect(corrects(roster, amends("ann", { ...now, tlp: "clear" }), original)).toBe(false);
    expect(corrects(roster, amends("ann", { ...now, tlp: "red" }), original)).toBe(true);
    expect(corrects(roster, amends("ann", now, { exercise: true }), original)).toBe(false);
    expect(corrects(roster, withdraws("ann", { exercise: true }), original)).toBe(false);
    expect(corrects(roster, said("ann", { kind: "reply", ...marks, text: "withdrawn" }), original)).toBe(false);
  });

  test.each(Object.entries(BODIES))("of kind %s counts where that can be corrected", (kind, [body]) => {
    const whole = said("ann", body);
    const can = !["ack", "nudge", "amend", "retract", "widen", "sponsor", "unknown"].includes(kind);
    expect(isAmendable(body)).toBe(can);
    expect(corrects(roster, said("ann", { kind: "retract", ...marks, re: whole.id }), whole)).toBe(can);
  });
});

describe("what stands of an item", () => {
  test("is what was said, then the newest amendment, and nothing once it is withdrawn", () => {
    const first = amends("ann", { ...now, text: "first" }, { at: 5 });
    const second = amends("ann2", { ...now, text: "second" }, { at: 9 });
    const foreign = [amends("bob", now, { at: 99 }), withdraws("eve")];
    expect(standing(roster, original, foreign)).toEqual({ state: "current", body: note });
    expect(standing(roster, original, [second, ...foreign, first])).toMatchObject({
      ...{ state: "amended", body: { text: "second" }, by: second },
    });
    const end = withdraws("ann2", { at: 7 });
    expect(standing(roster, original, [first, end, second])).toEqual({ state: "retracted", body: note, by: end });
    expect(standing(undefined, original, [first, end])).toEqual({ state: "current", body: note });
  });

  test("is the same in any order of arrival, at one moment too", () => {
    const same = ["x", "y"].map((text) => amends("ann", { ...now, text }, { at: 5, seq: 5 }));
    const one = standing(roster, original, same);
    expect(standing(roster, original, same.toReversed())).toEqual(one);
  });
});

// What may follow what in one author's lane.

import { describe, expect, test } from "vitest";
import { accept, emptyLane, extend, type Lane, nextPlace } from "../../../src/feed/lane.ts";
import { laneFor, memberId, recordId } from "../../../src/record/ids.ts";
import type { Header } from "../../../src/record/record.ts";
import { seededRandom } from "../../help/seeded-random.ts";

const author = memberId(new Uint8Array(32).fill(1));
const other = memberId(new Uint8Array(32).fill(2));
const id = laneFor(author, seededRandom("lane"));
const ids = [3, 4, 5].map((fill) => recordId(new Uint8Array(32).fill(fill)));
const [first, second] = ids;
const header = (change: Partial<Header>): { readonly header: Header } => ({
  header: {
    ...{
      circle: "00" as Header["circle"],
      kind: "post",
      rosterHeads: ids.slice(2),
      epoch: undefined,
      exercise: false,
      at: 0,
    },
    ...{ commitment: new Uint8Array(0), nonce: new Uint8Array(0), payloadHash: new Uint8Array(0) },
    ...{ lane: id, author, seq: 0, prev: undefined, ...change },
  },
});
const empty = emptyLane(id, author);
const held: Lane = { id, author, length: 2, head: second, seen: [] };

describe("a lane", () => {
  test("begins with seq 0 of its own author", () => {
    expect(accept(empty, header({}))).toEqual({ kind: "next" });
    expect(accept(empty, header({ seq: 1, prev: first }))).toEqual({ kind: "gap" });
  });

  test("R5: is written by its author only, from its first record on", () => {
    expect(accept(held, header({ author: other, seq: 2, prev: second })).kind).toBe("broken");
    expect(accept(emptyLane(id, other), header({ author: other })).kind).toBe("broken");
  });

  test("R6: goes on with a record that names the one before it", () => {
    expect(accept(held, header({ seq: 2, prev: second }))).toEqual({ kind: "next" });
    expect(accept(held, header({ seq: 2, prev: first }))).toEqual({ kind: "forked" });
    expect(accept(held, header({ seq: 3, prev: second }))).toEqual({ kind: "gap" });
    expect(accept(held, header({ seq: 1, prev: first }))).toEqual({ kind: "held" });
  });

  test("grows by a record and says what comes next", () => {
    if (!first) throw new Error("an id");
    const lane = extend(empty, { ...header({}), id: first });
    expect(lane).toEqual({ id, author, length: 1, head: first, seen: ids.slice(2) });
    expect(nextPlace(lane)).toEqual({ lane: id, author, seq: 1, prev: first });
    expect(nextPlace(empty)).toEqual({ lane: id, author, seq: 0, prev: undefined });
  });
});

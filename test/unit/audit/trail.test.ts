// A trail judged as it was written, and with rows changed, left out, moved or written anew.

import { describe, expect, it } from "vitest";
import { signingKeyFromSeed } from "../../../keys/index.ts";
import { judgeTrail, type Judged } from "../../../src/audit/check.ts";
import { encodeEntry, signAnchor, type TrailEntry } from "../../../src/audit/entry.ts";
import { extended, TRAIL_START, type TrailRow } from "../../../src/audit/trail.ts";
import { MORNING } from "../../help/records.ts";
import { seededRandom } from "../../help/seeded-random.ts";

const random = seededRandom("trail");
const key = signingKeyFromSeed(random(32));
const [circle, epoch] = [random(32), random(32)];

const audience: TrailEntry = {
  op: "audience",
  circle,
  name: "retail-eu",
  epoch,
  readers: [[random(32), random(32), "acme"]],
};
const disclosed = (): TrailEntry => ({
  ...{ op: "disclosed", circle, record: random(32), epoch, at: MORNING, kind: "sighting", tlp: "amber", seat: "kim" },
  ...{ exercise: false, auto: false },
});

/** A trail of an audience and eight disclosures, signed after the fifth row. */
function aTrail(): readonly TrailRow[] {
  let end = TRAIL_START;
  return [audience, ...Array.from({ length: 8 }, disclosed)].flatMap((entry, index) => {
    const rows: TrailRow[] = [];
    const put = (one: TrailEntry): void => {
      const encoded = encodeEntry(one);
      end = extended(end, encoded);
      rows.push({ number: end.length, entry: encoded, link: end.link });
    };
    if (index === 5) put(signAnchor(end, MORNING, key));
    put(entry);
    return rows;
  });
}

function judged(rows: readonly TrailRow[]): Judged {
  const judge = judgeTrail(key.publicKey);
  for (const row of rows) judge.take(row);
  return judge.judged();
}

const wheres = (rows: readonly TrailRow[]): readonly number[] => judged(rows).faults.map(({ number }) => number);

describe("a trail", () => {
  const rows = aTrail();

  it("that is whole has no fault, and says how far it is signed", () => {
    expect(judged(rows)).toMatchObject({ faults: [], disclosures: 8, anchored: 5, end: { length: 10 } });
  });

  it.each(rows.map(({ number }) => number))("shows where row %i was changed", (number) => {
    const changed = rows.map((row) => {
      if (row.number !== number) return row;
      const entry = Uint8Array.from(row.entry ?? []);
      entry[entry.length - 1] = (entry.at(-1) ?? 0) ^ 1;
      return { ...row, entry };
    });
    expect(wheres(changed)).toContain(number);
  });

  it.each(rows.slice(0, -1).map(({ number }) => number))("shows where row %i was left out", (number) => {
    expect(judged(rows.filter((row) => row.number !== number)).faults).toContainEqual({
      ...{ number: number + 1, what: `rows ${number} to ${number} are missing` },
    });
    // Numbered anew, the hashes show it.
    const closed = rows.filter((row) => row.number !== number).map((row, index) => ({ ...row, number: index + 1 }));
    expect(wheres(closed)).toContain(number);
  });

  it("shows that two rows changed places", () => {
    const swapped = rows.map((row, index) => ({
      ...(rows[index === 2 ? 3 : index === 3 ? 2 : index] ?? row),
      number: row.number,
    }));
    expect(wheres(swapped)).toEqual(expect.arrayContaining([3, 4]));
  });

  it("that somebody without the member key wrote anew is found at its anchor", () => {
    let end = TRAIL_START;
    const anew = rows.map(({ number, entry = new Uint8Array(0) }): TrailRow => {
      const said = number === 3 ? encodeEntry(disclosed()) : entry;
      end = extended(end, said);
      return { number, entry: said, link: end.link };
    });
    expect(judged(anew).faults).toEqual([{ number: 6, what: "was signed over another trail: row 5 was another one" }]);
    const forged = signAnchor(
      { length: 5, link: anew[4]?.link ?? random(32) },
      MORNING,
      signingKeyFromSeed(random(32)),
    );
    const last = anew.at(-1)?.link ?? random(32);
    const entry = encodeEntry({ ...forged, member: key.publicKey });
    const signed = [...anew, { number: 11, entry, link: extended({ length: 10, link: last }, entry).link }];
    expect(judged(signed).faults.map(({ number }) => number)).toEqual([6, 11]);
  });

  it("refuses a disclosure that does not say who could read it, and a row that says nothing", () => {
    const chain = (...entries: readonly Uint8Array[]): readonly TrailRow[] => {
      let end = TRAIL_START;
      return entries.map((entry) => {
        end = extended(end, entry);
        return { number: end.length, entry, link: end.link };
      });
    };
    expect(wheres(chain(encodeEntry(disclosed())))).toEqual([1]);
    expect(wheres(chain(encodeEntry(audience), Uint8Array.of(0xa0)))).toEqual([2]);
  });
});

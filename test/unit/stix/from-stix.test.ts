// Bundles as real tools write them: every observation becomes one sighting, marked no less strictly than its source.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { indicatorsOf, type Sighting } from "../../../src/record/body.ts";
import { parseIndicator } from "../../../src/record/indicator.ts";
import { readStixBundle, type StixImport } from "../../../src/stix/from-stix.ts";
import { madeDomain, madeStixBundle } from "../../help/made-bundle.ts";
import { sharedData } from "../../help/shared-data.ts";

type Fields = Record<string, unknown>;

const GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb";
const RED_OLD = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed";
const AMBER_OLD = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82";
const INDICATOR = "indicator--11111111-1111-4111-8111-111111111111";
const MALWARE = "malware--22222222-2222-4222-8222-222222222222";
const TECHNIQUE = "attack-pattern--33333333-3333-4333-8333-333333333333";

const indicator = (fields: Fields = {}): Fields => ({
  type: "indicator",
  id: INDICATOR,
  modified: "2024-01-01T00:00:00.000Z",
  pattern: "[domain-name:value = 'evil.example']",
  pattern_type: "stix",
  ...fields,
});
const malware: Fields = { type: "malware", id: MALWARE, name: "Pegasus" };
const relationship = (word: string, target: string, fields: Fields = {}): Fields => ({
  type: "relationship",
  id: `relationship--${word}-${target}`,
  relationship_type: word,
  source_ref: INDICATOR,
  target_ref: target,
  ...fields,
});
const read = (...objects: unknown[]): StixImport =>
  readStixBundle(JSON.stringify({ type: "bundle", id: "bundle--1", objects }), { defaultTlp: "amber+strict" });
const draftOf = (...objects: unknown[]): StixImport["drafts"][number]["draft"] => {
  const draft = read(...objects).drafts[0]?.draft;
  if (!draft) throw new Error("no draft");
  return draft;
};

describe("an indicator", () => {
  it("becomes a sighting with its name, description, expiry, confidence and source", () => {
    const draft = draftOf(
      indicator({
        name: "C2 of\n the week",
        description: "Seen in phishing.",
        valid_until: "2030-01-01T00:00:00.123456Z",
        confidence: 80,
        object_marking_refs: [GREEN],
      }),
    );
    expect(draft).toEqual({
      kind: "sighting",
      title: "C2 of the week",
      text: "Seen in phishing.",
      indicators: ["domain:evil.example"],
      techniques: [],
      confidence: 80,
      expires: "2030-01-01T00:00:00.123Z",
      source: INDICATOR,
      tlp: "green",
    });
  });

  it("tells what it indicates and which techniques it shows", () => {
    const technique = {
      type: "attack-pattern",
      id: TECHNIQUE,
      name: "Phishing",
      external_references: [{ source_name: "mitre-attack", external_id: "T1566.001" }, null],
    };
    const draft = draftOf(
      indicator(),
      malware,
      technique,
      relationship("indicates", MALWARE),
      relationship("uses", TECHNIQUE),
    );
    expect(draft.title).toBe("Pegasus (malware): domain evil[.]example");
    expect(draft.text).toBe("Indicates: Pegasus (malware)");
    expect(draft.techniques).toEqual(["T1566.001"]);
  });

  it("adds up the sightings of it", () => {
    const sighting = (fields: Fields): Fields => ({ type: "sighting", sighting_of_ref: INDICATOR, ...fields });
    const { drafts, skipped } = read(
      indicator(),
      sighting({ id: "sighting--1", first_seen: "2024-02-01T00:00:00Z", last_seen: "2024-02-02T00:00:00Z", count: 4 }),
      sighting({ id: "sighting--2", first_seen: "2024-01-15T00:00:00Z" }),
      sighting({ id: "sighting--3", count: 0, first_seen: "2020-01-01T00:00:00Z" }),
      sighting({ id: "sighting--4", sighting_of_ref: MALWARE }),
    );
    expect(drafts[0]?.draft.seen).toEqual({
      first: "2024-01-15T00:00:00.000Z",
      last: "2024-02-02T00:00:00.000Z",
      count: 5,
    });
    expect(skipped.map(({ reason }) => reason)).toEqual([
      `counted in ${INDICATOR}`,
      `counted in ${INDICATOR}`,
      "it says that nothing was seen",
      "a sighting of something that is no indicator in the bundle",
    ]);
  });

  it("keeps its pattern as text where the pattern says more than its values", () => {
    const { drafts, warnings } = read(indicator({ pattern: "[file:name = 'a' AND file:size = 7]" }));
    expect(drafts[0]?.draft.text).toBe("Pattern (stix): [file:name = 'a' AND file:size = 7]");
    expect(warnings).toContain(`${INDICATOR}: not read as an indicator: file:size`);
  });

  it("is posted as text, with a warning, where nothing in it can be compared", () => {
    const { drafts, warnings } = read(indicator({ pattern: "alert tcp any any", pattern_type: "snort" }));
    expect(drafts[0]?.draft).toMatchObject({ indicators: [], text: "Pattern (snort): alert tcp any any" });
    expect(warnings).toContain(`${INDICATOR}: no indicator could be read, it is posted as text`);
  });

  it("is cut to what fits a record, and says so", () => {
    const values = Array.from({ length: 501 }, (_, at) => `'h${at}.example'`).join(",");
    const { drafts, warnings } = read(
      indicator({
        pattern: `[domain-name:value IN (${values})]`,
        name: "n".repeat(300),
        description: "😀".repeat(10_000),
      }),
    );
    const draft = drafts[0]?.draft;
    expect(draft?.indicators).toHaveLength(500);
    expect(draft?.title).toHaveLength(200);
    expect(draft?.text?.isWellFormed()).toBe(true);
    expect(warnings.filter((warning) => /cut|left out/.test(warning))).toHaveLength(3);
  });

  it("that was revoked, or of which a newer version is there, is not posted", () => {
    expect(read(indicator({ revoked: true })).skipped[0]?.reason).toBe("revoked by its author");
    const { drafts, skipped } = read(
      indicator({ name: "old" }),
      indicator({ name: "new", modified: "2024-02-01T00:00:00Z" }),
    );
    expect(drafts.map(({ draft }) => draft.title)).toEqual(["new"]);
    expect(skipped).toHaveLength(1);
    const revoked = read(indicator({ revoked: true }), indicator({ modified: "2025-01-01T00:00:00Z" }));
    expect(revoked.drafts).toHaveLength(0);
  });
});

describe("the marking of a draft", () => {
  it("is that of its source under either version of TLP", () => {
    expect(draftOf(indicator({ object_marking_refs: [GREEN] })).tlp).toBe("green");
    expect(draftOf(indicator({ object_marking_refs: [AMBER_OLD] })).tlp).toBe("amber");
    const own = {
      type: "marking-definition",
      id: "marking-definition--own",
      definition_type: "tlp",
      definition: { tlp: "white" },
    };
    expect(draftOf(own, indicator({ object_marking_refs: [own.id] })).tlp).toBe("clear");
    expect(draftOf(indicator({ granular_markings: [{ selectors: ["name"], marking_ref: RED_OLD }] })).tlp).toBe("red");
  });

  it("is the default, with a warning, where the source has none", () => {
    const { drafts, warnings } = read(indicator());
    expect(drafts[0]?.draft.tlp).toBe("amber+strict");
    expect(warnings).toEqual(["1 of 1 carry no TLP label: TLP:AMBER+STRICT is used"]);
  });

  it("is the stricter of two, with a warning", () => {
    const { drafts, warnings } = read(indicator({ object_marking_refs: [GREEN, RED_OLD] }));
    expect(drafts[0]?.draft.tlp).toBe("red");
    expect(warnings).toEqual([`${INDICATOR} carries two TLP labels: the stricter, TLP:RED, is kept`]);
  });

  it("is never loosened by a bundle that redefines a label or leaves one out", () => {
    const forged = { type: "marking-definition", id: RED_OLD, definition_type: "tlp", definition: { tlp: "white" } };
    expect(draftOf(forged, indicator({ object_marking_refs: [RED_OLD] })).tlp).toBe("red");
    expect(draftOf(indicator({ object_marking_refs: [GREEN, "marking-definition--gone"] })).tlp).toBe("amber+strict");
    expect(draftOf(indicator({ labels: ["tlp:ex:chr"], object_marking_refs: [GREEN] })).tlp).toBe("amber+strict");
  });

  it("covers everything that the draft quotes", () => {
    const { drafts, warnings } = read(
      indicator({ object_marking_refs: [GREEN] }),
      { ...malware, object_marking_refs: [RED_OLD] },
      relationship("indicates", MALWARE),
    );
    expect(drafts[0]?.draft.tlp).toBe("red");
    expect(warnings).toEqual([`${INDICATOR} quotes what is marked TLP:RED, so it is marked so too`]);
  });

  it("keeps a PAP level", () => {
    const pap = {
      type: "marking-definition",
      id: "marking-definition--pap",
      definition_type: "PAP",
      definition: { PAP: "PAP:AMBER" },
    };
    const draft = draftOf(pap, indicator({ object_marking_refs: [GREEN, pap.id] }));
    expect([draft.tlp, draft.pap]).toEqual(["green", "amber"]);
  });
});

describe("observations", () => {
  const ip = { type: "ipv4-addr", id: "ipv4-addr--1", value: "203.0.113.9" };
  const file = {
    type: "file",
    id: "file--1",
    name: "a.exe",
    hashes: { MD5: "d41d8cd98f00b204e9800998ecf8427e", SSDEEP: "3::" },
  };
  const times = { first_observed: "2024-01-01T00:00:00Z", last_observed: "2024-01-02T00:00:00Z", number_observed: 3 };

  it("of STIX 2.1 are one sighting with all their values, and their observables none of their own", () => {
    const observed = {
      type: "observed-data",
      id: "observed-data--1",
      object_refs: [ip.id, file.id, "url--gone"],
      ...times,
    };
    const { drafts, skipped } = read(observed, ip, file);
    expect(drafts).toHaveLength(1);
    expect(drafts[0]?.draft).toMatchObject({
      title: "Observed: ip 203[.]0[.]113[.]9 and 2 more",
      indicators: ["ip:203.0.113.9", "filename:a.exe", "md5:d41d8cd98f00b204e9800998ecf8427e"],
      seen: { first: "2024-01-01T00:00:00.000Z", last: "2024-01-02T00:00:00.000Z", count: 3 },
    });
    expect(skipped.map(({ reason }) => reason)).toEqual(
      Array.from({ length: 2 }, () => "told by the object that refers to it"),
    );
  });

  it("of STIX 2.0 hold their observables inside", () => {
    const observed = {
      type: "observed-data",
      id: "observed-data--1",
      objects: { "0": ip, "1": { type: "process", pid: 7 } },
      ...times,
    };
    expect(draftOf(observed).indicators).toEqual(["ip:203.0.113.9"]);
  });

  it("may be nothing but observables", () => {
    const { drafts, skipped } = read(ip, file, { type: "network-traffic", id: "network-traffic--1", dst_ref: ip.id });
    expect(drafts.map(({ draft }) => draft.indicators?.length)).toEqual([1, 2]);
    expect(skipped[0]?.reason).toBe("holds no value that tocsin compares");
  });
});

describe("a bundle", () => {
  it("of odd objects is read as far as it can be", () => {
    const odd = [
      null,
      7,
      "x",
      [],
      {},
      { type: "x-thing", id: 9 },
      { type: "identity", id: "identity--1" },
      { type: "indicator" },
    ];
    const { drafts, skipped } = read(...odd, malware, relationship("indicates", "malware--gone"));
    expect(drafts.map(({ object }) => object)).toEqual(["#8"]);
    expect(drafts.length + skipped.length).toBe(odd.length + 2);
    expect(skipped.slice(0, 2)).toEqual([
      { object: "#1", type: "unknown", reason: "not an observation" },
      { object: "#2", type: "unknown", reason: "not an observation" },
    ]);
  });

  it.each([
    ["nothing", "", "the bundle is not JSON"],
    ["a bracket bomb", "[".repeat(100_000), "the bundle is not JSON"],
    ["a list", "[]", "not a STIX bundle"],
    ["another object", '{"type":"report"}', "not a STIX bundle"],
  ])("is not %s", (_, text, message) => {
    expect(() => readStixBundle(text, { defaultTlp: "red" })).toThrow(
      expect.objectContaining({ code: "INPUT_INVALID", message }),
    );
  });

  it("without objects, with a byte order mark, as bytes, is read", () => {
    const text = '\uFEFF{"type":"bundle","id":"bundle--1"}';
    expect(readStixBundle(new TextEncoder().encode(text), { defaultTlp: "red" })).toEqual({
      drafts: [],
      skipped: [],
      warnings: [],
    });
    expect(() => readStixBundle(Uint8Array.of(0xff), { defaultTlp: "red" })).toThrow("the bundle is not UTF-8 text");
  });

  it("never gives more than a thousand warnings", () => {
    const many = Array.from({ length: 1_500 }, (_, at) =>
      indicator({ id: `indicator--${at}`, pattern: "[x:y = 'z']" }),
    );
    const { warnings } = read(...many);
    expect(warnings).toHaveLength(1_000);
    expect(warnings.at(-1)).toBe("… and 2002 more warnings");
  });
});

describe("the public Pegasus bundle, or one made like it", () => {
  const real = sharedData("stix21/amnesty-pegasus.stix2.json");
  const bytes = real === undefined ? madeStixBundle(1_549, 7) : readFileSync(real);
  const domain = real === undefined ? madeDomain(0) : "weather4free.com";

  it("gives each of its 1,549 indicators once, all of them readable, in well under a second", () => {
    const started = performance.now();
    const { drafts, skipped, warnings } = readStixBundle(bytes, { defaultTlp: "amber" });
    expect(performance.now() - started).toBeLessThan(500);
    expect(drafts).toHaveLength(1_549);
    expect(new Set(drafts.map(({ object }) => object)).size).toBe(1_549);
    expect(skipped).toHaveLength(1_550);
    expect(warnings).toEqual(["1549 of 1549 carry no TLP label: TLP:AMBER is used"]);
    for (const { draft } of drafts) expect(draft.indicators).toHaveLength(1);
    expect(drafts.flatMap(({ draft }) => draft.indicators)).toContain(`domain:${domain}`);
  });

  it("has drafts that the post method can take as they are", () => {
    const { drafts } = readStixBundle(bytes, { defaultTlp: "amber" });
    for (const { draft } of drafts) {
      const body: Sighting = {
        kind: "sighting",
        tlp: "amber",
        seat: "soc",
        indicators: (draft.indicators ?? []).map((text) => parseIndicator(text)),
        techniques: draft.techniques ?? [],
      };
      expect(indicatorsOf(body).map(({ type, value }) => `${type}:${value}`)).toEqual(draft.indicators);
    }
  });
});

describe("public STIX 2.0 playbooks", () => {
  const files = ["stix20/unit42-pryinglibra.json", "stix20/unit42-ryuk-ransomware.json"].map(sharedData);
  const present = files.filter((file) => file !== undefined);
  // A clone has none; a bundle of the same shape stands in.
  const texts = present.length > 0 ? present.map((file) => readFileSync(file, "utf8")) : [madeStixBundle(400, 20)];

  it("give every indicator of theirs with at least one value", () => {
    for (const text of texts) {
      const indicators = text.match(/"type": ?"indicator"/g)?.length;
      const { drafts } = readStixBundle(text, { defaultTlp: "green" });
      expect(drafts).toHaveLength(indicators ?? 0);
      for (const { draft } of drafts) expect(draft.indicators?.length).toBeGreaterThan(0);
    }
  });
});

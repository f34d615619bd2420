// What each detector finds, and what looks like it and is nothing.

import { beforeAll, describe, expect, it } from "vitest";
import { isNationalId, NATIONAL_IDS } from "../../../src/scrub/check-digits.ts";
import { openScrub, type Scrub } from "../../../src/scrub/scrub.ts";
import { seededRandom } from "../../help/seeded-random.ts";
import { sightingOf } from "../../help/bodies.ts";

let scrub: Scrub;
beforeAll(async () => {
  scrub = await openScrub({
    country: "US",
    domains: ["acme.example"],
    networks: ["198.18.5.0/24"],
    names: ["fs01.corp", "j.doe", "Müller"],
    seats: ["kim"],
    lists: [],
  });
});

/** What is found in a text, as "detector: found". */
const found = (text: string): readonly string[] =>
  scrub
    .find(sightingOf(text))
    .map(({ severity, detector, start, end }) => `${severity} ${detector}: ${text.slice(start, end)}`);

const TOKEN = `ghp_${"a1B2".repeat(9)}`;

describe("the review finds", () => {
  it.each([
    ["write to kim.lee@northwind.com now", "hold email: kim.lee@northwind.com"],
    ["kim[at]northwind[dot]com", "hold email: kim[at]northwind[dot]com"],
    ["kim (at) northwind(.)com", "hold email: kim (at) northwind(.)com"],
    ["https://x.test/?e=kim%40northwind.com", "hold email: kim%40northwind.com"],
    ["jürgen@bücher.example", "hold email: jürgen@bücher.example"],
    ["+44 20 7946 0958", "hold phone: +44 20 7946 0958"],
    ["call (212) 736-5000 today", "hold phone: (212) 736-5000"],
    ["4111 1111 1111 1111 2024", "hold card: 4111 1111 1111 1111"],
    ["card:3782 822463 10005.", "hold card: 3782 822463 10005"],
    ["4111111111111111", "hold card: 4111111111111111"],
    ["DE89 3704 0044 0532 0130 00 please pay", "hold iban: DE89 3704 0044 0532 0130 00"],
    ["gb29nwbk60161331926819", "hold iban: gb29nwbk60161331926819"],
    ["RSSMRA85T10A562S", "hold national-id IT: RSSMRA85T10A562S"],
    ["131052-308T", "hold national-id FI: 131052-308T"],
    ["811228-9874", "hold national-id SE: 811228-9874"],
    ["390.533.447-05", "hold national-id BR: 390.533.447-05"],
    ["44051401359", "hold national-id PL: 44051401359"],
    ["37605030299", "hold national-id EE: 37605030299"],
    ["85.07.30-033.28", "hold national-id BE: 85.07.30-033.28"],
    ["C:\\Users\\Jo Smith\\AppData\\x.exe", "hold user-folder: Jo Smith"],
    ["file:///home/bob/x.sh", "hold user-folder: bob"],
    ["file:///Users/al", "hold user-folder: al"],
    ["host vpn.acme.example is down", "hold own-domain: vpn.acme.example"],
    ["acme[.]example", "hold own-domain: acme[.]example"],
    ["from 10.0.4.7:8080", "hold internal-address: 10.0.4.7"],
    ["192.168.1[.]4", "hold internal-address: 192.168.1[.]4"],
    ["172.31.255.255", "hold internal-address: 172.31.255.255"],
    ["fd12:3456::1 talks", "hold internal-address: fd12:3456::1"],
    ["own range 198.18.5.9", "hold internal-address: 198.18.5.9"],
    ["on FS01.corp", "hold own-name: FS01.corp"],
    ["ACME\\j.doe", "hold own-name: j.doe"],
    ["frau MÜLLER", "hold own-name: MÜLLER"],
    ["ask Kim about it", "warn own-seat: Kim"],
    [TOKEN, `hold github: ${TOKEN}`],
    ["id AKIAIOSFODNN7EXAMPL2", "hold aws: AKIAIOSFODNN7EXAMPL2"],
    ["glpat-abcdefghijklmnopqrst", "hold gitlab: glpat-abcdefghijklmnopqrst"],
    ["xoxb-123456789012-abcdefghij", "hold slack: xoxb-123456789012-abcdefghij"],
    ["rdp://svc:hunter2@203.0.113.4/", "hold url-credentials: svc:hunter2"],
    ["https://a.test/cb?token=abcd1234", "warn url-secret: abcd1234"],
    [
      "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.abcDEF123456-_x",
      "hold jwt: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.abcDEF123456-_x",
    ],
    [
      "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY----- end",
      "hold private-key: -----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----",
    ],
    ["-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQ", "hold private-key: -----BEGIN PGP PRIVATE KEY BLOCK-----\nlQ"],
    ["8.8.8[.]8", "warn list: public resolvers: 8.8.8[.]8"],
    ["docs.google.com", "warn list: sites that everybody visits: docs.google.com"],
    ["2001:db8::1", "warn list: documentation addresses: 2001:db8::1"],
    ["275A021BBFB6489E54D471899F7DB9D1663FC695EC2FE2A2C4538AABF651FD0F", undefined],
  ])("%j", (text, wanted) => {
    expect(found(text)).toContain(wanted ?? `warn list: EICAR test file: ${text}`);
  });

  it("each rule of secretlint that is kept, by a canary of its own", () => {
    const canaries: Readonly<Record<string, string>> = {
      github: TOKEN,
      sendgrid: `SG.${"a".repeat(22)}.${"b".repeat(43)}`,
      stripe: `sk_live_${"a1".repeat(16)}`,
      npm: `npm_${"a1".repeat(18)}`,
      shopify: `shpat_${"a1".repeat(16)}`,
      huggingface: `hf_${"aB".repeat(17)}`,
      linear: `lin_api_${"a1".repeat(20)}`,
      grafana: `glsa_${"a1".repeat(16)}_0123abcd`,
      docker: `dckr_pat_${"a1b".repeat(9)}`,
      databricks: `dapi${"0a".repeat(16)}`,
      "hashicorp-vault": `hvs.${"a1".repeat(50)}`,
      figma: `figd_${"a1".repeat(20)}`,
      tailscale: `tskey-auth-${"a1".repeat(6)}-${"b2".repeat(16)}`,
      "database-connection-string": "postgres://svc:Tr0ub4dor@db.internal/x",
    };
    for (const [detector, canary] of Object.entries(canaries)) {
      const all = scrub.find(sightingOf(`key ${canary} end`));
      expect({ detector, all: all.map((one) => one.class) }).toEqual({ detector, all: ["secret"] });
    }
  });

  it("a secret although the text says that it is not to be looked at", () => {
    expect(found(`secretlint-disable\n${TOKEN}`)).toContain(`hold github: ${TOKEN}`);
  });
});

describe("the review leaves alone", () => {
  it.each([
    "beacon to 203.0.113.77/login every 60 s, 12 hits",
    "T1110.003, CVE-2025-12345, AS64500",
    "4111 1111 1111 1112",
    "DE89 3704 0044 0532 0130 01",
    "1732345678123456789",
    "epoch 1732345678 and 1732345678901",
    "version 10.0.19041.1 of 2025-11-22 14:31:07",
    "10.0.0.1.2",
    "212.236.150.0 on 22.11.2025 10:00",
    "d41d8cd98f00b204e9800998ecf84271",
    "C:\\Users\\Public\\x.exe and C:\\Users\\%USERNAME%\\x",
    "https://bad.test/home/login and https://bad.test/users/17/x",
    "notacme.example.bad.test",
    "fs01 alone, fs01.corporate, kimono",
    "11.0.0.1, 172.32.0.1, 192.169.0.1, fe00::1",
  ])("%j", (text) => {
    expect(found(text).filter((one) => one.startsWith("hold"))).toEqual([]);
  });
});

it("an address that the record names as an indicator is shown, and any other in it is held", () => {
  const body = sightingOf("phish from boss@bad.test to kim@northwind.com", [{ type: "email", value: "boss@bad.test" }]);
  const told = scrub.find(body).map(({ field, severity, detector }) => `${field} ${severity} ${detector}`);
  expect(told).toContain("text warn email");
  expect(told).toContain("text hold email");
  expect(told).toContain("indicators.0 warn email");
});

it("digits of an id prove it: of chance numbers of its shape two in a hundred pass at most", () => {
  const random = seededRandom("national ids");
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const samples: Readonly<Record<string, () => string>> = {
    "it-IT": () => pattern("LLLLLL99L99L999L"),
    "fi-FI": () => pattern("999999-999L"),
    "sv-SE": () => pattern("999999-9999"),
    "pt-BR": () => pattern("999.999.999-99"),
    "pl-PL": () => pattern("99999999999"),
    "et-EE": () => pattern("99999999999"),
    "fr-BE": () => pattern("99.99.99-999.99"),
  };
  const pattern = (shape: string): string =>
    shape.replaceAll(/[L9]/g, (kind) =>
      kind === "9" ? String((random(1)[0] ?? 0) % 10) : (letters[(random(1)[0] ?? 0) % 26] ?? "A"),
    );
  expect(Object.keys(samples)).toEqual(NATIONAL_IDS.map(({ rule }) => rule));
  for (const [rule, sample] of Object.entries(samples)) {
    let passed = 0;
    for (let turn = 0; turn < 5_000; turn++) if (isNationalId(sample(), rule)) passed += 1;
    expect({ rule, rare: passed <= 100 }).toEqual({ rule, rare: true });
  }
});

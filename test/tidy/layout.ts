// The plan of the house: which room may see which, which files a library may enter by, and who may do what only few may.
// docs/architecture.md draws the same plan; a change here is a change of the design.

/** What each room may import beside itself: files, or all files under a folder that ends in a slash. */
export const FLOORS: Readonly<Record<string, string>> = {
  "src/base": "",
  keys: "src/base/",
  "src/record": "keys/index.ts src/base/",
  "src/feed": "src/record/ src/base/",
  "src/marking": "src/record/ src/base/",
  "src/seat": "src/record/ src/base/",
  "src/notify": "src/record/ src/base/",
  "src/circle": "src/record/ keys/index.ts src/base/",
  "src/seal": "src/circle/ src/record/ keys/index.ts src/base/",
  // Looks at what is said; it neither stores nor sends.
  "src/scrub": "src/record/ src/base/",
  // Whole files, and no key: commands pay for what it loads.
  "src/spool": "src/seal/hpke.ts keys/atomic-file.ts src/base/",
  // Drafts are what the API takes: the types of its table, nothing that runs.
  "src/stix": "src/record/ src/api/methods.ts src/base/",
  "src/audit": "src/seal/epoch-body.ts src/record/ keys/index.ts src/base/",
  "src/tally": "src/record/ src/base/",
  // The cipher of data at rest, and no other key; of the trail how it is chained.
  "src/store": "src/audit/trail.ts src/record/ keys/storage-key.ts src/base/",
  "src/net": "src/record/ src/base/",
  "src/node":
    "src/net/ src/store/ src/audit/ src/tally/ src/seal/ src/circle/ src/marking/ src/feed/ src/seat/ src/notify/ src/record/ keys/index.ts src/base/",
  // Of the network the joiner's one call and the types; of the store its types.
  "src/api":
    "src/node/ src/audit/ src/tally/ src/spool/ src/scrub/ src/net/join.ts src/net/net.ts src/store/store.ts src/circle/ src/marking/ src/feed/ src/seat/ src/notify/ src/record/ keys/index.ts src/base/",
  cli: "cli/tui/open.tsx src/api/ src/audit/ src/spool/ src/seat/seat.ts src/notify/ src/stix/ src/marking/ src/record/ src/node/config.ts keys/index.ts src/base/",
  "cli/tui":
    "cli/safe-text.ts cli/kind-words.ts cli/notice-words.ts cli/withheld-words.ts src/notify/ src/api/client.ts src/api/documents.ts src/api/outbox-document.ts src/api/scrub-document.ts src/api/methods.ts src/record/ src/base/",
};

/** Who may import a package, by its name or, with a slash or colon at the end, by the start of it; the first that fits. */
export const DOORS: readonly (readonly [string, RegExp])[] = [
  ["libp2p", /^src\/net\//],
  ["@libp2p/", /^src\/net\//],
  ["@chainsafe/", /^src\/net\//],
  ["@multiformats/", /^src\/net\//],
  ["level", /^src\/store\/level\.ts$/],
  ["hpke", /^src\/seal\/hpke\.ts$/],
  ["cborg", /^src\/base\/cbor\.ts$/],
  ["@noble/ciphers/", /^(keys\/aead|src\/seal\/seal)\.ts$/],
  ["@noble/ed25519", /^keys\/verify-strict\.ts$/],
  ["@scure/base", /^src\/base\/bytes\.ts$/],
  ["@scure/bip39", /^keys\/paper\.ts$/],
  ["@scure/bip39/", /^keys\/(paper|passphrase|share-words|words)\.ts$/],
  ["shamir-secret-sharing", /^keys\/shares\.ts$/],
  ["@secretlint/", /^src\/scrub\/secrets\.ts$/],
  ["libphonenumber-js/", /^src\/scrub\/phone\.ts$/],
  ["validator", /^src\/scrub\/check-digits\.ts$/],
  ["re2js", /^src\/scrub\/linear-regex\.ts$/],
  ["commander", /^cli\/program\.ts$/],
  ["ink", /^cli\/tui\//],
  ["react", /^cli\/tui\//],
  ["string-width", /^cli\/tui\/cells\.ts$/],
  // Where bytes or JSON of others become our types, and nowhere else.
  [
    "zod",
    /^src\/(api\/(requests|request-draft)|audit\/(clearance|entry|evidence-codec)|circle\/(change-codec|exercise|hold|notice|trust)|node\/(config|held-row|join-wire|lifeline|local-rules|offer-wire|verify-wire)|record\/parse-body|scrub\/warninglist|seal\/(epoch-body|keyring)|seat\/rows|stix\/read-ndjson)\.ts$/,
  ],
  ["node:", /./],
];

/** What the runtime is started with. */
export const PROGRAMS = ["cli/main.ts", "cli/command-thread.ts", "src/store/rebuild-main.ts"] as const;

/** The ways in and out: who may write to the store. */
export const COMMITTERS =
  /^src\/(node\/(own-batch|post|drafts|erasure|ingest|opening|retention|membership|joining|enrol|delivery|lifeline|receipt-intake|evidence|reseal)|store\/salvage)\.ts$/;

/** What may stand in a few named files only. */
export const CALLS: readonly (readonly [RegExp, RegExp])[] = [
  [/\bDate\.now\b|\bperformance\.now\b|new Date\(\)/, /^src\/base\/clock\.ts$/],
  [/\bMath\.random\b|\brandomBytes\b|\bgetRandomValues\b|\brandomUUID\b/, /^src\/base\/(random|fresh-name)\.ts$/],
  [/\bprocess\.env\b/, /^cli\/(main\.ts|tui\/open\.tsx)$/],
  [/\bconsole\./, /^$/],
  [/\bBuffer\b/, /^src\/base\/bytes\.ts$/],
  [/\bEventEmitter\b/, /^$/],
];

/** Most lines of a file, by the first pattern that fits. */
export const LINES_MAX: readonly (readonly [RegExp, number])[] = [
  [/^(src|keys|cli)\/.*\.tsx?$/, 300],
  [/^test\/tidy/, 220],
  [/^README\.md$/, 200],
  [/^docs\/protocol\.md$/, 900],
  [/^docs\/architecture\.md$/, 250],
  [/^docs\/threat-model\.md$/, 350],
  [/^docs\/operating\.md$/, 220],
  [/^docs\/decisions\//, 40],
  [/^docs\/dependencies\.md$/, 60],
];

// The same afternoon as `story.ts` beyond the feed: asks, incidents, members, what was found, held, rehearsed and verified, with
// names, ids and times that never change.

import type {
  CircleDocument,
  ItemDocument,
  JoinPreviewDocument,
  ResultDocument,
  StatusDocument,
  VerifyDocument,
} from "../../src/api/documents.ts";
import type { OutboxDocument } from "../../src/api/outbox-document.ts";
import type { ScrubDocument } from "../../src/api/scrub-document.ts";
import type { Rehearsal, ScreenEvent, Snapshot } from "../../cli/tui/events.ts";
import type { Screen } from "../../cli/tui/screen.ts";
import { afternoon, afternoonScreen, afternoonSnapshot, keys, play } from "./story.ts";
import { alert, item, NOON, RETAIL, VENDORS } from "./fake-feed.ts";

const fullId = (short: string): string => short.padEnd(54, "0");
const at = (minutes: number): string => new Date(NOON - minutes * 60_000).toISOString();

/** Two asks, one of them closed. */
export function asks(): ItemDocument[] {
  const answers = [
    { id: fullId("w-ANS001"), org: "northwind", seat: "sam", at: at(26), text: null, late: false, answer: "yes" },
    { id: fullId("w-ANS002"), org: "globex", seat: "li", at: at(20), text: "12 hits", late: false, answer: "yes" },
    { id: fullId("w-ANS003"), org: "initech", seat: "jo", at: at(9), text: null, late: true, answer: "no" },
  ] as const;
  const told = answers.map((one) => ({ ...one, state: null, searched: null }));
  return [
    item(
      {
        ...{ id: fullId("q-5NB4ZZ"), cursor: "41", kind: "ask", org: "hooli", tlp: "green", trust: "unverified" },
        title: "Anyone else see AS64500 scanning Citrix gateways?",
        ask: {
          closes: at(-208),
          answers: told,
          tally: { yes: 2, no: 1, unsure: 0 },
          waiting: ["acme-bank", "umbrella", "wayne"],
        },
      },
      27,
    ),
    item(
      {
        ...{ id: fullId("q-PR1NTZ"), cursor: "40", kind: "ask", org: "wayne", circle: VENDORS },
        title: "Who uses PrintHub 8.x? Quiet vendor advisory",
        ask: { closes: at(60), answers: [], tally: { yes: 0, no: 0, unsure: 0 }, waiting: ["acme-bank"] },
      },
      330,
    ),
  ];
}

/** One incident that is contained. */
export function incidents(): ItemDocument[] {
  const update = { seat: "kim", links: [], decision: false, status: null };
  return [
    item(
      {
        ...{ id: fullId("n-1NC1DZ"), cursor: "42", kind: "incident", org: "acme-bank", seat: "kim", mine: true },
        title: "OAuth consent phish against finance",
        incident: {
          severity: "severe",
          status: "contained",
          links: [fullId("a-3QX8ZZ"), fullId("s-7K2M9Q")],
          updates: [
            { ...update, id: fullId("d-UPD001"), org: "acme-bank", at: at(50), text: "3 mailboxes, tokens revoked" },
            {
              ...update,
              id: fullId("d-UPD002"),
              org: "globex",
              at: at(12),
              text: null,
              status: "contained",
              decision: true,
            },
          ],
        },
      },
      55,
    ),
  ];
}

/** retail-eu with its members in every state of trust and link. */
export function circles(): CircleDocument[] {
  const keyed = (org: string) => ({
    org,
    orgKey: "",
    memberKey: org,
    steward: false,
    you: false,
    queued: 0,
    frozen: null,
  });
  const linked = { link: "direct", lastSeen: at(0) } as const;
  const members: CircleDocument["members"] = [
    { ...keyed("acme-bank"), ...linked, link: "self", you: true, steward: true, trust: "verified" },
    { ...keyed("northwind"), ...linked, steward: true, trust: "verified" },
    { ...keyed("initech"), link: "relayed", lastSeen: at(3), trust: "vouched", queued: 1 },
    { ...keyed("umbrella"), link: "offline", lastSeen: at(2_880), trust: "verified", queued: 4 },
    { ...keyed("hooli"), ...linked, trust: "unverified" },
    {
      ...{ ...keyed("wayne"), link: "offline", lastSeen: null, trust: "changed", queued: 2 },
      frozen: { until: at(-120), by: "northwind", confirmedBy: null, reason: "key changed" },
    },
  ];
  return [
    {
      schema: "tocsin.circle/1",
      ...RETAIL,
      steward: "acme-bank",
      state: "current",
      policy: {
        ...{ maxTlp: "red", defaultTlp: null, unverified: "withhold", keep: "90d", history: "none", suite: 1 },
        ...{ purpose: "Retail banks of Europe", gossip: true, invite: "stewards", vouches: 0, refound: 0 },
        ...{ export: "members", exercise: false },
      },
      members,
      epoch: null,
      rosterHeads: [],
      forks: [],
      pending: [{ org: "tyrell", orgKey: "", fingerprint: "", by: "northwind", vouches: ["northwind"], missing: 1 }],
      votes: [{ op: "remove", org: "wayne", by: ["northwind"], needs: 2 }],
    },
  ];
}

export function outbox(): OutboxDocument {
  const held = { circle: RETAIL.name, tlp: "amber", seat: "edr", token: "edr-1", refused: null, due: null } as const;
  return {
    schema: "tocsin.outbox/1",
    queued: [
      {
        ...{ circle: RETAIL.name, org: "umbrella", posts: 4, since: at(2_880) },
        late: true,
        link: "offline",
        lastError: null,
      },
    ],
    held: [],
    release: [
      {
        ...held,
        ...{ id: "h-1A2B3C", kind: "sighting", title: "EDR: rundll32 beacon", since: at(11), why: "findings" },
        found: [{ class: "personal-data", count: 2 }],
        needs: [{ approvals: 1, have: [], may: ["kim", "lee"] }],
      },
      {
        ...held,
        id: "h-4D5E6F",
        kind: "alert",
        title: "SIEM: impossible travel",
        since: at(4),
        why: "rules",
        found: [],
        needs: [],
      },
    ],
    unapproved: [],
    failed: [],
  };
}

/** What a review answers, with a finding that has to be decided about. */
export function rehearsal(): Rehearsal {
  const scrub: ScrubDocument = {
    schema: "tocsin.scrub/1",
    held: true,
    findings: [
      {
        ...{ field: "text", start: 0, end: 17, class: "personal-data", detector: "email", severity: "hold" },
        ...{ found: "dana@acme-bank.example", replacement: "[email]" },
      },
    ],
    changes: [{ field: "text", before: "Sent to dana@acme-bank.example at dawn.", after: "Sent to [email] at dawn." }],
    more: 0,
  };
  const result: ResultDocument = {
    ...{ schema: "tocsin.result/1", id: "", kind: "alert", circle: RETAIL.name, state: "queued", tlp: "amber+strict" },
    ...{ audience: ["acme-bank", "globex", "northwind"], acked: [], exercise: false },
    withheld: [
      { org: "hooli", reason: "unverified" },
      { org: "wayne", reason: "key-changed" },
    ],
    readers: [
      { org: "globex", trust: "verified" },
      { org: "northwind", trust: "verified" },
    ],
    delivered: { held: [], of: 2 },
  };
  return {
    params: {
      circle: RETAIL.id,
      draft: {
        kind: "alert",
        title: "OAuth consent phish",
        text: "Sent to dana@acme-bank.example at dawn.",
        indicators: ["domain:docushare-sync.example"],
        ackBy: at(-30),
      },
    },
    scrub,
    result,
  };
}

export function halfWords(): VerifyDocument {
  return {
    ...{ schema: "tocsin.verify/1", peer: "hooli", orgKey: "", state: "words", trust: "unverified" },
    ...{ say: ["orbit", "velvet", "canyon"], from: 1, hearFrom: 4, expires: at(-4) },
  };
}

const COMMANDS = [
  { path: "circle list", flags: ["--json"] },
  { path: "circle remove", flags: ["--json"] },
  { path: "invite create", flags: ["--for", "--circle"] },
  { path: "peer show", flags: [] },
  { path: "ping", flags: [] },
];

/** The afternoon with everything that the other views show. */
export function wholeScreen(columns: number, rows: number): Screen {
  const screen = { ...afternoonScreen(columns, rows), commands: COMMANDS };
  const afternoonHas = afternoonSnapshot();
  const peers = afternoonHas.peers.map((one) => ({ ...one, memberKey: one.org }));
  const snapshot = { ...afternoonHas, peers, asks: asks(), incidents: incidents() };
  return play(screen, [{ kind: "snapshot", snapshot, now: NOON }]);
}

function overdue(): ItemDocument {
  const late = alert(
    {
      ...{ id: fullId("a-77KPZZ"), cursor: "9", mine: true, org: "acme-bank", title: "Fake IT helpdesk calls" },
      at: at(60),
    },
    9,
  );
  if (!late.alert) throw new Error("it is an alert");
  const acks = [{ org: "globex", seat: "li", at: late.at, note: "patched, and the help desk is told" }];
  return { ...late, alert: { ...late.alert, acks, ackBy: at(12) } };
}

/** A week of sightings, busier towards its end. */
function week(): ItemDocument[] {
  return Array.from({ length: 60 }, (_, index) =>
    item(
      {
        ...{ id: fullId(`s-W${String(index).padStart(4, "0")}`), cursor: String(100 + index) },
        org: ["northwind", "globex", "initech"][index % 3] ?? "",
        title: `burst ${index}`,
        indicators: [{ type: index % 4 === 0 ? "domain" : "ip", value: "203.0.113.9" }],
      },
      Math.floor(((60 - index) ** 2 / 3_600) * 10_000),
    ),
  );
}

/** Keys as a person types words. */
export function typed(text: string): ScreenEvent[] {
  return keys(Array.from(text));
}

function preview(): JoinPreviewDocument {
  const [{ policy } = { policy: undefined }] = circles();
  if (!policy) throw new Error("the story has a circle");
  return {
    schema: "tocsin.joinpreview/1",
    circle: VENDORS,
    inviter: "globex",
    inviterFingerprint: "orbit velvet canyon bishop hazel stone",
    policy,
    members: ["globex", "initech"],
    expires: at(-60),
  };
}

function drilling(): StatusDocument {
  const { status } = afternoonSnapshot();
  const exercise = { running: "Winter storm", needAck: 0 };
  return { ...status, circles: status.circles.map((circle) => ({ ...circle, exercise })) };
}

function withoutRoom(): StatusDocument {
  const { status } = afternoonSnapshot();
  const disk = { bytes: 2 ** 31, quota: 2 ** 31, state: "full", hollow: 12 } as const;
  return { ...status, circles: status.circles.map((circle) => ({ ...circle, disk })) };
}

function nothing(hasCircle: boolean): Snapshot {
  const none = afternoonSnapshot([]);
  const alone = none.status.circles.map((circle) => ({ ...circle, members: 1 }));
  const status = { ...none.status, circles: hasCircle ? alone : [] };
  return { ...none, peers: [], status, circle: hasCircle ? none.circle : "" };
}

const heldEvent = (): ScreenEvent => ({ kind: "held", outbox: outbox() });

/** Every screen and state by its name: what happened to the whole screen before. */
export const STATES: readonly (readonly [string, readonly ScreenEvent[]])[] = [
  ["feed", []],
  ["detail", keys(["j", "j", "enter"])],
  ["circles pane", keys(["backtab"])],
  ["acks", [...keys(["2"]), { kind: "arrived", items: [overdue()] }]],
  ["circles", [...keys(["3"]), { kind: "members", circles: circles() }, ...keys(["j", "j"])]],
  ["asks", keys(["4"])],
  ["an ask over the list", keys(["4", "enter"])],
  ["search, empty", keys(["5"])],
  [
    "search",
    [
      ...keys(["5"]),
      { kind: "found", found: { words: "ip:203.0.113.0/24", items: afternoon().slice(2, 6), tookMs: 12 } },
    ],
  ],
  [
    "timeline",
    [
      ...keys(["6"]),
      {
        kind: "history",
        history: { circle: RETAIL.id, since: 0, items: [...week(), ...asks(), overdue()], cut: false },
      },
    ],
  ],
  ["held", [...keys(["7"]), heldEvent()]],
  ["held, empty", [...keys(["7"]), { kind: "held", outbox: { ...outbox(), release: [], queued: [] } }]],
  ["incidents", keys(["8"])],
  [
    "compose",
    [
      ...keys(["c", "ctrl-k"]),
      ...typed("OAuth phish"),
      ...keys(["enter"]),
      ...typed("C2 203.0.113.24 and evil.example 漢字 🚨"),
    ],
  ],
  ["compose, refused", keys(["c", "ctrl-s"])],
  ["reply", [...keys(["j", "j", "r"]), ...typed("we saw it too")]],
  [
    "review",
    [
      ...keys(["c"]),
      ...typed("OAuth consent phish"),
      ...keys(["ctrl-s"]),
      { kind: "rehearsed", rehearsal: rehearsal() },
    ],
  ],
  ["command", [...keys([":"]), ...typed("circle "), ...keys(["tab"])]],
  [
    "output",
    [
      ...keys([":"]),
      ...typed("circle list"),
      ...keys(["enter"]),
      { kind: "printed", lines: ["retail-eu  6 members", "vendors-ir 3 members"] },
      { kind: "ended", code: 0 },
    ],
  ],
  [
    "a command that failed",
    [
      ...keys([":"]),
      ...typed("ping hooli"),
      ...keys(["enter"]),
      { kind: "printed", lines: ["tocsin: error: TIMEOUT"] },
      { kind: "ended", code: 75 },
    ],
  ],
  ["verify, waiting", [...keys(["3"]), { kind: "members", circles: circles() }, ...keys(["j", "j", "j", "j", "v"])]],
  [
    "verify",
    [
      ...keys(["3"]),
      { kind: "members", circles: circles() },
      ...keys(["j", "j", "j", "j", "v"]),
      { kind: "verifying", document: halfWords() },
      ...typed("bishop hazel"),
    ],
  ],
  [
    "verified",
    [
      ...keys(["3"]),
      { kind: "members", circles: circles() },
      ...keys(["j", "j", "j", "j", "v"]),
      { kind: "verifying", document: { ...halfWords(), state: "verified", say: [] } },
    ],
  ],
  ["a ticket that is typed", [...keys(["J"]), ...typed("TCSN1-SECRET")]],
  ["join, waiting", [...keys(["J"]), ...typed("TCSN1-SECRET"), ...keys(["enter"])]],
  ["join", [...keys(["J"]), ...typed("TCSN1-SECRET"), ...keys(["enter"]), { kind: "previewed", preview: preview() }]],
  [
    "join, refused",
    [
      ...keys(["J"]),
      ...typed("TCSN1-SECRET"),
      ...keys(["enter"]),
      { kind: "unjoined", message: "the ticket was used" },
    ],
  ],
  [
    "what is found, chosen",
    [...keys(["c"]), ...typed("203.0.113.24 dana@acme.example 10.0.4.7"), ...keys(["enter", "tab", "right", " "])],
  ],
  ["an exercise", [{ kind: "refreshed", peers: [], status: drilling() }]],
  [
    "offline",
    [{ kind: "refreshed", peers: [], status: { ...afternoonSnapshot().status, connected: false, since: at(4) } }],
  ],
  [
    "a clock that is wrong",
    [{ kind: "refreshed", peers: [], status: { ...afternoonSnapshot().status, clockSkewMs: 1_200_000 } }],
  ],
  ["a circle without room", [{ kind: "refreshed", peers: [], status: withoutRoom() }]],
  ["a message", [...keys(["c", "ctrl-k", "ctrl-k", "ctrl-k", "ctrl-k", "ctrl-k", "ctrl-s"])]],
  ["no circle yet", [{ kind: "snapshot", snapshot: nothing(false), now: NOON }]],
  ["an empty circle", [{ kind: "snapshot", snapshot: nothing(true), now: NOON }]],
  ["help", keys(["?"])],
  ["help, filtered", [...keys(["?", "/"]), ...typed("copy")]],
  ["an acknowledgement that waits", keys(["a"])],
  ["an answer that waits", keys(["4", "+"])],
  ["the daemon is gone", [{ kind: "lost", now: NOON }]],
  ["unread only", keys(["u"])],
  ["one pane alone", keys(["z"])],
];

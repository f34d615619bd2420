// The one place where JSON of a local client becomes typed parameters. Strict: an unknown field is an error, so that a
// misspelt option never becomes a post with the default marking.

import { z } from "zod";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { POST_KINDS } from "../record/body.ts";
import { PAP_LEVELS, TLP_LEVELS } from "../record/marking.ts";
import { RIGHTS } from "../seat/seat.ts";
import { RISKS } from "../record/risk.ts";
import { draft } from "./request-draft.ts";

const name = z.string().min(1).max(limits.nameCharsMax);
const id = z.string().min(1).max(limits.idCharsMax);
const moment = z.iso.datetime({ offset: true });
const count = z.number().int().min(0);
const tlp = z.enum(TLP_LEVELS);
const kind = z.enum(POST_KINDS);
const kinds = z.array(kind).max(POST_KINDS.length).exactOptional();
const page = z.number().int().min(1).max(limits.feedPageMax);
const waitMs = z
  .number()
  .int()
  .min(0)
  .max(24 * 3_600_000);
const circle = id.exactOptional();

const tokenText = z.string().max(256);
const key = z.string().min(1).max(limits.keyCharsMax);
const path = z.string().min(1).max(4_096);
const addresses = z.array(z.string().min(1).max(256)).min(1).max(limits.addressesPerMemberMax);
const seed = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .exactOptional();
const accept = z.array(z.enum(RISKS)).max(8).exactOptional();
const scrub = z
  .union([
    z.strictObject({ decision: z.literal("apply") }),
    z.strictObject({ decision: z.literal("keep"), reason: z.string().trim().min(1).max(limits.scrubReasonCharsMax) }),
  ])
  .exactOptional();
const wait = z
  .strictObject({
    for: z.enum(["delivered", "decrypted", "read", "acked"]),
    count: count.exactOptional(),
    timeoutMs: waitMs,
  })
  .exactOptional();
const orgs = z.number().int().min(0).max(limits.membersMax).exactOptional();
const scope = z.array(id).min(1).max(limits.circlesMax);
const rules = {
  maxTlp: tlp.exactOptional(),
  defaultTlp: tlp.exactOptional(),
  unverified: z.enum(["read", "withhold"]).exactOptional(),
  purpose: z.string().max(limits.titleCharsMax).exactOptional(),
  keepDays: z.number().int().min(1).max(36_500).exactOptional(),
  gossip: z.boolean().exactOptional(),
  history: z.union([z.literal("none"), z.literal("all"), moment]).exactOptional(),
  invite: z.enum(["stewards", "members"]).exactOptional(),
  vouches: orgs,
  refound: orgs,
  export: z.enum(["members", "stewards", "nobody"]).exactOptional(),
  exercise: z.boolean().exactOptional(),
};

const hex = (bytesMax: number): z.ZodString =>
  z
    .string()
    .regex(/^(?:[0-9a-f]{2})*$/)
    .max(2 * bytesMax);

/** A schema for the parameters of each method. */
export const requests = {
  none: z.strictObject({}),
  doctor: z.strictObject({ deep: z.boolean() }),
  circleCreate: z.strictObject({
    name,
    suite: z.union([z.literal(1), z.literal(2)]).exactOptional(),
    ...rules,
  }),
  orgCircles: z.strictObject({ at: addresses, orgSeed: seed, timeoutMs: waitMs }),
  orgEnrol: z.strictObject({ at: addresses, orgSeed: seed, timeoutMs: waitMs, replace: z.boolean() }),
  orgRetire: z.strictObject({ node: id.min(6).exactOptional(), orgSeed: seed }),
  circleDirect: z.strictObject({
    peers: z.array(id).min(1).max(limits.membersMax),
    dryRun: z.boolean().exactOptional(),
  }),
  seat: z.strictObject({
    name,
    machine: z.boolean().exactOptional(),
    rights: z.array(z.enum(RIGHTS)).max(RIGHTS.length).exactOptional(),
    circles: z.union([z.null(), scope]).exactOptional(),
  }),
  tokenAdd: z.strictObject({
    name,
    seat: name.exactOptional(),
    circles: scope.exactOptional(),
    kinds,
    maxTlp: tlp.exactOptional(),
    rate: z.strictObject({ count: z.number().int().min(1), perMs: z.number().int().min(1_000) }).exactOptional(),
    release: z.enum(["auto", "hold"]).exactOptional(),
    expires: moment.exactOptional(),
  }),
  named: z.strictObject({ name }),
  reject: z.strictObject({ id, reason: z.string().min(1).max(limits.titleCharsMax) }),
  circle: z.strictObject({ circle: id }),
  circleLane: z.strictObject({ circle: id, accept }),
  setPolicy: z.strictObject({ circle: id, rules: z.strictObject(rules) }),
  promote: z.strictObject({ circle: id, peer: id, accept }),
  freeze: z.strictObject({
    circle: id,
    peer: id,
    forMs: z.number().int().min(60_000).max(limits.freezeMaxMs).exactOptional(),
    reason: z.string().max(limits.titleCharsMax).exactOptional(),
  }),
  confirm: z.strictObject({
    circle: id,
    peer: id,
    forMs: z.number().int().min(60_000).max(limits.freezeConfirmedMaxMs).exactOptional(),
  }),
  log: z.strictObject({
    circle: id,
    from: count.exactOptional(),
    limit: z.number().int().min(1).max(limits.logPageMax),
  }),
  vouch: z.strictObject({ circle, peer: id }),
  ping: z.strictObject({ peer: id, count: z.number().int().min(1).max(100) }),
  path: z.strictObject({
    peer: id,
    addresses: z.array(z.string().min(1).max(limits.addressCharsMax)).max(limits.addressesPerMemberMax).exactOptional(),
  }),
  circlePeer: z.strictObject({ circle: id, peer: id }),
  circleRekey: z.strictObject({ circle: id, compromised: z.boolean().exactOptional() }),
  inviteCreate: z.strictObject({
    circle,
    for: name,
    expiresMs: z.number().int().min(1_000).max(limits.ticketLifeMaxMs).exactOptional(),
  }),
  inviteList: z.strictObject({ circle }),
  id: z.strictObject({ id }),
  holdOf: z.strictObject({ of: id }),
  hold: z.strictObject({ of: id, reason: z.string().max(limits.titleCharsMax).exactOptional() }),
  circleOrOnly: z.strictObject({ circle }),
  exercise: z.strictObject({
    circle,
    name: z.string().min(1).max(limits.titleCharsMax),
    forMs: z.number().int().min(60_000).max(limits.exerciseMaxMs),
  }),
  ticket: z.strictObject({ ticket: z.string().min(1).max(1_024), timeoutMs: waitMs }),
  peer: z.strictObject({ peer: id }),
  verifyBegin: z.strictObject({ peer: id, timeoutMs: waitMs }),
  verifyHeard: z.strictObject({
    peer: id,
    words: z.string().max(256).exactOptional(),
    differ: z.boolean().exactOptional(),
  }),
  verifyFingerprint: z.strictObject({ peer: id, fingerprint: z.string().min(1).max(512) }),
  post: z.strictObject({
    saidAt: moment.exactOptional(),
    circle,
    draft,
    key: key.exactOptional(),
    dryRun: z.boolean().exactOptional(),
    wait,
    accept,
    scrub,
    via: id.exactOptional(),
  }),
  relay: z.strictObject({
    id,
    circle: id,
    tlp: tlp.exactOptional(),
    pap: z.enum(PAP_LEVELS).exactOptional(),
    key: key.exactOptional(),
    dryRun: z.boolean().exactOptional(),
    wait,
    accept,
    scrub,
  }),
  scrub: z.strictObject({ circle, draft, via: id.exactOptional() }),
  import: z.strictObject({
    saidAt: moment.exactOptional(),
    circle,
    records: z
      .array(
        z.strictObject({
          line: count.exactOptional(),
          object: z.string().max(256).exactOptional(),
          key: key.exactOptional(),
          draft: z.unknown(),
        }),
      )
      .max(limits.importBatchRecords),
    dryRun: z.boolean().exactOptional(),
    accept,
    scrub,
  }),
  draft,
  bundleWrite: z.strictObject({ file: path, circle, for: id.exactOptional() }),
  bundleRead: z.strictObject({ file: path }),
  auditList: z.strictObject({
    circle,
    id: id.exactOptional(),
    before: count.exactOptional(),
    all: z.boolean().exactOptional(),
    exercise: z.boolean().exactOptional(),
    limit: page,
  }),
  acks: z.strictObject({
    ...{ id: id.exactOptional(), circle },
    ...{ overdue: z.boolean().exactOptional(), exercise: z.boolean().exactOptional() },
  }),
  auditExport: z.strictObject({ after: count }),
  /** A line of an exported trail. */
  auditLine: z.discriminatedUnion("schema", [
    z.strictObject({
      schema: z.literal("tocsin.auditEntry/1"),
      number: count.min(1),
      entry: hex(limits.trailEntryBytesMax).nullable(),
      link: hex(32).nullable(),
    }),
    z.strictObject({
      schema: z.literal("tocsin.auditHead/1"),
      anchor: hex(1_024),
      certificate: hex(limits.certificateBytesMax),
    }),
  ]),
  auditBundle: z.strictObject({ id, file: path, body: z.boolean() }),
  /** What the spool holds; see `SpooledRequest`. */
  spooled: z.strictObject({
    at: count,
    method: z.enum(["post", "import"]),
    params: z.unknown(),
    token: tokenText.exactOptional(),
  }),
  feed: z.strictObject({
    circle,
    kinds,
    tlp: tlp.exactOptional(),
    from: id.exactOptional(),
    since: moment.exactOptional(),
    unread: z.boolean().exactOptional(),
    before: z.string().max(32).exactOptional(),
    exercise: z.boolean().exactOptional(),
    limit: page,
  }),
  search: z.strictObject({
    circle,
    words: z.array(z.string().max(limits.indicatorCharsMax)).min(1).max(64),
    limit: page,
  }),
  check: z.strictObject({
    indicators: z
      .array(
        z
          .string()
          .min(1)
          .max(limits.indicatorCharsMax + 32),
      )
      .min(1)
      .max(10_000),
    circle,
    exercise: z.boolean().exactOptional(),
  }),
  readMark: z.strictObject({ circle: id, cursor: z.string().regex(/^\d{1,15}$/) }),
  subscribe: z.strictObject({
    circle,
    kinds,
    after: z
      .string()
      .regex(/^\d{0,15}$/, "no cursor; copy it from a document, or write 0 for everything")
      .exactOptional(),
  }),
} as const;

/** The parameters of a request. Throws INPUT_INVALID naming the field. */
export function parseRequest<T>(schema: z.ZodType<T>, params: unknown): T {
  const parsed = schema.safeParse(params ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.filter((step) => step !== "draft").join(".") || "the request";
  throw new TocsinError("INPUT_INVALID", `${where}: ${issue ? sentenceOf(issue) : "not understood"}`);
}

function sentenceOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== "too_big" && issue.code !== "too_small") return issue.message.toLowerCase();
  const units: Readonly<Record<string, string>> = { string: " characters", array: " entries" };
  const unit = units[issue.origin] ?? "";
  return issue.code === "too_big" ? `at most ${issue.maximum}${unit}` : `at least ${issue.minimum}${unit}`;
}

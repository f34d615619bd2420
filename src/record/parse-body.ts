// The only way from bytes to PostBody and back. Strict: a body of a known kind with an unknown or ill-typed field is no body,
// it is kept sealed in its lane and never shown. Of an unknown kind only the marking is read.

import { z } from "zod";
import { decodeCbor, encodeCbor, type Cbor } from "../base/cbor.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { compareBytes } from "../base/bytes.ts";
import {
  ALERT_STATUSES,
  type Answer,
  ATTACK_ID,
  CERTAINTIES,
  EXPLOITED,
  FINDINGS,
  INCIDENT_STATUSES,
  INDICATOR_TYPES,
  POST_KINDS,
  type PostBody,
  SEVERITIES,
  type Unknown,
  URGENCIES,
  VERDICTS,
} from "./body.ts";
import { circleId, idBytes, ID_BYTES, type OrgId, orgId, type RecordId, recordId } from "./ids.ts";
import { PAP_LEVELS, TLP_LEVELS } from "./marking.ts";

const moment = z.number().int().min(0).max(limits.momentMaxMs);
const text = z.string().max(limits.textCharsMax);
const title = z.string().max(limits.titleCharsMax);
const id = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === ID_BYTES);
const reference = id.transform((bytes): RecordId => recordId(bytes));
const severity = z.enum(SEVERITIES);
const line = z.string().min(1).max(limits.titleCharsMax);

/** Strictly ascending, so that one set of ids has one writing. */
const idSet = (max: number) => z.array(id).min(1).max(max).refine(ascending);
const orgSet = idSet(limits.membersMax).transform((keys): OrgId[] => keys.map(orgId));

const marked = {
  tlp: z.enum(TLP_LEVELS),
  pap: z.enum(PAP_LEVELS).exactOptional(),
  seat: z.string().max(limits.nameCharsMax),
  auto: z.boolean().exactOptional(),
  expires: moment.exactOptional(),
  caveat: line.exactOptional(),
  to: orgSet.exactOptional(),
  sponsored: id.exactOptional(),
};
const told = {
  ...marked,
  title: title.exactOptional(),
  text: text.exactOptional(),
  indicators: z
    .array(z.strictObject({ type: z.enum(INDICATOR_TYPES), value: z.string().min(1).max(limits.indicatorCharsMax) }))
    .max(limits.indicatorsPerRecordMax),
  techniques: z.array(z.string().regex(ATTACK_ID)).max(limits.techniquesPerRecordMax),
  relayed: z
    .strictObject({
      at: moment,
      org: z.string().min(1).max(limits.nameCharsMax).exactOptional(),
      circle: z.string().min(1).max(limits.nameCharsMax).exactOptional(),
    })
    .exactOptional(),
};
const seen = z.strictObject({
  first: moment.exactOptional(),
  last: moment.exactOptional(),
  count: z.number().int().min(0).max(999_999_999).exactOptional(),
});

const amendable = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("sighting"),
    ...told,
    re: reference.exactOptional(),
    seen: seen.exactOptional(),
    confidence: z.number().int().min(0).max(100).exactOptional(),
    source: title.exactOptional(),
  }),
  z
    .strictObject({
      kind: z.literal("alert"),
      ...told,
      severity,
      urgency: z.enum(URGENCIES),
      certainty: z.enum(CERTAINTIES),
      status: z.enum(ALERT_STATUSES).exactOptional(),
      ackBy: moment.exactOptional(),
      need: z.number().int().min(1).max(limits.membersMax).exactOptional(),
      who: orgSet.exactOptional(),
    })
    .refine(({ need, who }) => need === undefined || who === undefined),
  z.strictObject({ kind: z.literal("ask"), ...told, closes: moment.exactOptional() }),
  z
    .strictObject({
      kind: z.literal("answer"),
      ...marked,
      re: reference,
      answer: z.enum(VERDICTS),
      state: z.enum(FINDINGS).exactOptional(),
      text: text.exactOptional(),
      searched: z
        .strictObject({ from: moment.exactOptional(), to: moment.exactOptional(), scope: line.exactOptional() })
        .exactOptional(),
    })
    .refine(({ answer, state }) => agrees(answer, state)),
  z.strictObject({ kind: z.literal("reply"), ...marked, re: reference, text }),
  z.strictObject({ kind: z.literal("note"), ...told, re: reference.exactOptional() }),
  z.strictObject({ kind: z.literal("incident"), ...told, title: line, severity }),
  z.strictObject({
    kind: z.literal("update"),
    ...marked,
    re: reference,
    text: text.exactOptional(),
    status: z.enum(INCIDENT_STATUSES).exactOptional(),
    decision: z.literal(true).exactOptional(),
    links: idSet(limits.linksPerRecordMax)
      .transform((ids): RecordId[] => ids.map(recordId))
      .exactOptional(),
  }),
  z.strictObject({
    kind: z.literal("vuln"),
    ...told,
    product: line,
    severity,
    exploited: z.enum(EXPLOITED),
    versions: line.exactOptional(),
    fixed: line.exactOptional(),
  }),
  z.strictObject({ kind: z.literal("msg"), ...marked, re: reference.exactOptional(), text }),
]);

const amendment = z
  .strictObject({ kind: z.literal("amend"), ...marked, re: reference, now: amendable, why: text.exactOptional() })
  .refine(({ tlp, now }) => tlp === now.tlp);
const retraction = z.strictObject({ kind: z.literal("retract"), ...marked, re: reference, why: text.exactOptional() });

const known = z.discriminatedUnion("kind", [
  ...amendable.options,
  amendment,
  retraction,
  z.strictObject({ kind: z.literal("ack"), ...marked, re: reference, note: text.exactOptional() }),
  z.strictObject({ kind: z.literal("nudge"), ...marked, re: reference }),
  z.strictObject({
    kind: z.literal("widen"),
    ...marked,
    re: reference,
    limit: z.enum(TLP_LEVELS),
    credit: z.literal(true).exactOptional(),
  }),
  z
    .strictObject({
      kind: z.literal("sponsor"),
      ...marked,
      circle: id.transform(circleId),
      token: id,
      say: z.discriminatedUnion("kind", [...amendable.options, amendment, retraction]),
    })
    .refine(({ tlp, say }) => tlp === say.tlp),
]);

/** What every body has, whatever its kind says beside that. */
const unknown = z.object({
  ...marked,
  kind: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
  re: reference.exactOptional(),
});

const KNOWN_KINDS: ReadonlySet<string> = new Set(POST_KINDS.filter((kind) => kind !== "unknown"));

/** The deterministic bytes of a body. Throws LIMIT_EXCEEDED where they do not fit a record. */
export function encodePost(body: PostBody): Uint8Array {
  const bytes = body.kind === "unknown" ? body.bytes : encodeCbor(fieldsOf(body));
  if (bytes.length > bodyBytesMax) {
    throw new TocsinError(
      "LIMIT_EXCEEDED",
      `the post takes ${bytes.length} bytes, at most ${bodyBytesMax} fit a record`,
    );
  }
  return bytes;
}

/** A body as it is written: ids as bytes. */
function fieldsOf(body: Exclude<PostBody, Unknown>): Cbor {
  const fields: Record<string, unknown> = { ...body };
  if ("re" in body && body.re !== undefined) fields["re"] = idBytes(body.re);
  if ("links" in body && body.links !== undefined) fields["links"] = body.links.map(idBytes);
  if (body.to !== undefined) fields["to"] = body.to.map(idBytes);
  if ("who" in body && body.who !== undefined) fields["who"] = body.who.map(idBytes);
  if ("now" in body) fields["now"] = fieldsOf(body.now);
  if ("say" in body) {
    fields["circle"] = idBytes(body.circle);
    fields["say"] = fieldsOf(body.say);
  }
  return fields as Cbor;
}

/**
 * The body of bytes that a seal was opened to. One of a kind that this version does not know is told as such, where it is
 * marked as every body is. Throws RECORD_BODY_INVALID.
 */
export function decodePost(bytes: Uint8Array): PostBody {
  const fields = decodeCbor(bytes, limits.recordBytesMax);
  const kind = kindOf(fields);
  if (kind !== undefined && !KNOWN_KINDS.has(kind)) {
    const strange = unknown.safeParse(fields);
    if (strange.success) return unknownOf(strange.data, bytes);
    throw notABody(strange.error);
  }
  const parsed = known.safeParse(fields);
  if (parsed.success) return parsed.data;
  throw notABody(parsed.error);
}

/** The kind that bytes name, whatever else they say: it chooses the one schema they are held against. */
function kindOf(fields: unknown): string | undefined {
  const named = z.object({ kind: z.string() }).safeParse(fields);
  return named.success ? named.data.kind : undefined;
}

function notABody({ issues: [issue] }: z.ZodError): TocsinError {
  const where = [...(issue?.path ?? []), ...(issue?.code === "unrecognized_keys" ? issue.keys : [])].join(".");
  return new TocsinError("RECORD_BODY_INVALID", `not a body that this version knows (at "${where}")`);
}

/**
 * The body of bytes that were taken in when they came. What was of an unknown kind then, and is ill-formed to a version that
 * knows the kind, stays unknown: it must never keep a store from being read. Throws RECORD_BODY_INVALID.
 */
export function decodeKept(bytes: Uint8Array): PostBody {
  try {
    return decodePost(bytes);
  } catch (cause) {
    const strange = unknown.safeParse(decodeCbor(bytes, limits.recordBytesMax));
    if (!strange.success) throw cause;
    return unknownOf(strange.data, bytes);
  }
}

function unknownOf({ kind, ...marks }: z.output<typeof unknown>, bytes: Uint8Array): Unknown {
  return { kind: "unknown", named: kind, ...marks, bytes };
}

/** Whether a verdict and a finding can both be true. */
export function agrees(answer: Answer["answer"], state: Answer["state"]): boolean {
  return state === undefined || (state === "not-seen" ? answer !== "yes" : answer !== "no");
}

function ascending(ids: readonly Uint8Array[]): boolean {
  return ids.every((each, index) => index === 0 || compareBytes(ids[index - 1] ?? each, each) < 0);
}

/** Room that salt, length, padding and the AEAD tag leave in a payload. */
const bodyBytesMax = limits.recordBytesMax - limits.paddingStepBytes - 64;

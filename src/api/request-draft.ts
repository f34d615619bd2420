// A draft as a local client sends it; a part of `requests.ts`.

import { z } from "zod";
import { limits } from "../base/limits.ts";
import { POST_KINDS } from "../record/body.ts";
import { PAP_LEVELS, TLP_LEVELS } from "../record/marking.ts";

const id = z.string().min(1).max(limits.idCharsMax);
const moment = z.iso.datetime({ offset: true });
const count = z.number().int().min(0);
const tlp = z.enum(TLP_LEVELS);
const word = z.string().max(16).exactOptional();
const line = z.string().min(1).max(limits.titleCharsMax).exactOptional();

/** Types alone: what is too much of something, `bodyOf` refuses, also where no schema was loaded. */
export const draft = z.strictObject({
  kind: z.enum(POST_KINDS).exclude(["unknown", "sponsor"]),
  tlp: tlp.exactOptional(),
  pap: z.enum(PAP_LEVELS).exactOptional(),
  caveat: z.string().exactOptional(),
  to: z.array(id).min(1).max(limits.membersMax).exactOptional(),
  title: z.string().exactOptional(),
  text: z.string().exactOptional(),
  indicators: z.array(z.string()).exactOptional(),
  techniques: z.array(z.string()).exactOptional(),
  seen: z
    .strictObject({
      first: moment.exactOptional(),
      last: moment.exactOptional(),
      count: count.exactOptional(),
    })
    .exactOptional(),
  confidence: count.exactOptional(),
  expires: moment.exactOptional(),
  re: id.exactOptional(),
  severity: z.string().exactOptional(),
  urgency: z.string().exactOptional(),
  certainty: z.string().exactOptional(),
  ackBy: moment.exactOptional(),
  need: count.exactOptional(),
  who: z.array(id).min(1).max(limits.membersMax).exactOptional(),
  status: word,
  closes: moment.exactOptional(),
  answer: word,
  state: word,
  searched: z.strictObject({ from: moment.exactOptional(), to: moment.exactOptional(), scope: line }).exactOptional(),
  decision: z.boolean().exactOptional(),
  links: z.array(id).min(1).max(limits.linksPerRecordMax).exactOptional(),
  product: line,
  exploited: word,
  versions: line,
  fixed: line,
  why: z.string().max(limits.textCharsMax).exactOptional(),
  limit: tlp.exactOptional(),
  credit: z.boolean().exactOptional(),
  source: z.string().exactOptional(),
  exercise: z.boolean().exactOptional(),
  auto: z.boolean().exactOptional(),
});

// A body as every reader will judge it, before it is posted.

import { asTocsinError, TocsinError } from "../base/errors.ts";
import type { PostBody } from "../record/body.ts";
import { decodePost, encodePost } from "../record/parse-body.ts";

/** The body that others will read. Throws INPUT_INVALID naming the field that its kind does not have, or LIMIT_EXCEEDED. */
export function judged(body: PostBody): PostBody {
  try {
    return decodePost(encodePost(body));
  } catch (cause) {
    const { code, message } = asTocsinError(cause);
    if (code !== "RECORD_BODY_INVALID") throw cause;
    const where = /at "(.+)"/.exec(message)?.[1] ?? "its fields";
    throw new TocsinError("INPUT_INVALID", `${where}: not of this kind, ${body.kind}`, { cause });
  }
}

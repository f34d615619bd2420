// What stays of a body that was erased: its kind, its marking and what it was about. Nothing that anybody wrote.

import { unreachable } from "../base/assert.ts";
import { encodeCbor } from "../base/cbor.ts";
import type { Amendable, PostBody, Sayable } from "./body.ts";
import { ID_BYTES, idBytes, type RecordId } from "./ids.ts";
import type { Tlp } from "./marking.ts";

/** Stands where a body of its kind cannot be without words; never shown. */
const NOTHING = "-";

/** A body of the same kind that says nothing. */
export function emptied(body: PostBody): PostBody {
  const marks = { tlp: body.tlp, seat: "" } as const;
  switch (body.kind) {
    case "ack":
    case "nudge":
    case "retract":
      return { kind: body.kind, ...marks, re: body.re };
    case "widen":
      return { kind: "widen", ...marks, re: body.re, limit: body.limit };
    case "sponsor": {
      const say = emptied(body.say) as Sayable;
      return { kind: "sponsor", ...marks, circle: body.circle, token: new Uint8Array(ID_BYTES), say };
    }
    case "amend":
      return { kind: "amend", ...marks, re: body.re, now: emptiedWords(body.now, marks) };
    case "unknown": {
      const fields = { kind: body.named, ...marks, ...(body.re === undefined ? {} : { re: idBytes(body.re) }) };
      return { ...about(body), kind: "unknown", named: body.named, ...marks, bytes: encodeCbor(fields) };
    }
    case "sighting":
    case "alert":
    case "ask":
    case "answer":
    case "reply":
    case "note":
    case "incident":
    case "update":
    case "vuln":
    case "msg":
      return emptiedWords(body, marks);
    default:
      return unreachable(body);
  }
}

function emptiedWords(body: Amendable, marks: { readonly tlp: Tlp; readonly seat: "" }): Amendable {
  const told = { ...marks, indicators: [], techniques: [] } as const;
  switch (body.kind) {
    case "sighting":
    case "note":
      return { kind: body.kind, ...told, ...about(body) };
    case "alert":
      return { kind: "alert", ...told, severity: "unknown", urgency: "unknown", certainty: "unknown" };
    case "ask":
      return { kind: "ask", ...told };
    case "incident":
      return { kind: "incident", ...told, title: NOTHING, severity: "unknown" };
    case "vuln":
      return { kind: "vuln", ...told, product: NOTHING, severity: "unknown", exploited: "unknown" };
    case "answer":
      return { kind: "answer", ...marks, re: body.re, answer: "unsure" };
    case "reply":
      return { kind: "reply", ...marks, re: body.re, text: "" };
    case "update":
      return { kind: "update", ...marks, re: body.re };
    case "msg":
      return { kind: "msg", ...marks, ...about(body), text: "" };
    default:
      return unreachable(body);
  }
}

function about({ re }: { readonly re?: RecordId }): { readonly re?: RecordId } {
  return re === undefined ? {} : { re };
}

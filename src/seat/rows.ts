// Seats and tokens as the store keeps them: JSON, checked whole when it is read.

import { z } from "zod";
import { fromHex, fromUtf8, toHex, utf8 } from "../base/bytes.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { POST_KINDS } from "../record/body.ts";
import { circleId } from "../record/ids.ts";
import { TLP_LEVELS } from "../record/marking.ts";
import { RIGHTS, type Seat, type Token } from "./seat.ts";

const bytes32 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .transform((text) => fromHex(text) ?? new Uint8Array());
const name = z.string().min(1).max(limits.nameCharsMax);
const moment = z.number().int().min(0);
const circles = z.array(bytes32.transform(circleId)).max(limits.circlesMax).exactOptional();

const seat = z.strictObject({ name, machine: z.boolean(), rights: z.array(z.enum(RIGHTS)), circles, at: moment });
const token = z.strictObject({
  name,
  seat: name,
  mac: bytes32,
  circles,
  kinds: z.array(z.enum(POST_KINDS)).exactOptional(),
  maxTlp: z.enum(TLP_LEVELS).exactOptional(),
  rate: z.strictObject({ count: z.number().int().min(1), perMs: z.number().int().min(1) }).exactOptional(),
  release: z.enum(["auto", "hold"]),
  expires: moment.exactOptional(),
  at: moment,
});

export function encodeSeat(value: Seat): Uint8Array {
  return utf8(JSON.stringify(value));
}

export function encodeToken(value: Token): Uint8Array {
  return utf8(JSON.stringify({ ...value, mac: toHex(value.mac) }));
}

/** Throws STORE_CORRUPT. */
export function decodeSeat(row: Uint8Array): Seat {
  return parsed(seat, row);
}

/** Throws STORE_CORRUPT. */
export function decodeToken(row: Uint8Array): Token {
  return parsed(token, row);
}

function parsed<T>(schema: z.ZodType<T>, row: Uint8Array): T {
  try {
    return schema.parse(JSON.parse(fromUtf8(row) ?? ""));
  } catch (cause) {
    throw new TocsinError("STORE_CORRUPT", "the store holds a malformed seat or token", { cause });
  }
}

// Refusals and failures as the local API and the command line tell them: one shape, made from the table of errors.

import { ERRORS, errorRow, TocsinError, type ErrorCode } from "../base/errors.ts";
import type { ErrorDocument } from "./documents.ts";
import type { RpcError } from "./methods.ts";

/** Standard JSON-RPC 2.0 codes for requests that no method saw, and one for every refusal of a method. */
export const RPC_CODES = {
  parse: -32_700,
  request: -32_600,
  method: -32_601,
  refused: -32_000,
} as const;

/** The error object of a JSON-RPC answer. */
export function rpcErrorOf(error: TocsinError, code: number = RPC_CODES.refused): RpcError {
  return { code, message: error.message, data: factsOf(error) };
}

/** The `tocsin.error/1` document that the JSON modes write on standard error. */
export function errorDocumentOf(error: TocsinError): ErrorDocument {
  const { code, exit, ...rest } = factsOf(error);
  return { schema: "tocsin.error/1", code, exit, message: error.message, ...rest };
}

/** The error that such facts tell of; a reason that this build does not know is INTERNAL. */
export function errorFrom(told: RpcError["data"] & { message: string }): TocsinError {
  const { message, hint, reason, code: _code, exit: _exit, retryable: _retryable, schema: _schema, ...rest } = told;
  const details: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") details[name] = value;
  }
  const known: ErrorCode = Object.hasOwn(ERRORS, reason) ? (reason as ErrorCode) : "INTERNAL";
  return new TocsinError(known, message, { details, ...(hint === null ? {} : { hint }) });
}

function factsOf(error: TocsinError): RpcError["data"] {
  const row = errorRow(error.code);
  const facts = {
    code: row.family,
    exit: row.exit,
    hint: error.hint ?? null,
    retryable: row.retryable,
    reason: error.code,
  };
  // Twice: first for the order of the keys, then so that no detail can take the place of a fact.
  return { ...facts, ...error.details, ...facts };
}

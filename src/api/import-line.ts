// The answer for one record of an import, whoever gives it: the daemon, the spool, or the command that could not read it.
// Light to import: the spool pays for it.

import { asTocsinError, errorRow } from "../base/errors.ts";
import type { ImportLineDocument, ResultState } from "./documents.ts";

type Place = { readonly line?: number; readonly object?: string; readonly key?: string };

/** The result of a record that has no id yet. */
export function importLine({ line, object, key }: Place, state: ResultState): ImportLineDocument {
  return {
    schema: "tocsin.result/1",
    ...(line === undefined ? {} : { line }),
    ...(object === undefined ? {} : { object }),
    key: key ?? null,
    id: null,
    state,
    error: null,
  };
}

/** The result of a record that is refused, and why. */
export function rejectedLine(place: Place, cause: unknown): ImportLineDocument {
  const { code, message } = asTocsinError(cause);
  return { ...importLine(place, "rejected"), error: { code: errorRow(code).family, message } };
}

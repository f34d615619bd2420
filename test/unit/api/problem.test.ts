// Refusals as documents and back.

import { describe, expect, test } from "vitest";
import { errorDocumentOf, errorFrom, rpcErrorOf } from "../../../src/api/problem.ts";
import { ERRORS, TocsinError, type ErrorCode } from "../../../src/base/errors.ts";

const codes = Object.keys(ERRORS) as ErrorCode[];

describe("a refusal", () => {
  test.each(codes)("%s comes out of the API as it went in", (code) => {
    const error = new TocsinError(code, "what happened", {
      hint: "what to do",
      details: { peer: "northwind", held: 2 },
    });
    const { message, data } = rpcErrorOf(error);
    expect(errorFrom({ ...data, message })).toMatchObject({ code, message, hint: error.hint, details: error.details });
    expect(errorFrom(errorDocumentOf(error))).toMatchObject({ code, message, details: error.details });
  });

  test("is a document whose facts no detail can replace", () => {
    const details = { exit: 0, code: "fine", reason: "x", peer: "northwind" };
    const document = errorDocumentOf(new TocsinError("TLP_REFUSED", "no", { details }));
    expect(document).toEqual({
      schema: "tocsin.error/1",
      code: "tlp_policy",
      exit: 77,
      message: "no",
      hint: null,
      retryable: false,
      reason: "TLP_REFUSED",
      peer: "northwind",
    });
    expect(Object.keys(document)[0]).toBe("schema");
  });

  test("of a newer daemon for a reason unknown here is our bug, not a guess", () => {
    const told = { code: "new", exit: 99, message: "m", hint: null, retryable: false, reason: "NEWER" };
    expect(errorFrom(told).code).toBe("INTERNAL");
  });
});

// Reading refusals in tests: by code, never by message.

import { TocsinError, type ErrorCode } from "../../src/base/errors.ts";

/** The code that `step` is refused with, or undefined where it succeeds; anything but a TocsinError is thrown on. */
export async function refusalOf(step: () => unknown): Promise<ErrorCode | undefined> {
  return (await errorOf(step))?.code;
}

/** The TocsinError that `step` fails with, or undefined where it succeeds. */
export async function errorOf(step: () => unknown): Promise<TocsinError | undefined> {
  try {
    await step();
    return undefined;
  } catch (cause) {
    if (cause instanceof TocsinError) return cause;
    throw cause;
  }
}

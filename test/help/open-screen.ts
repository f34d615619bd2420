// The smallest command that opens the compiled screen: what `tocsin ui` does, without the command line around it.
// Arguments: folder of the compiled output, socket, and optionally the circle.

import type * as errors from "../../src/base/errors.ts";

const [dist = "", socketPath = "", circle] = process.argv.slice(2);
type Errors = Pick<typeof errors, "asTocsinError" | "errorRow">;
type Opener = { openScreen: (options: { socketPath: string; circle?: string; banner: string }) => Promise<void> };
const { openScreen } = (await import(`${dist}/cli/tui/open.js`)) as Opener;
const { asTocsinError, errorRow } = (await import(`${dist}/src/base/errors.js`)) as Errors;

try {
  await openScreen({ socketPath, banner: "DEMO", ...(circle === undefined ? {} : { circle }) });
  console.log("good bye");
} catch (cause) {
  const { code, message, hint = "" } = asTocsinError(cause);
  console.error(`error: ${code} ${message} / try: ${hint}`);
  process.exitCode = errorRow(code).exit;
}

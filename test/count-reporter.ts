// The last line of a test run for machines that read one line: "N passed, N failed". It must never hide a failure:
// a file that could not be loaded and an error outside any test count as failed too.

import type { Reporter } from "vitest/node";

/** Counts when the run is over; a skipped test is neither passed nor failed. */
export const countReporter: Reporter = {
  onTestRunEnd: (modules, unhandledErrors) => {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const passed = tests.filter((test) => test.result().state === "passed").length;
    const failed = tests.filter((test) => test.result().state === "failed").length;
    const broken = modules.reduce((sum, module) => sum + module.errors().length, 0) + unhandledErrors.length;
    // After the summary of the other reporter, which is still being written at this moment.
    process.once("exit", () => process.stdout.write(`${passed} passed, ${failed + broken} failed\n`));
  },
};

// One project per kind of test: pure ones share a worker, the others are isolated.

import { defineConfig } from "vitest/config";
import { countReporter } from "./count-reporter.ts";

const root = new URL("..", import.meta.url).pathname;

export default defineConfig({
  root,
  test: {
    maxWorkers: 2,
    reporters: ["default", countReporter],
    projects: [
      {
        extends: true,
        root,
        test: {
          name: "pure",
          include: [
            "test/unit/**/*.test.{ts,tsx}",
            "test/property/**/*.test.ts",
            "test/vectors/**/*.test.ts",
            "test/tidy.test.ts",
          ],
          isolate: false,
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        root,
        test: {
          name: "real",
          include: ["test/{sim,scenario,fault,e2e}/**/*.test.{ts,tsx}"],
          testTimeout: 90_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});

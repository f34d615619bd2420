// What a daemon asks of the runtime at its start, because nothing can ask for it later.

/**
 * Young objects are collected after 4 MiB instead of 16: a catch-up makes little else, and what is not collected yet was a third of
 * its memory at most. It costs about a seventh more CPU then (docs/performance.md).
 */
export const DAEMON_FLAGS = ["--max-semi-space-size=4"] as const;

// Programmer errors only: what a peer or a user sends is never checked here.

/** Throws where `condition` does not hold; `why` is the broken assumption. */
export function assert(condition: unknown, why: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${why}`);
}

/** Marks a switch that names every case: adding a case makes this call fail to compile. */
export function unreachable(value: never): never {
  throw new Error(`assertion failed: unexpected ${String(value)}`);
}

// A holder for secret bytes that cannot be printed by accident.

import { inspect } from "node:util";

/** Secret bytes; logging, inspecting or serialising the holder shows "[secret]". */
export type Secret = {
  /** The bytes themselves; never stored in another structure that may be printed. */
  readonly reveal: () => Uint8Array;
  /** Overwrites the bytes with zeros. Best effort: the runtime may have copied them. */
  readonly wipe: () => void;
  readonly toJSON: () => string;
};

/** Takes ownership of `bytes`. */
export function secret(bytes: Uint8Array): Secret {
  const holder = {
    reveal: () => bytes,
    wipe: () => void bytes.fill(0),
    toJSON: () => "[secret]",
    [inspect.custom]: () => "[secret]",
  };
  // The functions are hidden from inspection too: only their closure knows the bytes.
  return Object.freeze(holder);
}

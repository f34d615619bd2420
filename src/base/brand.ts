// Nominal types over strings and bytes, so that a lane id cannot be passed where a record id is meant.
// Only the makers beside each branded type may use `as`.

declare const brand: unique symbol;

/** `T`, told apart from every other `T` by `Name`. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

// Dangers that a writer may take by naming them; whoever names none is refused where one is found.

/** `key-change`: somebody in the circle has a key that is not the verified one, or is blocked. */
export const RISKS = ["key-change"] as const;
export type Risk = (typeof RISKS)[number];

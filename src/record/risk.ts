// Dangers that a writer may take by naming them; whoever names none is refused where one is found.

/**
 * `key-change`: somebody in the circle has a key that is not the verified one, or is blocked. `new-lane`: where this node's records
 * end cannot be confirmed, so it goes on in a new lane. `steward-alive`: there is a steward still, who might be asked.
 * `unverified`: somebody in the circle was not verified, and what is said is for the eyes of those only who were.
 */
export const RISKS = ["key-change", "new-lane", "steward-alive", "unverified"] as const;
export type Risk = (typeof RISKS)[number];

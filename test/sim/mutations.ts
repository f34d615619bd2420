// Rules broken on purpose, by the text that is replaced: the simulator has to notice each of them.

export type Mutation = {
  readonly name: string;
  /** The rule of docs/protocol.md that it breaks, or the promise of docs/architecture.md. */
  readonly breaks: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
  /** The first seed to try; it is noticed soon after. */
  readonly seed: number;
};

/** So many circles from its seed on are enough to notice each of them. */
export const SEEDS_TO_NOTICE = 150;

const AUTHORSHIP = "src/node/authorship.ts";
const INGEST = "src/node/ingest.ts";
const EVALUATE = "src/circle/evaluate.ts";
const APPLY = "src/circle/apply.ts";
const USABLE = "src/seal/usable.ts";

export const MUTATIONS: readonly Mutation[] = [
  {
    ...{ name: "no-signature", breaks: "R1", file: "src/record/verify.ts", seed: 33 },
    ...{ from: "if (!verifyStrict(", to: "if (false && !verifyStrict(" },
  },
  {
    ...{ name: "any-lane", breaks: "R5", file: "src/feed/lane.ts", seed: 5 },
    ...{ from: "(lane.length === 0 && !ownsLane(lane.author, lane.id))", to: "(lane.length === 0 && !ownsLane)" },
  },
  {
    ...{ name: "forgetful-authors", breaks: "R8", file: AUTHORSHIP, seed: 7 },
    ...{ from: "if (!dominates(state.graph, rosterHeads, seenIn(state.graph, lane)))", to: "if (lane === undefined)" },
  },
  {
    ...{ name: "outsiders-speak", breaks: "R10", file: AUTHORSHIP, seed: 8 },
    ...{ from: "if (!view.members.has(author) && !enrolsItself(state, record, view))", to: "if (view === undefined)" },
  },
  {
    ...{ name: "anybody-is-steward", breaks: "R12", file: "src/circle/refusal.ts", seed: 8 },
    ...{
      from: 'if (needsSteward(change, view) && member.seniority === undefined) return "its author is no steward";',
      to: "",
    },
  },
  {
    ...{ name: "any-lane-speaks", breaks: "R57", file: "src/circle/refusal.ts", seed: 16 },
    ...{ from: " ?? refuseLane(lane, member)", to: " ?? (refuseLane.length < 0 ? lane : undefined)" },
  },
  {
    ...{ name: "no-annulment", breaks: "R13", file: EVALUATE, seed: 2 },
    ...{ from: "    annulOutvoted(ground, ops, why);\n", to: "" },
  },
  {
    ...{ name: "no-follow-up", breaks: "R14", file: EVALUATE, seed: 21 },
    ...{ from: "    annulFollowers(ground, ops, why);\n", to: "" },
  },
  {
    ...{ name: "addition-beats-removal", breaks: "R15", file: APPLY, seed: 360 },
    ...{ from: "if (isReached(crossing.map(", to: "if (crossing.length < 0 && isReached(crossing.map(" },
  },
  {
    ...{ name: "tickets-for-all", breaks: "R16", file: APPLY, seed: 230 },
    ...{ from: 'if (ticket !== undefined && draft.tickets.has(ticket)) return "its ticket was used already";', to: "" },
  },
  {
    ...{ name: "quorum-of-one", breaks: "R17", file: "src/circle/refusal.ts", seed: 2 },
    ...{ from: "return Math.max(1, Math.min(2, [...orgs]", to: "return Math.max(1, Math.min(1, [...orgs]" },
  },
  {
    ...{ name: "unstable-order", breaks: "the one order of section 5", file: "src/circle/graph.ts", seed: 31 },
    ...{
      from: "left.depth - right.depth || (left.op.id < right.op.id ? -1 : 1)",
      to: "left.depth - right.depth || left.chain - right.chain",
    },
  },
  {
    ...{ name: "any-marking", breaks: "R18", file: "src/circle/policy.ts", seed: 3 },
    ...{ from: "if (!stricter(body.tlp, maxTlp)) return undefined;", to: "if (maxTlp) return undefined;" },
  },
  {
    ...{ name: "no-cut", breaks: "R19", file: "src/circle/policy.ts", seed: 18 },
    ...{ from: "if (!removal) return Infinity;", to: "if (!removal || lane) return Infinity;" },
  },
  {
    ...{ name: "any-secret", breaks: "R20", file: "src/seal/epoch.ts", seed: 17 },
    ...{ from: " || !equalBytes(commitToKey(secret), keyCommitment)", to: "" },
  },
  {
    ...{ name: "one-nonce", breaks: "R21", file: "src/seal/author-key.ts", seed: 1 },
    ...{ from: "hmac(nonceKey, fresh, sealedContext)", to: "hmac(nonceKey)" },
  },
  {
    ...{ name: "any-minter", breaks: "R23", file: USABLE, seed: 55 },
    ...{
      from: "if (orgOf(minter) !== view.self && !roster.lanes.has(epoch.lane)) return",
      to: "if (!minter.id) return",
    },
  },
  {
    ...{ name: "any-prekey", breaks: "R26", file: USABLE, seed: 60 },
    ...{ from: "if (!member || !view.prekeys(member).some(({ id }) => id === wrappedTo))", to: "if (!wrappedTo)" },
  },
  {
    ...{ name: "unopened-epochs", breaks: "R28", file: USABLE, seed: 365 },
    ...{ from: "if (!view.opened(epoch)) return", to: "if (!epoch.id) return" },
  },
  {
    ...{ name: "rank-is-lost", breaks: "R48", file: APPLY, seed: 48 },
    ...{ from: "ranks.length === 0 ? undefined : Math.min(...ranks)", to: "undefined" },
  },
  {
    ...{ name: "no-withdrawal", breaks: "R51", file: EVALUATE, seed: 165 },
    ...{ from: "    annulWithdrawn(ground, ops, why);\n", to: "" },
  },
  {
    ...{ name: "forks-count", breaks: "R50", file: EVALUATE, seed: 30 },
    ...{ from: "    annulForked(ground, ops, why);\n", to: "" },
  },
  {
    ...{ name: "any-recipients", breaks: "R24", file: USABLE, seed: 9 },
    ...{ from: "if (!sameMembers(epoch.recipients, view))", to: "if (!epoch.recipients)" },
  },
  {
    ...{ name: "any-coverage", breaks: "R25", file: USABLE, seed: 19 },
    ...{ from: "if (!dominates(view.graph, epoch.covers, retiring(roster))) return", to: "if (!roster.rekeys) return" },
  },
  {
    ...{ name: "deaf-to-complaints", breaks: "R34", file: USABLE, seed: 42 },
    ...{ from: "if (epoch.minter !== view.me && complainers.length > 0)", to: "if (complainers.length < 0)" },
  },
  {
    ...{ name: "forgotten-epochs-again", breaks: "R30", file: "src/node/complaints.ts", seed: 2 },
    ...{
      from: "if ((await lookInto(rooms, epoch, wraps)) ===",
      to: 'const { takeEpoch } = await import("./epochs.ts");\n    if ((await takeEpoch(rooms, epoch, { wraps, known: state.epochs })) ===',
    },
  },
  {
    ...{ name: "epochs-for-ever", breaks: "R27", file: USABLE, seed: 1 },
    ...{ from: "view.now - view.firstSeenAt(epoch) >= limits.epochAgeMaxMs", to: "view.now < 0" },
  },
  {
    ...{ name: "first-come-epoch", breaks: "R29", file: USABLE, seed: 1 },
    ...{ from: " || (epoch.depth === best.depth && epoch.id > best.id)", to: "" },
  },
  {
    ...{ name: "secrets-for-ever", breaks: "R30", file: "src/seal/keyring.ts", seed: 2 },
    ...{ from: "now - supersededAt >= keepMs", to: "now - supersededAt >= 100 * keepMs" },
  },
  {
    ...{ name: "told-before-stored", breaks: "kept only once durable", file: INGEST, seed: 26 },
    ...{
      from: "const items = await commitErasing(rooms, state, { ...change,",
      to: "live.state = state;\n    const items = await commitErasing(rooms, state, { ...change,",
    },
  },
  {
    ...{ name: "posted-before-stored", breaks: "posted only once durable", file: "src/node/post.ts", seed: 1 },
    ...{ from: "    await batch.commit();\n", to: "    void batch.commit().catch(() => undefined);\n" },
  },
];

/** A mutation of the list. Throws where there is none of that name. */
export function mutationNamed(name: string): Mutation {
  const found = MUTATIONS.find((mutation) => mutation.name === name);
  if (!found) throw new Error(`there is no mutation ${name}`);
  return found;
}

// What orgs said of one item or one indicator, from the store to a tally: what stands of each word, and whose it is. Drills, what was
// withdrawn and what is contested count for nothing.

import { toRfc3339 } from "../base/clock.ts";
import { standing } from "../circle/correction.ts";
import { type Roster, orgOf } from "../circle/roster.ts";
import { isClosed } from "../node/forks.ts";
import type { Rooms } from "../node/rooms.ts";
import { type Indicator, indicatorsOf, type PostBody, referenceOf } from "../record/body.ts";
import type { CircleId } from "../record/ids.ts";
import type { Item } from "../store/store.ts";
import { corroborate, counted, emptyTally, type Observation, type Tally } from "../tally/corroboration.ts";
import { modelOf } from "../tally/decay.ts";
import type { CorroborationDocument } from "./documents.ts";

/** Of the newest words on one indicator so many are counted. */
const WORDS_MAX = 1_000;

/** How well an item is corroborated, by its author and by those who answered it; undefined for a kind that says of nothing that it was seen. */
export function corroborationOf(rooms: Rooms, item: Item, answers: readonly Item[]): CorroborationDocument | undefined {
  const { kind } = item.body;
  if (kind !== "sighting" && kind !== "alert" && kind !== "ask") return undefined;
  const words = [item, ...answers.filter(({ body }) => referenceOf(body) === item.id)];
  const tally = words.reduce((sum, word) => withWord(rooms, sum, { word, answers, root: item }), emptyTally);
  return present(rooms, tally, { circle: item.circle, indicators: indicatorsOf(item.body) });
}

/** How well an indicator is corroborated in each circle where it was named. */
export async function corroborationsOf(
  rooms: Rooms,
  indicator: Indicator,
): Promise<ReadonlyMap<CircleId, CorroborationDocument>> {
  const tallies = new Map<CircleId, Tally>();
  const known = new Set<string>();
  const { type, value } = indicator;
  for (const item of await rooms.store.byIndicator(indicator, WORDS_MAX)) {
    if (item.exercise) continue;
    const answers = await rooms.store.thread(item.id, WORDS_MAX);
    const { body } = standing(rooms.circles.get(item.circle)?.state.roster, item, answers);
    if (!indicatorsOf(body).some((one) => one.type === type && one.value === value)) continue;
    // Whoever saw it too need not name it again.
    for (const word of [item, ...answers.filter((one) => referenceOf(one.body) === item.id)]) {
      if (known.has(word.id)) continue;
      known.add(word.id);
      const tally = tallies.get(word.circle) ?? emptyTally;
      tallies.set(word.circle, withWord(rooms, tally, { word, answers, root: item }));
    }
  }
  const named = [...tallies].filter(([, tally]) => tally.size > 0);
  return new Map(named.map(([circle, tally]) => [circle, present(rooms, tally, { circle, indicators: [indicator] })]));
}

/** A tally with one org's word, as it stands; `answers` hold all that corrects it. */
function withWord(
  rooms: Rooms,
  tally: Tally,
  { word, answers, root }: { readonly word: Item; readonly answers: readonly Item[]; readonly root: Item },
): Tally {
  const state = rooms.circles.get(word.circle)?.state;
  const author = state?.roster && orgAt(state.roster, word);
  const stands = standing(state?.roster, word, answers);
  // A drill is counted in nothing real; asked about itself it is counted as the drill that it is.
  if (!state || !author || stands.state === "retracted" || word.exercise !== root.exercise || isClosed(state, word))
    return tally;
  const seen = seenIn(stands.body, word.at);
  return seen ? counted(tally, { id: word.id, org: author, expires: stands.body.expires, ...seen }) : tally;
}

function orgAt({ members, removed }: Roster, { author }: Item): Observation["org"] | undefined {
  const known = members.get(author) ?? removed.get(author);
  return known && orgOf(known);
}

/** What a body says of having seen something; undefined where it says nothing of that. */
function seenIn(body: PostBody, at: number): Omit<Observation, "id" | "org" | "expires"> | undefined {
  if (body.kind === "answer") return body.answer === "yes" ? { ...once(at), isFalse: false } : undefined;
  if (body.kind === "alert") return { ...once(at), isFalse: false };
  if (body.kind !== "sighting") return undefined;
  const { first = at, last = at, count = 1 } = body.seen ?? {};
  return { first: Math.min(first, last), last: Math.max(first, last), count, isFalse: body.confidence === 0 };
}

const once = (at: number): { first: number; last: number; count: number } => ({ first: at, last: at, count: 1 });

function present(
  rooms: Rooms,
  tally: Tally,
  { circle, indicators }: { readonly circle: CircleId; readonly indicators: readonly Indicator[] },
): CorroborationDocument {
  const { members } = rooms.circles.get(circle)?.state.roster ?? {};
  // One score stands for all of them: the one that is gone first decides.
  const models = indicators.map(({ type }) => modelOf(type));
  const shortest = models.sort((left, right) => (left.lifetimeMs ?? Infinity) - (right.lifetimeMs ?? Infinity)).at(0);
  const { seen, denied, first, last, count, score, state } = corroborate(
    tally,
    rooms.clock.now(),
    shortest ?? modelOf("other"),
  );
  const moment = (ms: number | undefined): string | null => (ms === undefined ? null : toRfc3339(ms));
  const of = new Set([...(members?.values() ?? [])].map(orgOf)).size;
  return { seen, of, denied, first: moment(first), last: moment(last), count, score, state };
}

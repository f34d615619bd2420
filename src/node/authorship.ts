// Whether whoever signed a record may say it, judged in the record's own past.

import { limits } from "../base/limits.ts";
import { TocsinError } from "../base/errors.ts";
import { decodeChange } from "../circle/change-codec.ts";
import { evaluate } from "../circle/evaluate.ts";
import { dominates, type Graph, isMinimal, precedes } from "../circle/graph.ts";
import { refusal } from "../circle/refusal.ts";
import type { Roster } from "../circle/roster.ts";
import type { Lane } from "../feed/lane.ts";
import { unpackContent } from "../record/content.ts";
import type { RecordId } from "../record/ids.ts";
import type { SignedRecord } from "../record/record.ts";
import type { CircleState } from "./circle-state.ts";

/**
 * Whether the author was entitled to speak, judged in the record's own causal past alone: so all members keep the same records,
 * whatever they hear of first. What a removal cuts off is kept too, and not shown.
 */
export function refuseAuthor(state: CircleState, record: SignedRecord, lane: Lane): TocsinError | undefined {
  const { author, kind, rosterHeads, seq } = record.header;
  const name = author.slice(0, 8);
  if (rosterHeads.length === 0) {
    // Only the genesis follows nothing.
    const opens = kind === "roster" && state.graph.ops.size === 0 && seq === 0;
    return opens ? undefined : new TocsinError("RECORD_MALFORMED", "a record that has seen no membership");
  }
  // R8: a view is named by its newest changes alone; an author never un-sees membership that its lane has named, nor an
  // operation of its own.
  if (!isMinimal(state.graph, rosterHeads))
    return new TocsinError("RECORD_MALFORMED", "a record that names a change and what that change had seen");
  if (!dominates(state.graph, rosterHeads, seenIn(state.graph, lane)))
    return new TocsinError("RECORD_MALFORMED", "a record that forgets membership it had seen");
  // R10: it was a member in its own view.
  const view = evaluate(state.graph, rosterHeads, state.memo);
  if (!view.members.has(author) && !enrolsItself(state, record, view))
    return new TocsinError("RECORD_AUTHOR_UNKNOWN", `author ${name} is no member`);
  // Of lanes that nobody leans on each node keeps the first that it hears of.
  const lanes = (): number => [...state.lanes.values()].filter((other) => other.author === author).length;
  if (lane.length === 0 && lanes() >= limits.lanesPerMemberMax && !mayBeLeantOn(state, lane, view))
    return new TocsinError("LANES_EXCEEDED", `author ${name} has too many lanes`);
  return undefined;
}

/**
 * As many heads as a record may name. First, for each change that the lane has seen, one that leans on it: of more heads than that any
 * others may be left out, and the author forgets nothing.
 */
export function headsFor(graph: Graph, lane: Lane): readonly RecordId[] {
  const heads = new Set<RecordId>();
  for (const id of seenIn(graph, lane)) {
    const covers = (head: RecordId): boolean => head === id || precedes(graph, id, head);
    const cover = [...heads].find(covers) ?? graph.heads.find(covers);
    if (cover !== undefined) heads.add(cover);
  }
  for (const head of graph.heads) heads.add(head);
  return [...heads].slice(0, limits.rosterHeadsMax).sort();
}

/** The changes that the last record of a lane had seen, or is. */
function seenIn(graph: Graph, { head, seen }: Lane): readonly RecordId[] {
  return head !== undefined && graph.ops.has(head) ? [head] : seen;
}

/**
 * Whether changes in a lane may be in the graph, and others lean on them: it begins with an enrolment, or some change named it, whatever
 * became of that change where it met others.
 */
function mayBeLeantOn({ graph, roster }: CircleState, { id, author }: Lane, view: Roster): boolean {
  if (!view.members.has(author) || roster?.lanes.has(id)) return true;
  for (const { change } of graph.ops.values()) {
    if (change.op === "add" && change.lane === id) return true;
    if (change.op === "lane" && change.opening.header.lane === id) return true;
  }
  return false;
}

/** Whether a record is the one by which a node comes in under its org: the first that it signs, and in nobody's roster before. */
function enrolsItself({ id }: CircleState, { header, payload }: SignedRecord, view: Roster): boolean {
  if (header.kind !== "roster" || header.seq !== 0) return false;
  const change = decodeChange(unpackContent(payload).body, id);
  return change.op === "enrol" && refusal({ author: header.author, change, lane: header.lane }, view) === undefined;
}

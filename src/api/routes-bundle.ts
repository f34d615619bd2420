// Routes about records that are carried by hand. The daemon reads and writes the file itself: it runs as the same user.

import { isAbsolute } from "node:path";
import { TocsinError } from "../base/errors.ts";
import { orgOf } from "../circle/roster.ts";
import type { OrgId } from "../record/ids.ts";
import { type BundleFrame, carried, partFrames, type PartRead, readBundle, readersOf } from "../node/bundle.ts";
import { circleNamed, type LiveCircle, type Rooms } from "../node/rooms.ts";
import type { BundleReadDocument, BundleWrittenDocument } from "./bundle-document.ts";
import { readBundleFile, writeBundleFile } from "./bundle-file.ts";
import type { Routes } from "./desk.ts";
import { findCircle, findOrg } from "./lookup.ts";
import { behindOf } from "./present.ts";
import { parseRequest, requests } from "./requests.ts";

export function bundleRoutes(rooms: Rooms): Pick<Routes, "bundle.write" | "bundle.read"> {
  return {
    "bundle.write": async (params) => {
      const request = parseRequest(requests.bundleWrite, params);
      checkPath(request.file);
      const org = request.for === undefined ? undefined : orgOf(findOrg(rooms, request.for));
      const named = request.circle === undefined ? [...rooms.circles.values()] : [findCircle(rooms, request.circle)];
      const lives = named.filter((live) => isHere(rooms, live) && readersOf(rooms, live, org).length > 0);
      if (lives.length === 0)
        throw new TocsinError("MEMBER_UNKNOWN", "there is nobody that a bundle could be sealed for", {
          hint: "run tocsin circle show",
        });
      const circles: BundleWrittenDocument["circles"] = [];
      const bytes = await writeBundleFile(request.file, framesOf(rooms, lives, { org, circles }));
      return { schema: "tocsin.bundle/1", file: request.file, bytes, circles };
    },
    "bundle.read": async (params) => {
      const { file } = parseRequest(requests.bundleRead, params);
      checkPath(file);
      const { parts, forOthers, isTorn } = await readBundle(rooms, readBundleFile(file));
      if (parts.length === 0 && !isTorn)
        throw new TocsinError("INPUT_INVALID", "nothing in this bundle is sealed for this node", {
          hint: "ask for a new one: it may be sealed for others, or to a key of long ago",
        });
      const circles = parts.map((part) => presentPart(rooms, part));
      return { schema: "tocsin.bundleRead/1", file, torn: isTorn, forOthers, circles };
    },
  };
}

async function* framesOf(
  rooms: Rooms,
  lives: readonly LiveCircle[],
  of: { readonly org: OrgId | undefined; readonly circles: BundleWrittenDocument["circles"] },
): AsyncGenerator<BundleFrame> {
  for (const live of lives) {
    const readers = readersOf(rooms, live, of.org);
    const envelopes = carried(rooms, live, of.org === undefined ? undefined : readers);
    const { id, name } = live.row;
    const names = [...new Set(readers.map(({ certificate }) => certificate.org))];
    yield* partFrames(rooms, live, {
      ...{ readers, envelopes },
      told: (records) => void of.circles.push({ id, name, for: names, records }),
    });
  }
  yield { kind: "last", parts: of.circles.length };
}

function presentPart(rooms: Rooms, part: PartRead): BundleReadDocument["circles"][number] {
  const live = circleNamed(rooms, part.circle);
  const writer = part.writer && live.state.roster?.members.get(part.writer);
  return {
    id: live.row.id,
    name: live.row.name,
    from: writer?.certificate.org ?? null,
    state: part.state,
    why: part.why ?? null,
    new: part.kept,
    duplicates: part.duplicates,
    gaps: part.gaps,
    refused: [...part.refused].map(([code, records]) => ({ code, records })),
    behind: behindOf(rooms, live),
  };
}

/** Whether this node is in the circle: only a member may carry what is said in it. */
function isHere({ me }: Rooms, { row, state }: LiveCircle): boolean {
  return row.state === "current" && state.roster?.members.has(me.id) === true;
}

function checkPath(file: string): void {
  if (!isAbsolute(file)) throw new TocsinError("INPUT_INVALID", "the file of a bundle is named by its absolute path");
}

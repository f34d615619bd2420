// The route of `doctor`: what only the daemon can say while it has the store open.

import { toRfc3339 } from "../base/clock.ts";
import { missingKeys } from "../node/epochs.ts";
import { examineLanes } from "../node/examine.ts";
import { type LocalRules, namedInVain } from "../node/local-rules.ts";
import type { Rooms } from "../node/rooms.ts";
import type { Seats } from "../node/seats.ts";
import type { Routes } from "./desk.ts";
import { parseRequest, requests } from "./requests.ts";

/** Newest records of each lane that are looked at where not all of them are. */
export const SAMPLE_RECORDS = 100;

export function doctorRoutes(rooms: Rooms, seats: Seats, rules: LocalRules): Pick<Routes, "doctor"> {
  const inVain = (): string[] => {
    const circles = [...rooms.circles.values()].flatMap(({ row }) => [row.name, row.id]);
    const known = [seats.owner, ...seats.all().map(({ name }) => name)];
    return [...namedInVain(rules, { circles: new Set(circles), seats: new Set(known) })];
  };
  return {
    doctor: async (params) => {
      const { deep } = parseRequest(requests.doctor, params);
      const { count, records, broken } = await examineLanes(rooms.store, deep ? Infinity : SAMPLE_RECORDS);
      return {
        schema: "tocsin.inside/1",
        lanes: { count, records, broken: [...broken] },
        missingKeys: [...rooms.circles.values()].reduce((sum, live) => sum + missingKeys(rooms, live), 0),
        namedInVain: inVain(),
        notAfter: toRfc3339(rooms.me.certificate.notAfter),
      };
    },
  };
}

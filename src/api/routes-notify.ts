// The route about how people here are told that something came. Who is shown the screen decides by these rules itself.

import type { NotifyRule, NotifySettings } from "../notify/notify.ts";
import type { Rooms } from "../node/rooms.ts";
import { mayUse } from "./gate.ts";
import type { Routes } from "./desk.ts";
import { parseRequest, requests } from "./requests.ts";

export function notifyRoutes(rooms: Rooms, settings: NotifySettings): Pick<Routes, "notify.rules"> {
  return {
    "notify.rules": async (params, { caller }) => {
      parseRequest(requests.none, params);
      const mayKnow = (named: string): boolean =>
        [...rooms.circles.values()].some(
          ({ row }) => (row.name === named || row.id === named) && mayUse(caller, row.id),
        );
      const rules = settings.rules.flatMap((rule): readonly NotifyRule[] => {
        if (!rule.circles || !caller.circles) return [rule];
        const circles = rule.circles.filter(mayKnow);
        return circles.length === 0 ? [] : [{ ...rule, circles }];
      });
      return { schema: "tocsin.notifyRules/1", org: rooms.me.org, ...settings, rules };
    },
  };
}

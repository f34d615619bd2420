// Routes about this node's own keys in its circles.

import { orgOf } from "../node/circle-state.ts";
import { rekey } from "../node/prekeys.ts";
import type { Rooms } from "../node/rooms.ts";
import type { Routes } from "./desk.ts";
import { findCircle } from "./lookup.ts";
import { parseRequest, requests } from "./requests.ts";

export function keyRoutes(rooms: Rooms): Pick<Routes, "circle.rekey"> {
  return {
    "circle.rekey": async (params) => {
      const { circle, compromised = false } = parseRequest(requests.circleRekey, params);
      const live = findCircle(rooms, circle);
      const epoch = await rekey(rooms, live.row.id, { compromised });
      const recipients = [...(live.state.epochs.get(epoch)?.recipients.keys() ?? [])].map((id) =>
        orgOf(live.state, id),
      );
      return { schema: "tocsin.rekey/1", circle: live.row.name, epoch, recipients, compromised };
    },
  };
}

// The one gate between a client and what the daemon does for it: which right each method needs, and in which circles. A method
// without a row does not compile.

import { TocsinError } from "../base/errors.ts";
import type { CircleId } from "../record/ids.ts";
import type { Caller, Right } from "../seat/seat.ts";
import type { Rooms } from "../node/rooms.ts";
import { findCircle, findItem } from "./lookup.ts";
import type { Method } from "./methods.ts";

/**
 * How a seat of some circles is kept to them. `circle`: what the request names, or the item that it answers, is in one of them;
 * `item`: so is the item of its id; `own`: the route leaves out what the caller may not see; `all`: seats of all circles only.
 */
type Reach = "circle" | "item" | "own" | "all";

export type GatedMethod = Exclude<Method, "hello" | "unsubscribe">;

/** Where two rights stand, either will do. */
export const NEEDS: { readonly [M in GatedMethod]: readonly [Right | readonly [Right, Right], Reach] } = {
  status: ["read", "all"],
  "org.show": ["read", "own"],
  "circle.list": ["read", "own"],
  "circle.show": ["read", "circle"],
  "circle.policy": ["read", "circle"],
  "circle.log": ["read", "circle"],
  "circle.news": ["read", "all"],
  "circle.seen": ["read", "circle"],
  "outbox.list": ["read", "own"],
  "invite.list": ["read", "circle"],
  "peer.list": ["read", "all"],
  "peer.show": ["read", "all"],
  "peer.ping": ["read", "all"],
  "verify.show": ["read", "all"],
  feed: ["read", "circle"],
  show: ["read", "item"],
  search: ["read", "circle"],
  check: ["read", "circle"],
  acks: ["read", "circle"],
  "notify.rules": ["read", "own"],
  "read.mark": ["read", "circle"],
  subscribe: ["read", "circle"],
  post: ["post", "circle"],
  import: ["post", "circle"],
  nudge: ["post", "item"],
  relay: ["post", "all"],
  scrub: ["post", "circle"],
  "circle.direct": ["post", "all"],
  "hold.list": ["read", "all"],
  "hold.show": ["admin", "all"],
  "hold.set": [["steward", "admin"], "all"],
  "hold.release": [["steward", "admin"], "all"],
  "exercise.show": ["read", "circle"],
  "exercise.start": ["steward", "circle"],
  "exercise.stop": ["steward", "circle"],
  "outbox.release": ["approve", "own"],
  "outbox.reject": ["approve", "own"],
  "outbox.breakGlass": [["steward", "admin"], "own"],
  "circle.create": ["steward", "all"],
  "circle.remove": ["steward", "circle"],
  "circle.promote": ["steward", "circle"],
  "circle.demote": ["steward", "circle"],
  "circle.leave": ["steward", "circle"],
  "circle.freeze": ["steward", "circle"],
  "circle.unfreeze": ["steward", "circle"],
  "circle.confirm": ["steward", "circle"],
  "circle.setPolicy": ["steward", "circle"],
  "circle.accept": ["steward", "circle"],
  "circle.rekey": ["steward", "circle"],
  "circle.lane": ["steward", "circle"],
  "invite.create": ["steward", "circle"],
  "invite.revoke": ["steward", "all"],
  "join.preview": ["steward", "all"],
  "join.accept": ["steward", "all"],
  "peer.path": ["steward", "all"],
  "peer.vouch": ["steward", "circle"],
  "verify.begin": ["steward", "all"],
  "verify.heard": ["steward", "all"],
  "verify.fingerprint": ["steward", "all"],
  "daemon.stop": ["admin", "all"],
  doctor: ["admin", "all"],
  "org.circles": ["admin", "all"],
  "org.enrol": ["admin", "all"],
  "org.retire": ["admin", "all"],
  "bundle.write": ["admin", "all"],
  "bundle.read": ["admin", "all"],
  "audit.list": ["admin", "all"],
  "audit.export": ["admin", "all"],
  "audit.head": ["admin", "all"],
  "audit.verify": ["admin", "all"],
  "audit.bundle": ["admin", "all"],
  "seat.list": ["admin", "all"],
  "seat.add": ["admin", "all"],
  "seat.set": ["admin", "all"],
  "seat.remove": ["admin", "all"],
  "token.add": ["admin", "all"],
  "token.list": ["admin", "all"],
  "token.revoke": ["admin", "all"],
};

/** Lets a request through as it may be done for this caller. Throws RIGHT_MISSING, or what a look-up throws. */
export type Gate = (method: GatedMethod, params: unknown, caller: Caller) => Promise<unknown>;

/** The gate of a node. */
export function gateOf(rooms: Rooms): Gate {
  return async (method, params, caller) => {
    // R76: nothing is done for a client before its seat has the right that the method needs, in each circle that it touches.
    const [needed, reach] = NEEDS[method];
    const rights = typeof needed === "string" ? [needed] : needed;
    if (!rights.some((right) => caller.rights.has(right)))
      throw missing(caller, `has no right to ${rights.join(" or ")}`);
    if (!caller.circles || reach === "own") return params;
    switch (reach) {
      case "all":
        throw missing(caller, "may use some circles only, and this is about all of them");
      case "item": {
        const { circle } = await findItem(rooms, textIn(params, "id") ?? "");
        requireCircle(caller, circle);
        return params;
      }
      case "circle": {
        const circle = await circleMeant(rooms, params, caller.circles);
        if (circle === undefined) throw missing(caller, "may use some circles only: name one of them with -c");
        requireCircle(caller, circle);
        return { ...fieldsOf(params), circle };
      }
    }
  };
}

/** Whether a caller may know of a circle. */
export function mayUse({ circles }: Pick<Caller, "circles">, circle: CircleId): boolean {
  return circles?.has(circle) ?? true;
}

/** The circle of the item that a request is about, the one that it names, or the caller's only one. */
async function circleMeant(
  rooms: Rooms,
  params: unknown,
  circles: ReadonlySet<CircleId>,
): Promise<CircleId | undefined> {
  // First the item: who names its circle wrongly is not to see it.
  const item = textIn(params, "id");
  if (item !== undefined) return (await findItem(rooms, item)).circle;
  const named = textIn(params, "circle");
  if (named !== undefined) return findCircle(rooms, named).row.id;
  const about = textIn(fieldsOf(params)["draft"], "re");
  if (about !== undefined) return (await findItem(rooms, about)).circle;
  return circles.size === 1 ? [...circles][0] : undefined;
}

function requireCircle(caller: Caller, circle: CircleId): void {
  if (!mayUse(caller, circle)) throw missing(caller, "may not use this circle");
}

function missing({ seat, token }: Caller, what: string): TocsinError {
  return new TocsinError("RIGHT_MISSING", `seat ${seat} ${what}`, {
    details: { seat, ...(token && { token: token.name }) },
  });
}

function fieldsOf(params: unknown): Readonly<Record<string, unknown>> {
  return typeof params === "object" && params !== null ? { ...params } : {};
}

function textIn(params: unknown, name: string): string | undefined {
  const value = fieldsOf(params)[name];
  return typeof value === "string" ? value : undefined;
}

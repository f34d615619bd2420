// Routes about seats and tokens: who uses this node, and what each may do.

import { toRfc3339 } from "../base/clock.ts";
import { TocsinError } from "../base/errors.ts";
import { checkName } from "../../keys/index.ts";
import type { Rooms } from "../node/rooms.ts";
import type { Seats } from "../node/seats.ts";
import type { CircleId } from "../record/ids.ts";
import { RIGHTS, type Seat, type Token } from "../seat/seat.ts";
import type { Routes } from "./desk.ts";
import { findCircle } from "./lookup.ts";
import { parseRequest, requests } from "./requests.ts";
import type { SeatRow, SeatsDocument, TokensDocument } from "./seat-documents.ts";

type SeatRoutes = Pick<
  Routes,
  "seat.list" | "seat.add" | "seat.set" | "seat.remove" | "token.add" | "token.list" | "token.revoke"
>;

export function seatRoutes(rooms: Rooms, seats: Seats): SeatRoutes {
  const listed = (): SeatsDocument => ({ schema: "tocsin.seats/1", seats: seatRows(rooms, seats) });
  const tokens = (): TokensDocument => ({ schema: "tocsin.tokens/1", tokens: seats.tokens().map(tokenRow) });
  const tokenRow = ({ name, seat, circles, kinds, maxTlp, rate, release, expires }: Token) => ({
    ...{ name, seat, circles: named(rooms, circles), kinds: kinds ? [...kinds] : null },
    ...{ maxTlp: maxTlp ?? null, rate: rate ?? null, release },
    expires: expires === undefined ? null : toRfc3339(expires),
    lastUsed: moment(seats.usedAt(name)),
  });
  return {
    "seat.list": async (params) => {
      parseRequest(requests.none, params);
      return listed();
    },
    "seat.add": async (params) => {
      const {
        name,
        machine = false,
        rights = machine ? ["post"] : ["read", "post"],
        circles,
      } = parseRequest(requests.seat, params);
      checkName("seat", name);
      if (name === seats.owner || seats.all().some((seat) => seat.name === name))
        throw new TocsinError("INPUT_INVALID", `there is a seat ${name} already`, {
          hint: `run tocsin seat set ${name}`,
        });
      await seats.put(
        checked({ name, machine, rights, at: rooms.clock.now(), ...(circles && { circles: idsOf(rooms, circles) }) }),
      );
      return listed();
    },
    "seat.set": async (params) => {
      const { name, rights, circles } = parseRequest(requests.seat, params);
      const { circles: before, ...seat } = findSeat(seats, name);
      const now = circles === undefined ? before : circles === null ? undefined : idsOf(rooms, circles);
      await seats.put(checked({ ...seat, ...(rights && { rights }), ...(now && { circles: now }) }));
      return listed();
    },
    "seat.remove": async (params) => {
      const { name } = parseRequest(requests.named, params);
      findSeat(seats, name);
      await seats.remove(name);
      return listed();
    },
    "token.add": async (params) => {
      const { name, seat = name, circles, expires, ...scope } = parseRequest(requests.tokenAdd, params);
      checkName("token", name);
      const { machine } = findSeat(seats, seat);
      // What a machine says is looked at by somebody, unless whoever made the token said otherwise.
      const release = scope.release ?? (machine ? "hold" : "auto");
      const token = await seats.addToken({
        ...{ ...scope, name, seat, release, at: rooms.clock.now() },
        ...(circles && { circles: idsOf(rooms, circles) }),
        ...(expires === undefined ? {} : { expires: Date.parse(expires) }),
      });
      return { schema: "tocsin.token/1", name, seat, token };
    },
    "token.list": async (params) => {
      parseRequest(requests.none, params);
      return tokens();
    },
    "token.revoke": async (params) => {
      const { name } = parseRequest(requests.named, params);
      if (!seats.tokens().some((token) => token.name === name))
        throw new TocsinError("NOT_FOUND", `there is no token ${name}`, { hint: "run tocsin token list" });
      await seats.revoke(name);
      return tokens();
    },
  };
}

function seatRows(rooms: Rooms, seats: Seats): SeatRow[] {
  const owner: SeatRow = {
    ...{ name: seats.owner, owner: true, machine: false, rights: [...RIGHTS], circles: null, tokens: 0 },
  };
  const others = seats.all().map(({ name, machine, rights, circles }): SeatRow => {
    const tokens = seats.tokens().filter(({ seat }) => seat === name).length;
    return { name, owner: false, machine, rights: [...rights], circles: named(rooms, circles), tokens };
  });
  return [owner, ...others];
}

/** A machine decides about nothing. Throws INPUT_INVALID. */
function checked(seat: Seat): Seat {
  const wrong = seat.rights.find((right) => right === "approve" || right === "steward" || right === "admin");
  if (seat.machine && wrong) throw new TocsinError("INPUT_INVALID", `a machine cannot have the right to ${wrong}`);
  return seat;
}

function findSeat(seats: Seats, name: string): Seat {
  if (name === seats.owner) throw new TocsinError("INPUT_INVALID", `seat ${name} is the owner's and stays as it is`);
  const seat = seats.all().find((one) => one.name === name);
  if (seat) return seat;
  throw new TocsinError("NOT_FOUND", `there is no seat ${name}`, { hint: `run tocsin seat add ${name}` });
}

function idsOf(rooms: Rooms, circles: readonly string[]): readonly CircleId[] {
  return [...new Set(circles.map((name) => findCircle(rooms, name).row.id))];
}

function named(rooms: Rooms, circles: readonly CircleId[] | undefined): string[] | null {
  return circles ? circles.map((id) => rooms.circles.get(id)?.row.name ?? id.slice(0, 8)) : null;
}

function moment(at: number | undefined): string | null {
  return at === undefined ? null : toRfc3339(at);
}

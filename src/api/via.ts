// From what a person would say to the request that a sponsor say it: made plain, and sealed to the two alone.

import { equalBytes } from "../base/bytes.ts";
import { TocsinError } from "../base/errors.ts";
import { orgOf } from "../circle/roster.ts";
import { closedCircleOf, openClosedCircle } from "../node/closed-circle.ts";
import { ownToken, TOKEN_BYTES } from "../node/sponsor.ts";
import type { LiveCircle, Rooms } from "../node/rooms.ts";
import type { Utterance } from "../node/utterance.ts";
import type { Errand } from "../record/body.ts";
import { decodePost, encodePost } from "../record/parse-body.ts";
import { plainBody, sayable } from "../record/plain.ts";
import type { Risk } from "../record/risk.ts";
import type { Caller } from "../seat/seat.ts";
import type { ResultDocument } from "./documents.ts";
import { findReader } from "./lookup.ts";
import { refuseAudience } from "./result.ts";

type Prepared = { readonly live: LiveCircle; readonly utterance: Utterance };

/**
 * The request to a member of a circle to say what was prepared for that circle, and the closed circle that carries it, which is made
 * where there is none; of a rehearsal, what would be said in the end. To amend or withdraw what was said so takes its token. Throws
 * INPUT_INVALID, MEMBER_UNKNOWN, POST_REFUSED, what its readers keep back, and LIMIT_EXCEEDED.
 */
export async function throughSponsor(
  rooms: Rooms,
  { live: target, utterance }: Prepared,
  asked: {
    readonly via: string;
    readonly caller: Caller;
    readonly accept?: readonly Risk[];
    readonly dryRun?: boolean;
  },
): Promise<Prepared & { readonly asked: NonNullable<ResultDocument["asked"]> }> {
  const { accept, caller } = asked;
  if (caller.circles)
    throw new TocsinError(
      "RIGHT_MISSING",
      `seat ${caller.seat} may use some circles only, and a sponsor is asked in another one`,
    );
  const sponsor = findReader(rooms, target, asked.via);
  if (equalBytes(sponsor.certificate.orgKey, rooms.me.certificate.orgKey))
    throw new TocsinError("INPUT_INVALID", "your own organisation cannot be its own sponsor");
  const said = sayable(utterance.body);
  if (!said) throw new TocsinError("INPUT_INVALID", `nobody else can say your ${utterance.body.kind}`);
  if ("who" in said && said.who)
    throw new TocsinError(
      "INPUT_INVALID",
      "who must acknowledge would tell who asks: say how many instead, with --need",
    );
  const say = plainBody(said);
  const told = { sponsor: sponsor.certificate.org, circle: target.row.name };
  const refused = refuseAudience(rooms, target, { ...utterance, body: say, ...(accept && { accept }) });
  if (refused && !asked.dryRun) throw refused;
  // Nothing is founded to rehearse.
  if (asked.dryRun) return { live: target, utterance: { ...utterance, body: say }, asked: told };
  const live = closedCircleOf(rooms, [sponsor.certificate.orgKey]) ?? (await openClosedCircle(rooms, [sponsor]));
  const token = await tokenFor(rooms, say);
  const request: Errand = {
    ...{ kind: "sponsor", tlp: say.tlp, ...(say.pap && { pap: say.pap }), seat: utterance.body.seat },
    ...(say.tlp === "red" ? { to: [orgOf(sponsor)] } : {}),
    ...{ circle: target.row.id, token, say },
  };
  return { live, utterance: { body: checked(request), exercise: utterance.exercise }, asked: told };
}

/** The token by which a sponsor knows that it may change what it said; a new one where something new is said. */
async function tokenFor(rooms: Rooms, say: Errand["say"]): Promise<Uint8Array> {
  if (say.kind !== "amend" && say.kind !== "retract") return rooms.random(TOKEN_BYTES);
  const about = await rooms.store.item(say.re);
  const token = about && (await ownToken(rooms, about));
  if (token) return token;
  throw new TocsinError("POST_REFUSED", "it was not said for you by a sponsor, so no sponsor can change it for you");
}

/** Plain forms may be longer, or nothing at all. Throws INPUT_INVALID. */
function checked(request: Errand): Errand {
  try {
    decodePost(encodePost(request));
    return request;
  } catch (cause) {
    throw new TocsinError("INPUT_INVALID", "in plain characters its words do not fit any more", {
      cause,
      hint: "use plain characters, and fewer of them",
    });
  }
}

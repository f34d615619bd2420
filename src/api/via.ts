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
import { findItem, findReader } from "./lookup.ts";
import { refuseAudience } from "./result.ts";

type Prepared = { readonly live: LiveCircle; readonly utterance: Utterance };

/**
 * The request to a member of a circle to say what was prepared for that circle, and the closed circle that carries it, which is made
 * where there is none. R79: what it asks for names nobody; to amend or withdraw what was said so takes its token. `plain`: what would be
 * said. Throws INPUT_INVALID, MEMBER_UNKNOWN, POST_REFUSED, what its readers keep back, and LIMIT_EXCEEDED.
 */
export async function throughSponsor(
  rooms: Rooms,
  { live: target, utterance }: Prepared,
  asked: { readonly via: string; readonly accept?: readonly Risk[]; readonly dryRun?: boolean },
): Promise<Prepared> {
  const sponsor = findReader(rooms, target, asked.via);
  if (equalBytes(sponsor.certificate.orgKey, rooms.me.certificate.orgKey))
    throw new TocsinError("INPUT_INVALID", "your own organisation cannot be its own sponsor");
  const said = sayable(utterance.body);
  if (!said) throw new TocsinError("INPUT_INVALID", `nobody else can say your ${utterance.body.kind}`);
  if ("who" in said && said.who)
    throw new TocsinError("INPUT_INVALID", "who must acknowledge would tell who asks: say how many instead, with --need");
  const say = plainBody(said);
  const refused = refuseAudience(rooms, target, { ...utterance, body: say, ...(asked.accept && { accept: asked.accept }) });
  if (refused) throw refused;
  const known = closedCircleOf(rooms, [sponsor.certificate.orgKey]);
  // Nothing is founded to rehearse: then it is told who would read it in the end.
  if (asked.dryRun && !known) return { live: target, utterance: { ...utterance, body: say } };
  const live = known ?? (await openClosedCircle(rooms, [sponsor]));
  const token = await tokenFor(rooms, say);
  const request: Errand = {
    ...{ kind: "sponsor", tlp: say.tlp, ...(say.pap && { pap: say.pap }), seat: utterance.body.seat },
    ...(say.tlp === "red" ? { to: [orgOf(sponsor)] } : {}),
    ...{ circle: target.row.id, token, say },
  };
  return { live, utterance: { body: checked(request), exercise: utterance.exercise } };
}

/** The token by which a sponsor knows that it may change what it said; a new one where something new is said. */
async function tokenFor(rooms: Rooms, say: Errand["say"]): Promise<Uint8Array> {
  if (say.kind !== "amend" && say.kind !== "retract") return rooms.random(TOKEN_BYTES);
  const token = await ownToken(rooms, await findItem(rooms, say.re));
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

// Consent of this node's org to the rules of a circle: asked before it posts.

import { TocsinError } from "../base/errors.ts";
import { decodeCbor, encodeCbor } from "../base/cbor.ts";
import { limits } from "../base/limits.ts";
import type { Policy } from "../circle/change.ts";
import { policySchema } from "../circle/change-codec.ts";
import { accepts } from "../circle/consent.ts";
import { refusePost } from "../circle/policy.ts";
import { type CircleId, orgId, type RecordId } from "../record/ids.ts";
import { rosterOf } from "./circle-state.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";
import type { Utterance } from "./utterance.ts";

/** Whether the org of this node accepted the rules that are in force. */
export function hasAccepted(rooms: Rooms, live: Pick<LiveCircle, "state" | "shown">, by?: RecordId): boolean {
  const { graph, consents } = live.state;
  const view = { graph, consents, roster: rosterOf(live.state), shown: live.shown };
  return accepts(view, orgId(rooms.me.certificate.orgKey), by);
}

/** What the circle refuses to take from this node. An acknowledgement is taken all the same, somebody waits for it, and a retraction too. */
export function refuseUtterance(
  rooms: Rooms,
  live: Pick<LiveCircle, "row" | "state" | "shown">,
  utterance: Pick<Utterance, "body" | "exercise">,
): TocsinError | undefined {
  const refused = refusePost(rosterOf(live.state), rooms.me.id, utterance);
  const { kind } = utterance.body;
  if (refused || kind === "ack" || kind === "retract" || hasAccepted(rooms, live)) return refused;
  return new TocsinError(
    "POLICY_UNACCEPTED",
    `the rules of ${live.row.name} were changed and wait to be accepted here`,
    {
      hint: `tocsin circle accept ${live.row.name}`,
    },
  );
}

/** Remembers what a joiner was shown. */
export async function keepShown(rooms: Rooms, live: LiveCircle, policy: Policy): Promise<void> {
  await rooms.store.putSetting(settingName(live.row.id), encodeCbor(policy));
  live.shown = policy;
}

export async function loadShown(rooms: Rooms, live: LiveCircle): Promise<void> {
  const stored = await rooms.store.setting(settingName(live.row.id));
  if (stored) live.shown = policySchema.parse(decodeCbor(stored, limits.settingBytesMax));
}

function settingName(circle: CircleId): string {
  return `shown/${circle}`;
}

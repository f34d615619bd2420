// The gate where a post is sealed: it sees the circle as it is in that moment, whoever prepared the post before.

import { beforeEach, describe, expect, test } from "vitest";
import type { Policy } from "../../../src/circle/change.ts";
import { postOrHold, sendDrafts } from "../../../src/node/drafts.ts";
import { readersNow, refuseReaders } from "../../../src/node/egress.ts";
import { rosterOf } from "../../../src/node/circle-state.ts";
import { askAround } from "../../../src/node/history.ts";
import { post } from "../../../src/node/post.ts";
import type { PostBody } from "../../../src/record/body.ts";
import { type CircleId, orgId } from "../../../src/record/ids.ts";
import type { Tlp } from "../../../src/record/marking.ts";
import {
  admits,
  circleOfParties,
  closePolicy,
  hears,
  links,
  liveOf,
  type Party,
  party,
  sync,
  words,
} from "../../help/memory-rooms.ts";
import { refusalOf } from "../../help/refusal.ts";

const policy: Policy = { ...closePolicy, maxTlp: "red", history: "all" };
const orgOfParty = ({ rooms }: Party): ReturnType<typeof orgId> => orgId(rooms.me.certificate.orgKey);
const marked = (text: string, tlp: Tlp, ...to: readonly Party[]): PostBody => ({
  ...words(text),
  tlp,
  ...(to.length === 0 ? {} : { to: to.map(orgOfParty).sort() }),
});
const verifies = async (one: Party, { rooms }: Party): Promise<void> => {
  const { certificate, id } = rooms.me;
  await one.rooms.trust.put({
    ...{ orgKey: certificate.orgKey, state: "verified", how: "words", at: one.clock.now(), seat: "kim" },
    ...{ org: certificate.org, members: [id] },
  });
};

describe("R69: what is sealed", () => {
  let [acme, borealis, cygnus] = [party("acme"), party("borealis"), party("cygnus")];
  let circle: CircleId;
  const says = async (body: PostBody, accept: readonly "unverified"[] = []): Promise<string | undefined> =>
    refusalOf(() => post(acme.rooms, circle, [{ body, exercise: false, accept }]));

  beforeEach(async () => {
    [acme, borealis, cygnus] = [party("acme"), party("borealis"), party("cygnus")];
    circle = await circleOfParties([acme, borealis], policy);
  });

  test("is nothing above AMBER for somebody who is not verified, but by name or by the rules of the circle", async () => {
    expect(await says(marked("strict", "amber+strict"))).toBe("PEER_UNVERIFIED");
    expect(await says(marked("red", "red", borealis))).toBe("PEER_UNVERIFIED");
    expect(await says(marked("amber", "amber"))).toBeUndefined();
    expect(await says(marked("by name", "amber+strict"), ["unverified"])).toBeUndefined();
    await verifies(acme, borealis);
    expect(await says(marked("verified", "amber+strict"))).toBeUndefined();
    // One who came meanwhile was verified by nobody.
    await admits(acme, cygnus, circle);
    expect(await says(marked("to all", "amber+strict"))).toBe("PEER_UNVERIFIED");
    await sync(acme, borealis, circle);
    expect(await hears(borealis, circle)).toEqual(["amber", "by name", "verified"]);
    const lax = await circleOfParties([acme, cygnus], { ...policy, unverified: "read" });
    expect(
      await refusalOf(() => post(acme.rooms, lax, [{ body: marked("x", "amber+strict"), exercise: false }])),
    ).toBeUndefined();
  });

  test("names its recipients where it is RED, and goes where exactly these read it", async () => {
    await verifies(acme, borealis);
    expect(await says(marked("red", "red"))).toBe("RECIPIENTS_REFUSED");
    expect(await says(marked("red", "red", cygnus))).toBe("RECIPIENTS_REFUSED");
    expect(await says(marked("red", "red", borealis, cygnus))).toBe("RECIPIENTS_REFUSED");
    expect(await says(marked("red", "red", borealis))).toBeUndefined();
    await admits(acme, cygnus, circle);
    await verifies(acme, cygnus);
    expect(await says(marked("red", "red", borealis))).toBe("RECIPIENTS_REFUSED");
    expect(await says(marked("green for two", "green", borealis))).toBe("RECIPIENTS_REFUSED");
    expect(await says(marked("green for three", "green", borealis, cygnus))).toBeUndefined();
  });

  test("is kept from whoever came later where it names its recipients, though the circle gives its history", async () => {
    await says(marked("for all", "green"));
    await says(marked("for borealis", "green", borealis));
    await admits(acme, cygnus, circle);
    await sync(acme, cygnus, circle);
    links(cygnus, acme);
    expect(await hears(cygnus, circle)).toEqual([]);
    await askAround(cygnus.rooms, liveOf(cygnus, circle), { desks: new Map(), signal: AbortSignal.timeout(5_000) });
    expect(await hears(cygnus, circle)).toEqual(["for all"]);
  });

  test("is not what is held, either: that waits until somebody verified them, and what names no recipients is refused", async () => {
    const live = liveOf(acme, circle);
    const roster = rosterOf(live.state);
    expect(readersNow(acme.rooms, roster).map(({ certificate }) => certificate.org)).toEqual(["borealis"]);
    // What says nothing in words is kept from nobody: an acknowledgement, a retraction, a permission.
    const re = { re: "ab".repeat(32), tlp: "red", seat: "kim" } as never as { re: never; tlp: "red"; seat: "kim" };
    const verdict = (body: PostBody): string | undefined => refuseReaders(acme.rooms, roster, { body })?.code;
    expect([verdict({ kind: "ack", ...re }), verdict({ kind: "ack", ...re, note: "we too" })]).toEqual([
      undefined,
      "RECIPIENTS_REFUSED",
    ]);
    expect([verdict({ kind: "retract", ...re }), verdict({ kind: "retract", ...re, why: "a name" })]).toEqual([
      undefined,
      "RECIPIENTS_REFUSED",
    ]);
    expect(verdict({ kind: "widen", ...re, limit: "green" })).toBeUndefined();
    const utterance = { body: marked("held", "amber+strict"), exercise: false, key: "k" };
    await acme.rooms.store.commit({
      circle,
      records: [],
      drafts: [{ ...utterance, accept: [] }],
    });
    live.drafts = 1;
    await acme.rooms.turns.take(circle, async () => sendDrafts(acme.rooms, live));
    expect([live.drafts, await hears(acme, circle)]).toEqual([1, []]);
    await verifies(acme, borealis);
    await acme.rooms.turns.take(circle, async () => sendDrafts(acme.rooms, live));
    expect([live.drafts, await hears(acme, circle)]).toEqual([0, ["held"]]);
    expect(await postOrHold(acme.rooms, circle, [utterance])).toMatchObject([{ duplicate: true }]);
  });
});

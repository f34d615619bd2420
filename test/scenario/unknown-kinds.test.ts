// What a newer version says: kept byte for byte, shown as what it is, given on, and read whole by a version that knows it. And
// corrections that do not count, as those hear them who did not make them.

import { describe, expect, test } from "vitest";
import { presentItem } from "../../src/api/present.ts";
import { encodeCbor } from "../../src/base/cbor.ts";
import { post } from "../../src/node/post.ts";
import type { Amendable, PostBody, Unknown } from "../../src/record/body.ts";
import { idBytes } from "../../src/record/ids.ts";
import { encodePost } from "../../src/record/parse-body.ts";
import type { Item } from "../../src/store/store.ts";
import { BODIES } from "../help/bodies.ts";
import { freshLevelStore } from "../help/level-store.ts";
import { circleOfParties, liveOf, party, says, sync, words } from "../help/memory-rooms.ts";

const marks = { tlp: "green", seat: "kim" } as const;

/** A body as an older version reads it. */
function toOlder(bytes: Uint8Array, named: string): Unknown {
  return { kind: "unknown", named, ...marks, bytes };
}

describe("a post of an unknown kind", () => {
  test("is kept, shown as such in its thread, and given on unchanged", async () => {
    await using store = await freshLevelStore();
    const [acme, globex, hooli] = [party("acme"), party("globex", { store }), party("hooli")];
    const circle = await circleOfParties([acme, globex, hooli]);
    const [first] = await says(acme, circle, "which gateway?");
    if (!first) throw new Error("nothing was said");
    const bytes = encodeCbor({ ...marks, kind: "poll", re: idBytes(first.id), choices: ["a", "b"] });
    const [poll] = await post(acme.rooms, circle, [
      { body: { ...toOlder(bytes, "poll"), re: first.id }, exercise: false },
    ]);
    await sync(acme, globex, circle);
    // From whoever did not make it to a third.
    await sync(globex, hooli, circle);
    for (const { rooms } of [globex, hooli]) {
      const item = poll && (await rooms.store.item(poll.id));
      if (!item) throw new Error("it was not kept");
      expect(encodePost(item.body)).toEqual(bytes);
      expect(await presentItem(rooms, item)).toMatchObject({
        ...{ kind: "unknown", unknown: { named: "poll" }, tlp: "green", org: "acme", title: null, text: null },
        state: "current",
      });
      expect((await rooms.store.thread(first.id, 9)).map(({ id }) => id)).toEqual([item.id]);
    }
  });

  test("is found under its own kind by a version that knows it, and harms nobody where its form is another", async () => {
    await using store = await freshLevelStore();
    const acme = party("acme", { store });
    const circle = await circleOfParties([acme]);
    const junk = encodeCbor({ ...marks, kind: "incident", phase: 2 });
    const [note, broken] = await post(
      acme.rooms,
      circle,
      [toOlder(encodePost(BODIES.note[0]), "note"), toOlder(junk, "incident")].map((body) => ({
        body,
        exercise: false,
      })),
    );
    const ids = async (...kinds: PostBody["kind"][]): Promise<readonly string[]> =>
      (await Array.fromAsync(store.feed({ circle, kinds, limit: 9 }))).map(({ id }) => id);
    expect(await ids("note")).toEqual([note?.id]);
    expect(await ids("incident")).toEqual([]);
    expect(await ids("unknown")).toEqual([broken?.id]);
    expect((await store.after(0, 9)).map(({ body }) => body.kind)).toEqual(["note", "unknown"]);
  });
});

describe("R61: a correction that another org makes", () => {
  test("is shown as one that does not count, and changes nothing", async () => {
    const [acme, globex] = [party("acme"), party("globex")];
    const circle = await circleOfParties([acme, globex]);
    const [said] = await says(acme, circle, "spray");
    if (!said) throw new Error("nothing was said");
    await sync(acme, globex, circle);
    const about = { tlp: "amber", seat: "kim", re: said.id } as const;
    const made = await post(globex.rooms, circle, [
      { body: { kind: "amend", ...about, now: words("all clear") as Amendable }, exercise: false },
      { body: { kind: "retract", ...about }, exercise: false },
    ]);
    await sync(globex, acme, circle);
    expect(liveOf(acme, circle).row.state).toBe("current");
    const shown = async (id: Item["id"]): Promise<object> => {
      const item = await acme.rooms.store.item(id);
      if (!item) throw new Error("it did not come");
      return presentItem(acme.rooms, item);
    };
    expect(await shown(said.id)).toMatchObject({ state: "current", text: "spray" });
    const [amendment, retraction] = await Promise.all(made.map(async ({ id }) => shown(id)));
    expect(amendment).toMatchObject({ amend: { counts: false } });
    expect(retraction).toMatchObject({ retract: { counts: false } });
  });
});

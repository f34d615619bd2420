// Posts that wait to be released: each ends once, whatever stops in between and whoever decides at the same time.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seatKeys } from "../../../src/node/home-keys.ts";
import { openSeats } from "../../../src/node/seats.ts";
import type { Store } from "../../../src/store/store.ts";
import { circleOfParties, hears, party, words } from "../../help/memory-rooms.ts";
import { memoryStore } from "../../help/memory-store.ts";
import { opened } from "../../help/release-desk.ts";
import { seededRandom } from "../../help/seeded-random.ts";

const by = { seat: "siem", token: "edr" };
const said = (text: string, key = text): { body: ReturnType<typeof words>; exercise: false; key: string } => ({
  ...{ body: words(text), exercise: false, key },
});

describe("posts that are held for release", () => {
  test("are heard by nobody until they are released, and then once", async () => {
    const acme = party("acme");
    const circle = await circleOfParties([acme]);
    const releases = await opened(acme);
    const [one] = await releases.hold(circle, [said("one"), said("two")], by);
    expect(await hears(acme, circle)).toEqual([]);
    expect((await releases.hold(circle, [said("one")], by))[0]).toMatchObject({ isNew: false });
    if (!one) throw new Error("nothing is held");
    const done = await releases.approve(one.post, "kim");
    expect(done).toMatchObject({ state: "released", by: "kim", said: undefined });
    expect(await hears(acme, circle)).toEqual(["one"]);
    await expect(releases.approve(one.post, "kim")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(releases.reject(one.post, { seat: "kim", reason: "no" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    const again = await releases.hold(circle, [said("one")], by);
    expect(again[0]).toMatchObject({ isNew: false, post: { state: "released", record: done.record } });
    expect(releases.count()).toBe(1);
  });

  test("what the circle refuses of a release is held still, with the reason", async () => {
    const acme = party("acme");
    const circle = await circleOfParties([acme]);
    const releases = await opened(acme);
    const [held] = await releases.hold(circle, [{ ...said("too strict"), body: { ...words("x"), tlp: "red" } }], by);
    if (!held) throw new Error("nothing is held");
    await expect(releases.approve(held.post, "kim")).rejects.toMatchObject({ code: "TLP_REFUSED" });
    expect(await releases.held()).toMatchObject([{ state: "held", reason: "TLP_REFUSED" }]);
  });

  test("each ends once, however decisions and stops at any write are mixed", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: 4 }), fc.constantFrom("release", "reject", "hold")), { maxLength: 12 }),
        fc.nat({ max: 12 }),
        async (steps, failAt) => {
          const store = memoryStore();
          const acme = party("acme", { store: stoppingAt(store, failAt) });
          const circle = await circleOfParties([acme]);
          const texts = ["a", "b", "c", "d", "e"];
          let releases = await opened(acme);
          const ended = new Map<string, string>();
          for (const [index, step] of steps) {
            const text = texts[index] ?? "";
            try {
              const [found] = await releases.hold(circle, [said(text)], by);
              if (!found || step === "hold") continue;
              const { post } = found;
              await (step === "release"
                ? releases.approve(post, "kim")
                : releases.reject(post, { seat: "kim", reason: "no" }));
              // Whoever is told that it ended so is never told otherwise.
              expect(ended.has(text)).toBe(false);
              ended.set(text, step);
            } catch (cause) {
              if (cause instanceof Error && cause.message === "stopped") {
                releases = await opened(acme);
                await releases.resume();
              } else if (!(cause instanceof Error && "code" in cause)) throw cause;
            }
          }
          await releases.resume();
          const heard = await hears(acme, circle);
          expect(new Set(heard).size).toBe(heard.length);
          for (const text of texts) {
            const fate = ended.get(text);
            if (fate === "release") expect(heard).toContain(text);
            if (fate === "reject") expect(heard).not.toContain(text);
            const open = (await releases.held()).some(({ key }) => key === text);
            expect(open && heard.includes(text)).toBe(false);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** A store whose write of the node's own rows fails once, at the n-th. */
function stoppingAt(store: Store, n: number): Store {
  let left = n;
  return {
    ...store,
    putOwn: async (kind, rows) => {
      if (left-- === 0) throw new Error("stopped");
      await store.putOwn(kind, rows);
    },
  };
}

describe("tokens", () => {
  const open = async (store: Store, now = { at: 1_000 }): ReturnType<typeof openSeats> =>
    openSeats(
      {
        ...{ store, owner: "kim", random: seededRandom("tokens") },
        clock: { now: () => now.at, monotonic: () => now.at, wait: async () => undefined },
      },
      seatKeys(new Uint8Array(32).fill(7)),
    );
  const scope = { name: "edr", seat: "siem", release: "hold", at: 1 } as const;

  test("prove a seat until they are revoked or expire, and nothing else does", async () => {
    const [store, now] = [memoryStore(), { at: 1_000 }];
    const seats = await open(store, now);
    await seats.put({ name: "siem", machine: true, rights: ["post"], at: 1 });
    const text = await seats.addToken({ ...scope, expires: 5_000 });
    expect(seats.callerBy(text)).toMatchObject({ seat: "siem", machine: true, rights: new Set(["post"]) });
    expect(seats.callerBy(undefined)).toMatchObject({ seat: "kim" });
    for (const wrong of ["", "TOCSINTOKEN1:", `${text}0`, text.slice(0, -1), text.replace(/.$/, "?")])
      expect(() => seats.callerBy(wrong)).toThrow("unknown");
    expect((await open(store, now)).callerBy(text)).toMatchObject({ seat: "siem" });
    now.at = 5_000;
    expect(() => seats.callerBy(text)).toThrow("expired");
    now.at = 1_000;
    await seats.remove("siem");
    expect(() => seats.callerBy(text)).toThrow("unknown");
    await expect(open(store, now).then((again) => again.callerBy(text))).rejects.toThrow("unknown");
  });

  test("are kept as a hash: no row holds their secret", async () => {
    const store = memoryStore();
    const seats = await open(store);
    await seats.put({ name: "siem", machine: true, rights: ["post"], at: 1 });
    const secret = (await seats.addToken(scope)).slice("TOCSINTOKEN1:".length);
    const rows = (await Array.fromAsync(store.own("token"))).map((row) => new TextDecoder().decode(row));
    expect(rows).toHaveLength(1);
    expect(rows[0]).not.toContain(secret.slice(0, 12));
  });
});

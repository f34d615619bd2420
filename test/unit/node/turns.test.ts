// Who has a circle's turn next: one at a time, what is small before what is large, and nobody for ever last.

import { describe, expect, test } from "vitest";
import { makeTurns, type Size } from "../../../src/node/turns.ts";

/** Takes the turn with one piece of work, asks for it as told meanwhile, and answers in which order they had it. */
async function order(...sizes: readonly Size[]): Promise<readonly string[]> {
  const turns = makeTurns();
  const had: string[] = [];
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const first = turns.take("circle", async () => held);
  const all = sizes.map(async (size, place) =>
    turns.take("circle", async () => void had.push(`${size}${place}`), size),
  );
  expect(turns.isAwaited("circle")).toBe(sizes.length > 0);
  release();
  await Promise.all([first, ...all]);
  expect(turns.isAwaited("circle")).toBe(false);
  return had;
}

describe("turns", () => {
  test("R68: what is small goes before what is large, each in the order of its coming", async () => {
    expect(await order("large", "small", "large", "small")).toEqual(["small1", "small3", "large0", "large2"]);
  });

  test("R68: however many small ones come, every fifth turn is a large one's", async () => {
    const had = await order("large", "large", ...Array<Size>(10).fill("small"));
    expect(
      had
        .map((one) => one.slice(0, 5))
        .map((size) => (size === "large" ? "L" : "s"))
        .join(""),
    ).toBe("ssssLssssLss");
  });

  test("work that fails hands the turn on, and what comes after all is done begins at once", async () => {
    const turns = makeTurns();
    const failing = turns.take("circle", async () => Promise.reject(new Error("no")));
    const next = turns.take("circle", async () => "next", "small");
    await expect(failing).rejects.toThrow("no");
    expect(await next).toBe("next");
    expect(await turns.take("circle", async () => "later")).toBe("later");
    await turns.idle();
  });

  test("another name waits for nobody, and idle waits for all that is taken", async () => {
    const turns = makeTurns();
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    let done = false;
    const slow = turns.take("one", async () => held).then(() => (done = true));
    expect(await turns.take("other", async () => 1)).toBe(1);
    expect(done).toBe(false);
    const idle = turns.idle().then(() => done);
    release();
    await slow;
    expect(await idle).toBe(true);
  });
});

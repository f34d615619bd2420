// Whole nodes in networks that cannot reach each other, and one that stands in both and relays.

import { describe, expect, it } from "vitest";
import { buildWalls } from "../help/namespaces.ts";
import { NodeProcess } from "../help/node-process.ts";
import { tempDir } from "../help/temp-dir.ts";

const patient = { timeout: 40_000, interval: 100 };

describe("two members in separate networks", () => {
  it("reach each other through a third member's relay, and directly once there is a way", async () => {
    await using folder = await tempDir();
    await using walls = await buildWalls();
    await using relay = new NodeProcess("relay", folder.at("relay"), walls.middle);
    await using left = new NodeProcess("left", folder.at("left"), walls.left);
    await using right = new NodeProcess("right", folder.at("right"), walls.right);
    for (const node of [relay, left, right]) await node.start();
    const circle = await relay.call("found");
    for (const node of [left, right]) await node.call("join", await relay.call("invite", circle, node.name));
    const ways = async (node: NodeProcess): Promise<readonly string[]> =>
      (await node.call("links")).map(({ state, via }) => (via === undefined ? state : "relayed")).sort();
    await expect.poll(() => ways(left), patient).toEqual(["linked", "relayed"]);
    await expect.poll(() => ways(right), patient).toEqual(["linked", "relayed"]);
    await left.call("post", circle, 0, 20, 10);
    await right.call("post", circle, 20, 20, 10);
    for (const node of [relay, left, right]) await node.call("holds", circle, 40, 30_000);
    if (!walls.real) return;
    await walls.breach();
    // The direct way is tried every few minutes, and at once by a node that starts.
    await left.end("stop");
    await left.start();
    await expect.poll(() => ways(left), patient).toEqual(["linked", "linked"]);
    await left.call("post", circle, 40, 10, 10);
    await right.call("holds", circle, 50, 30_000);
  });
});

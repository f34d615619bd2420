// A member that lies about what it holds, so that it is asked first and for ever: whoever else has something is asked too.

import { describe, expect, it } from "vitest";
import { fakeHost, toyCircle, toyLane, toyRecord } from "../help/fake-host.ts";
import { introduce, startTestNode } from "../help/nets.ts";
import { laneId } from "../../src/record/ids.ts";
import { systemRandom } from "../../src/base/random.ts";
import { learn, type Session } from "../../src/net/mesh.ts";
import { LANES_MAX } from "../../src/net/wire.ts";

const circle = toyCircle("inner");

describe("a member that claims to hold more than anybody", () => {
  it("and sends one record again and again keeps nobody from catching up with others", async () => {
    const honest = fakeHost("mallory");
    const host = {
      ...honest,
      frontier: () => new Map([[toyLane("mallory"), 1_000_000]]),
      serve: async function* () {
        for (;;) yield toyRecord(toyLane("mallory"), 0).envelope;
      },
    };
    await using acme = await startTestNode("acme");
    await using mallory = await startTestNode("mallory", { host });
    await using borealis = await startTestNode("borealis");
    introduce([acme, mallory]);
    await expect.poll(() => acme.host.length(circle, toyLane("mallory")), { timeout: 20_000 }).toBe(1);
    borealis.host.post(circle, 5);
    introduce([acme, mallory, borealis]);
    await expect.poll(() => acme.host.length(circle, toyLane("borealis")), { timeout: 20_000 }).toBe(5);
  });

  it("of lanes that nobody writes is remembered up to a bound", () => {
    const session = { theirs: new Map() } as unknown as Session;
    const claim = (): Map<ReturnType<typeof laneId>, number> =>
      new Map(Array.from({ length: LANES_MAX }, () => [laneId(systemRandom(16)), 1]));
    for (let index = 0; index < 3; index++) learn(session, circle, claim());
    expect(session.theirs.get(circle)?.size).toBe(LANES_MAX);
  });
});

// What people do to govern a circle, with real daemons and the command line: rules that are accepted, a member that comes in by
// the word of several, a freeze, and two stewards that remove each other.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gather, Home } from "../help/home.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";

const CIRCLE = "retail-eu";

type Circle = {
  state: string;
  members: { org: string; steward: boolean; frozen: { by: string; reason: string } | null }[];
  pending: { org: string; vouches: string[]; missing: number }[];
};
type Log = { changes: { by: string; what: string; authority: string; counts: boolean; why: string | null }[] };

let folder: TempDir;
let acme: Home;
let borealis: Home;
let cygnus: Home;

beforeAll(async () => {
  folder = await tempDir();
  [acme, borealis, cygnus] = (await Promise.all(
    (["acme", "borealis", "cygnus"] as const).map(async (org) => Home.make(folder.path, org)),
  )) as [Home, Home, Home];
  await Promise.all([acme.start(), borealis.start(), cygnus.start()]);
  await gather(CIRCLE, acme, borealis, cygnus);
}, 60_000);

afterAll(async () => {
  await Promise.all([acme, borealis, cygnus].map(async (home) => home[Symbol.asyncDispose]()));
  await folder[Symbol.asyncDispose]();
});

const show = async (home: Home): Promise<Circle> => (await home.ok(["circle", "show", CIRCLE])) as never;
const orgsOf = async (home: Home): Promise<string> =>
  (await show(home)).members
    .map(({ org, steward }) => org + (steward ? "*" : ""))
    .sort()
    .join(" ");
const textsOf = async (home: Home): Promise<readonly string[]> => {
  const { items } = (await home.ok(["feed"])) as { items: { text: string }[] };
  return items.map(({ text }) => text);
};
const POLL = { timeout: 30_000, interval: 100 };

describe("the rules of a circle", () => {
  test("R54: that were changed must be accepted before anything is posted under them", async () => {
    await acme.ok(["circle", "policy", CIRCLE, "max-tlp=amber", "keep=30d"]);
    const rules = async (): Promise<Record<string, unknown>> => borealis.ok(["circle", "policy", CIRCLE]);
    await expect.poll(async () => (await rules())["version"], POLL).toBe(2);
    const refused = await borealis.run(["post", "under the new rules", "--json"]);
    expect([refused.code, refused.error()["reason"], refused.error()["hint"]]).toEqual([
      ...[77, "POLICY_UNACCEPTED", `tocsin circle accept ${CIRCLE}`],
    ]);
    expect((await borealis.run(["feed"])).stderr).toContain(`the rules of ${CIRCLE} wait for you`);
    expect(await borealis.ok(["circle", "accept", CIRCLE])).toMatchObject({
      acceptedHere: true,
      changed: [
        { rule: "maxTlp", was: "red", now: "amber" },
        { rule: "keep", was: "90d", now: "30d" },
      ],
    });
    await borealis.ok(["post", "under the new rules", "--wait", "delivered", "--timeout", "20s"]);
    expect(await acme.ok(["circle", "policy", CIRCLE])).toMatchObject({
      ...{ version: 2, by: "acme", accepted: expect.arrayContaining(["acme", "borealis"]), waiting: ["cygnus"] },
    });
    await cygnus.ok(["circle", "accept", CIRCLE]);
    expect((await acme.run(["circle", "policy", CIRCLE, "vouches=many"])).code).toBe(64);
    expect((await borealis.run(["circle", "policy", CIRCLE, "vouches=2"])).code).toBe(77);
  });
});

describe("a freeze", () => {
  test("R53: keeps a home from what is posted meanwhile, is told to it, and ends", async () => {
    await borealis.ok(["circle", "freeze", CIRCLE, "cygnus", "--for", "2h", "--reason", "odd logins"]);
    const frozen = async (): Promise<unknown> =>
      (await show(cygnus)).members.find(({ org }) => org === "cygnus")?.frozen;
    await expect.poll(frozen, POLL).toMatchObject({ by: "borealis", reason: "odd logins" });
    expect((await cygnus.run(["status"])).stdout).toContain("you are frozen");
    const posted = await acme.ok(["post", "not for cygnus", "--wait", "delivered", "--timeout", "20s"]);
    expect(posted["audience"]).toEqual(expect.not.arrayContaining(["cygnus"]));
    await cygnus.ok(["post", "from the frozen one", "--wait", "delivered", "--timeout", "20s"]);
    const { items } = (await acme.ok(["feed"])) as { items: { text: string; frozen: boolean }[] };
    expect(items.find(({ text }) => text === "from the frozen one")?.frozen).toBe(true);
    expect(await textsOf(cygnus)).not.toContain("not for cygnus");
    await acme.ok(["circle", "unfreeze", CIRCLE, "cygnus"]);
    await expect.poll(frozen, POLL).toBeNull();
    await acme.ok(["post", "for all again", "--wait", "delivered:2", "--timeout", "20s"]);
    expect(await textsOf(cygnus)).toContain("for all again");
  });
});

describe("an admission that takes two words", () => {
  test("waits, is shown, and comes about by itself once the last word is given", async () => {
    await using dorado = await Home.make(folder.path, "dorado");
    await dorado.start();
    await acme.ok(["circle", "policy", CIRCLE, "vouches=2"]);
    const { ticket } = await acme.ok(["invite", "create", "-c", CIRCLE, "--for", "dorado"]);
    const joined = await dorado.ok(["join", "-", "--no-input"], `${String(ticket)}\n`);
    expect(joined).toMatchObject({ state: "pending", missing: 1 });
    expect((await dorado.run(["status"])).stdout).toContain(`you are not in ${CIRCLE} yet`);
    await expect
      .poll(async () => (await show(borealis)).pending, POLL)
      .toMatchObject([{ org: "dorado", vouches: ["acme"], missing: 1 }]);
    await borealis.ok(["peer", "vouch", "dorado", "-c", CIRCLE]);
    await expect.poll(async () => (await show(dorado)).state, POLL).toBe("current");
    await dorado.ok(["post", "thank you", "--wait", "delivered", "--timeout", "30s"]);
    expect(await textsOf(acme)).toContain("thank you");
    await dorado.ok(["circle", "leave", CIRCLE]);
    expect((await show(dorado)).state).toBe("removed");
    await expect.poll(async () => orgsOf(cygnus), POLL).toBe("acme* borealis cygnus");
  });
});

describe("the log of a circle", () => {
  test("is the same for all, and reading it ends the news", async () => {
    const log = async (home: Home): Promise<Log> => (await home.ok(["circle", "log", CIRCLE])) as never;
    const told = (await log(acme)).changes.map(({ by, what, authority }) => `${by} ${what} (${authority})`);
    expect(told).toEqual((await log(cygnus)).changes.map(({ by, what, authority }) => `${by} ${what} (${authority})`));
    expect(told).toContain("borealis vouched for dorado (member, word 2 of 2)");
    expect(told.at(-1)).toBe("dorado left (member)");
    expect((await cygnus.run(["feed"])).stderr).toContain(`membership of ${CIRCLE} changed: dorado left`);
    await cygnus.run(["circle", "log", CIRCLE]);
    expect((await cygnus.run(["feed"])).stderr).not.toContain("membership");
  });
});

describe("two stewards that remove each other, neither hearing of it", () => {
  test("end as one roster everywhere: the senior one stands, also for a member that had heard of the other first", async () => {
    await acme.ok(["circle", "promote", CIRCLE, "borealis"]);
    for (const home of [borealis, cygnus])
      await expect.poll(async () => orgsOf(home), POLL).toBe("acme* borealis* cygnus");
    await borealis.stop();
    await cygnus.stop();
    expect(await acme.ok(["circle", "remove", CIRCLE, "borealis"])).toMatchObject({
      ...{ state: "removed", recipients: ["acme", "cygnus"], delivered: { held: [], waiting: ["cygnus"] } },
    });
    await acme.stop();
    await borealis.start();
    await borealis.ok(["circle", "remove", CIRCLE, "acme"]);
    expect(await orgsOf(borealis)).toBe("borealis* cygnus");
    await cygnus.start();
    await expect.poll(async () => orgsOf(cygnus), POLL).toBe("borealis* cygnus");
    await acme.start();
    for (const home of [acme, cygnus]) await expect.poll(async () => orgsOf(home), POLL).toBe("acme* cygnus");
    await expect.poll(async () => (await show(borealis)).state, POLL).toBe("removed");
    for (const home of [acme, borealis, cygnus]) {
      const { changes } = (await home.ok(["circle", "log", CIRCLE])) as Log;
      const removals = changes.filter(({ what }) => what.startsWith("removed"));
      expect(removals.map(({ by, what, counts, why }) => ({ by, what, counts, why }))).toEqual(
        expect.arrayContaining([
          { by: "acme", what: "removed borealis", counts: true, why: null },
          { by: "borealis", what: "removed acme", counts: false, why: "its author was removed meanwhile" },
        ]),
      );
    }
    await acme.ok(["post", "we go on", "--wait", "delivered:1", "--timeout", "30s"]);
    expect(await textsOf(cygnus)).toContain("we go on");
    expect(await textsOf(borealis)).not.toContain("we go on");
  });
});

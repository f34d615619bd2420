// `npm run chaos:held`: 1,000 posts of a script under a token that holds them, while the daemon is killed ten times and its owner
// releases and rejects. Tells what became of them; exit code 1 where any is not held, released or rejected exactly once.

import { parseArgs } from "node:util";
import { faultsOf, heldRun, scriptToken, titlesIn } from "../help/held-run.ts";
import { gather, Home } from "../help/home.ts";
import { tempDir } from "../help/temp-dir.ts";

const { values } = parseArgs({ options: { posts: { type: "string" }, restarts: { type: "string" } } });
const [posts, restarts] = [Number(values.posts ?? 1_000), Number(values.restarts ?? 10)];

await using folder = await tempDir();
await using home = await Home.make(folder.path, "acme");
await home.start();
await gather("retail", home);
const tokenFile = await scriptToken(home, "siem");
const fates = await heldRun(home, { posts, restarts, tokenFile });
const inFeed = await titlesIn(home);
const faults = faultsOf(fates, inFeed);
const counts = { held: fates.held.length, posted: inFeed.length, rejected: posts - fates.held.length - inFeed.length };
process.stdout.write(`${JSON.stringify({ posts, restarts, ...counts, faults })}\n`);
if (faults.length > 0) process.exitCode = 1;

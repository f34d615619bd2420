// One screen of 500 items in this terminal, with ten updates a second for ten seconds: how long each frame takes from the event to
// the last byte handed to the terminal, and how much memory it ends with. Run by `bench/screen.ts` in a pseudo-terminal.
// Arguments: the folder of the compiled output, and the file for the figures.

import { writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type * as app from "../cli/tui/app.tsx";
import type * as model from "../cli/tui/model.ts";
import { item } from "../test/help/fake-feed.ts";
import { wholeScreen } from "../test/help/story-views.ts";

const ITEMS = 500;
const UPDATES = 100;
const EVERY_MS = 100;
const [dist = "", file = ""] = process.argv.slice(2);
process.env["NODE_ENV"] = "production";
const { App } = (await import(`${dist}/cli/tui/app.js`)) as typeof app;
const { step } = (await import(`${dist}/cli/tui/model.js`)) as typeof model;
const { createElement } = await import("react");
const { render } = await import("ink");

const { columns, rows } = process.stdout;
const old = Array.from({ length: ITEMS }, (_, index) =>
  item({ title: `Item ${index} of a busy day, with a title of some length`, org: "globex" }, ITEMS - index),
);
let screen = step(wholeScreen(columns, rows), { kind: "arrived", items: old }).screen;
let drawn = Promise.withResolvers<void>();
const draw = (): ReturnType<typeof createElement> => createElement(App, { screen });
const ink = render(draw(), {
  alternateScreen: true,
  incrementalRendering: true,
  interactive: true,
  maxFps: 15,
  onRender: () => drawn.resolve(),
});
await drawn.promise;

const times: number[] = [];
for (let update = 0; update < UPDATES; update++) {
  const next = item({ title: `Update ${update} while somebody looks`, org: "northwind" });
  drawn = Promise.withResolvers();
  const from = performance.now();
  screen = step(screen, { kind: "arrived", items: [next] }).screen;
  ink.rerender(draw());
  await drawn.promise;
  times.push(performance.now() - from);
  await pause(Math.max(0, EVERY_MS - (performance.now() - from)));
}
const rssMiB = process.memoryUsage().rss / 2 ** 20;
ink.unmount();
await ink.waitUntilExit();
writeFileSync(file, JSON.stringify({ times, rssMiB }));

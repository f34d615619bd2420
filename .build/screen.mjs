// Bundles the compiled screen with Ink and React, in place: read as four hundred files they cost fifteen empty scripts of CPU
// before the first frame, as one they cost five. Everything below `src/` and the rest of `cli/` stays as it is, shared with the command
// line. Run by `npm run build`, after the compiler.

import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const screen = `${dist}cli/tui/`;
const WIDTH = "\0width";

/** Colours take no cells; what else a terminal might act on is left to the slow measure. */
const WIDTH_CODE = `
import { cellsOf } from ${JSON.stringify(`${screen}cells.js`)};
const colours = /\\u001B\\[[\\d;]*m/gu;
export default (text) => cellsOf(text.includes("\\u001B") ? text.replace(colours, "") : text);
`;

/** A fifth less to read; names stay, for whoever reads a stack. */
const SPACES = { compress: false, mangle: false, codegen: { removeWhitespace: true } };

const isOurs = (id) => id.startsWith(dist) && !id.startsWith(screen);

const bundle = await rolldown({
  input: { run: `${screen}run.js`, "first-run": `${screen}first-run.js` },
  platform: "node",
  external: (id, _importer, isResolved) => id.startsWith("node:") || (isResolved && isOurs(id)),
  transform: {
    define: {
      "process.env.NODE_ENV": '"production"',
      // Yoga would fetch its own bytes out of a data: URL, and load all of the HTTP client for that; without it they are decoded.
      fetch: "undefined",
    },
  },
  plugins: [
    {
      name: "screen",
      resolveId(id, importer) {
        // Asked for by Ink where DEV=true is set; it is not a dependency of anything here.
        if (id === "react-devtools-core") return { id, external: true };
        // Ink measures every text: by the same function as we do, which knows the plain ones without looking at each character.
        if (id === "string-width" && importer !== `${screen}cells.js`) return WIDTH;
        return undefined;
      },
      load: (id) => (id === WIDTH ? WIDTH_CODE : undefined),
    },
  ],
});
await bundle.write({ dir: screen, format: "esm", chunkFileNames: "screen-[name].js", minify: SPACES });
await bundle.close();

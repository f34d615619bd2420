// Bundles the compiled screen with Ink and React, in place: read as four hundred files they cost fifteen empty scripts of CPU
// before the first frame, as one they cost five. Everything below `src/` and the rest of `cli/` stays as it is, shared with the command
// line. Run by `npm run build`, after the compiler.

import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const screen = `${dist}cli/tui/`;

const bundle = await rolldown({
  input: { run: `${screen}run.js`, "first-run": `${screen}first-run.js` },
  platform: "node",
  external: (id, _importer, isResolved) => id.startsWith("node:") || (isResolved && id.startsWith(dist) && !id.startsWith(screen)),
  transform: {
    define: {
      "process.env.NODE_ENV": '"production"',
      // Yoga would fetch its own bytes out of a data: URL, and load all of the HTTP client for that; without it they are decoded.
      fetch: "undefined",
    },
  },
  // Asked for by Ink where DEV=true is set; it is not a dependency of anything here.
  plugins: [{ name: "no-devtools", resolveId: (id) => (id === "react-devtools-core" ? { id, external: true } : undefined) }],
});
await bundle.write({ dir: screen, format: "esm", chunkFileNames: "screen-[name].js" });
await bundle.close();

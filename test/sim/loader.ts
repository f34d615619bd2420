// Loads the sources with three differences: HPKE draws from the seed, a signature is checked once in a run and not by every
// machine again, and one rule may be broken on purpose. It works on the
// text of the sources as they are loaded, in the simulator's own process; nothing in the sources knows of it.

import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { mutationNamed } from "./mutations.ts";

const HPKE = new URL("../../src/seal/hpke.ts", import.meta.url).href;
const SEEDED = new URL("./seeded-hpke.ts", import.meta.url).href;

const VERIFY = new URL("../../keys/verify-strict.ts", import.meta.url).href;
const REMEMBERED = new URL("./remembered-crypto.ts", import.meta.url).href;

/** From now on modules are loaded so. Throws where a mutation does not fit its source exactly once. */
export function replaceSources(mutation: string | undefined): void {
  const mutated = mutation === undefined ? undefined : mutationNamed(mutation);
  const target = mutated && new URL(`../../${mutated.file}`, import.meta.url).href;
  registerHooks({
    resolve: (specifier, context, next) => {
      const found = next(specifier, context);
      if (specifier === "node:crypto" && context.parentURL === VERIFY)
        return { url: REMEMBERED, format: "module-typescript", shortCircuit: true };
      return found.url === HPKE ? { ...found, url: SEEDED } : found;
    },
    load: (url, context, next) => {
      if (!mutated || url !== target) return next(url, context);
      const text = readFileSync(fileURLToPath(url), "utf8");
      if (text.split(mutated.from).length !== 2) throw new Error(`${mutated.name} does not fit ${mutated.file} once`);
      return { format: "module-typescript", source: text.replace(mutated.from, () => mutated.to), shortCircuit: true };
    },
  });
}

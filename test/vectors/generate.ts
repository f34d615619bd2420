// Writes all vector files: `npm run vectors`. What it writes must be what is committed, or the protocol has changed.

import { writeFileSync } from "node:fs";
import { ed25519Vectors } from "./generate-ed25519.ts";
import { protocolVectors } from "./protocol-vectors.ts";

const files = { ...protocolVectors(), "ed25519-strict.json": ed25519Vectors() };
for (const [name, text] of Object.entries(files)) writeFileSync(new URL(name, import.meta.url), text);

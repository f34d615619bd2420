// `version`: what this program is; asks nobody.

import { API_PROTOCOL } from "../../src/api/methods.ts";
import { VERSION } from "../../src/api/version.ts";
import type { Invocation } from "../invocation.ts";

export async function version({ out }: Invocation): Promise<void> {
  const node = process.versions.node;
  const document = { schema: "tocsin.version/1", version: VERSION, protocol: API_PROTOCOL, node };
  out.document(document, () => [`tocsin ${VERSION}, protocol ${API_PROTOCOL}, node ${node}`]);
}

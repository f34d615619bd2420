// The proxy of a corporate network, through which WebSocket addresses are dialled. It is one for the whole process, because
// the runtime's WebSocket knows no other; plain TCP knows none at all.

import { setGlobalProxyFromEnv } from "node:http";

/** Has WebSocket go through an HTTP proxy, which is asked to CONNECT. Answers how to undo that. */
export function useProxy(url: string): () => void {
  return setGlobalProxyFromEnv({ HTTP_PROXY: url, HTTPS_PROXY: url });
}

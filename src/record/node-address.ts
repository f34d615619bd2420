// Where a node is reached: a host and a TCP port, plain or under WebSocket. The one reader of such addresses, whether a
// person typed them or a member told them.

import { isIP } from "node:net";

/** What a member tells beside its addresses where it carries connections for the members of its circles. */
export const RELAY_OFFER = "/p2p-circuit";

export type NodeAddress = {
  readonly host: string;
  /** 1 to 65535, or 0: any free one, where it is listened on. */
  readonly port: number;
  readonly kind: "ip4" | "ip6" | "name";
  readonly transport: "tcp" | "ws" | "wss";
};

const FORM = /^\/(ip4|ip6|dns|dns4|dns6)\/([^/]{1,253})\/tcp\/(0|[1-9]\d{0,4})(|\/ws|\/tls\/ws)$/;
const NAME = /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*\.?$/i;
const TRANSPORTS = { "": "tcp", "/ws": "ws", "/tls/ws": "wss" } as const;

/**
 * The address that a multiaddr names, or undefined. R63: it is a host and a TCP port, plain, under WebSocket, or under
 * WebSocket over TLS, with nothing before or behind: no file of this machine, no path, no other peer and no relay.
 */
export function parseNodeAddress(text: string): NodeAddress | undefined {
  const [, protocol = "", host = "", digits = "", suffix = ""] = FORM.exec(text) ?? [];
  const port = Number(digits);
  if (protocol === "" || port > 65_535) return undefined;
  const transport = TRANSPORTS[suffix as keyof typeof TRANSPORTS];
  const family = isIP(host);
  if (protocol === "ip4" || protocol === "ip6") {
    return family === Number(protocol[2]) && !host.includes("%")
      ? { host, port, kind: protocol, transport }
      : undefined;
  }
  return family === 0 && NAME.test(host) ? { host, port, kind: "name", transport } : undefined;
}

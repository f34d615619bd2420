// Networks and the question whether an address is in one of them: one look-up for each length of prefix that occurs.

import { parseIp, parseNetwork } from "../record/ip-address.ts";

export class NetworkSet {
  /** By the bytes of an address (4 or 16), then by the bits of a prefix: the networks, each as one string of its masked bytes. */
  readonly #networks = new Map<number, Map<number, Map<string, string>>>();

  /** `address/prefix` or one address; `label` is what is answered for it. False where the text is neither. */
  add(text: string, label = ""): boolean {
    const network = parseNetwork(text.includes("/") ? text : `${text}/${text.includes(":") ? 128 : 32}`);
    const [address = "", prefix = ""] = network?.network.split("/") ?? [];
    const bytes = parseIp(address);
    if (!bytes) return false;
    const bits = Number(prefix);
    const lengths = this.#networks.get(bytes.length) ?? new Map<number, Map<string, string>>();
    const keys = lengths.get(bits) ?? new Map<string, string>();
    keys.set(masked(bytes, bits), label);
    lengths.set(bits, keys);
    this.#networks.set(bytes.length, lengths);
    return true;
  }

  /** The label of a network that holds an address, 4 or 16 bytes. */
  find(bytes: readonly number[]): string | undefined {
    for (const [bits, keys] of this.#networks.get(bytes.length) ?? []) {
      const label = keys.get(masked(bytes, bits));
      if (label !== undefined) return label;
    }
    return undefined;
  }

  has(bytes: readonly number[]): boolean {
    return this.find(bytes) !== undefined;
  }
}

function masked(bytes: readonly number[], bits: number): string {
  const whole = bits >> 3;
  const head = String.fromCharCode(...bytes.slice(0, whole));
  const rest = bits & 7;
  return rest === 0 ? head : head + String.fromCharCode((bytes[whole] ?? 0) & (0xff00 >> rest) & 0xff);
}

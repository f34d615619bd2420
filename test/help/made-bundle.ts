// A STIX 2.1 bundle of the shape and proportions of a large public one: one malware, indicators of it (93 % domains,
// 5 % processes, 2 % mail addresses), and a relationship for each. Everything in it is invented.

/** JSON text of a bundle with `indicators` indicators, the same for the same seed. */
export function madeStixBundle(indicators: number, seed: number): string {
  const next = seeded(seed);
  const digits = (length: number): string =>
    Array.from({ length }, () => Math.floor(next() * 16).toString(16)).join("");
  const uuid = (): string => `${digits(8)}-${digits(4)}-4${digits(3)}-8${digits(3)}-${digits(12)}`;
  const created = "2024-01-26T21:28:21.013109Z";
  const common = (type: string): object => ({
    type,
    spec_version: "2.1",
    id: `${type}--${uuid()}`,
    created,
    modified: created,
  });
  const malware = { ...common("malware"), id: `malware--${uuid()}`, name: "Invented", is_family: false };
  const objects: object[] = [malware];
  for (let at = 0; at < indicators; at++) {
    const share = next();
    const pattern =
      share < 0.93
        ? `[domain-name:value='${madeDomain(at)}']`
        : share < 0.98
          ? `[process:name='made${at}d']`
          : `[email-addr:value='made${at}@mail.example']`;
    const id = `indicator--${uuid()}`;
    objects.push(
      {
        ...common("indicator"),
        id,
        indicator_types: ["malicious-activity"],
        pattern,
        pattern_type: "stix",
        pattern_version: "2.1",
        valid_from: created,
      },
      { ...common("relationship"), relationship_type: "indicates", source_ref: id, target_ref: malware.id },
    );
  }
  return JSON.stringify({ type: "bundle", id: `bundle--${uuid()}`, objects });
}

/** The domain that the indicator at this place has, if it is a domain. */
export function madeDomain(at: number): string {
  return `made${at}.bundle.example`;
}

/** mulberry32: small, and good enough to vary test data. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

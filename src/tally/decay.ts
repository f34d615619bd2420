// How long an indicator that was seen is worth looking for, by the model of MISP's decaying indicators: a score that falls from its base to
// 0 over a lifetime, slowly at first or at last as its speed says.

import type { IndicatorType } from "../record/body.ts";

export type DecayModel = {
  /** Milliseconds until the score is 0; undefined: it does not fall. */
  readonly lifetimeMs: number | undefined;
  /** 1 is a straight line; greater ones keep the score up and let it fall late. */
  readonly speed: number;
  /** Below it an indicator counts as decayed. */
  readonly threshold: number;
};

const DAY_MS = 24 * 3_600_000;
/** MISP's model for what stands in the network, for what phishing uses, and what a file is named by for ever. */
const NETWORK: DecayModel = { lifetimeMs: 120 * DAY_MS, speed: 2, threshold: 30 };
const PHISHING: DecayModel = { lifetimeMs: 3 * DAY_MS, speed: 2.3, threshold: 30 };
const LASTING: DecayModel = { lifetimeMs: undefined, speed: 1, threshold: 30 };

const MODELS: Readonly<Partial<Record<IndicatorType, DecayModel>>> = {
  ...{ ip: NETWORK, cidr: NETWORK, domain: NETWORK, url: NETWORK, asn: NETWORK },
  email: PHISHING,
};

export function modelOf(type: IndicatorType): DecayModel {
  return MODELS[type] ?? LASTING;
}

/** base × (1 − (age / lifetime)^(1 / speed)), from `base` at age 0 or less down to 0 at the end of the lifetime and after it. */
export function decayed(base: number, ageMs: number, { lifetimeMs, speed }: DecayModel): number {
  if (lifetimeMs === undefined || ageMs <= 0) return base;
  if (ageMs >= lifetimeMs) return 0;
  return base * (1 - (ageMs / lifetimeMs) ** (1 / speed));
}

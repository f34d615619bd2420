// The JSON documents of the `org` commands, which need no daemon. Types only; they say where a key is and never what it is.

import type { OrgDocument } from "./documents.ts";

/** `org show` and `org lock`. */
export type OrgDetailDocument = OrgDocument & {
  fingerprintDigits: string;
  /** Whether the vault holds the seed of the org key, or paper alone does. */
  orgKeyInVault: boolean;
  /** When the certificate of this node ends. */
  notAfter: string;
};

/** `org card`. */
export type OrgCardDocument = {
  schema: "tocsin.card/1";
  org: string;
  orgKey: string;
  fingerprint: string;
  fingerprintDigits: string;
};

/** `org split`; never what the shares say. */
export type SharesDocument = {
  schema: "tocsin.shares/1";
  orgKey: string;
  fingerprint: string;
  shares: number;
  needed: number;
  /** Empty where the shares were shown on the terminal. */
  files: string[];
};

/** `org combine`; never the words. */
export type OrgKeyDocument = {
  schema: "tocsin.orgkey/1";
  orgKey: string;
  fingerprint: string;
  /** Null where the words were shown on the terminal. */
  file: string | null;
};

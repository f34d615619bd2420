// The JSON documents about an org's nodes. Types only.

/** `org.circles`: where a member knows this org. */
export type OrgCirclesDocument = {
  schema: "tocsin.orgcircles/1";
  responder: string;
  responderFingerprint: string;
  circles: { id: string; name: string; nodes: string[] }[];
};

/** `org enrol` and `org rotate`. */
export type EnrolDocument = {
  schema: "tocsin.enrol/1";
  /** The org of the member that let this node in. */
  responder: string;
  /** `replaced`: member keys of the nodes whose place this one took. */
  circles: { id: string; name: string; replaced: string[] }[];
  tookMs: number;
};

/** `org retire`. */
export type RetireDocument = {
  schema: "tocsin.retire/1";
  org: string;
  /** Member keys that are out for good. */
  nodes: string[];
  circles: string[];
  /** Whether this node is one of them. */
  ended: boolean;
};

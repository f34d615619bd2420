// The documents about records that are carried by hand. Types only, light to import.

/** `bundle write`: one entry a circle. */
export type BundleWrittenDocument = {
  schema: "tocsin.bundle/1";
  file: string;
  bytes: number;
  circles: {
    id: string;
    name: string;
    /** Orgs that can open it. */
    for: string[];
    records: number;
  }[];
};

/** `bundle read`: one entry a part that is for this node. */
export type BundleReadDocument = {
  schema: "tocsin.bundleRead/1";
  file: string;
  /** Whether the file ends too early. */
  torn: boolean;
  /** Parts for others, or for a key that this node holds no longer. */
  forOthers: number;
  circles: {
    id: string;
    name: string;
    /** The org that wrote it, null where the circle does not know it. */
    from: string | null;
    state: "whole" | "torn" | "refused";
    /** The code of why the rest of it was not read. */
    why: string | null;
    new: number;
    duplicates: number;
    /** Records that lean on others that are neither here nor in the bundle; they are not kept. */
    gaps: number;
    refused: { code: string; records: number }[];
    /** How many records of the circle other members are known to hold and this node lacks, now. */
    behind: number;
  }[];
};

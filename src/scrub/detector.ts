// What every detector is given and answers. Types only.

import type { IndicatorType } from "../record/body.ts";
import type { Hit } from "./finding.ts";
import type { Observable } from "./observable.ts";

/** One text of a body. */
export type Subject = {
  readonly text: string;
  /** Of the indicator whose value it is. */
  readonly type?: IndicatorType;
  /** Whether it is the display name of the seat that posts. */
  readonly isSeat: boolean;
  readonly observables: readonly Observable[];
  /** The values that the record names as indicators. */
  readonly named: ReadonlySet<string>;
};

/** Never throws, whatever the text; its hits lie inside of the text and may overlap. */
export type Detector = (subject: Subject) => readonly Hit[];

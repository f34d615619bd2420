// Words that nobody says by chance, planted where text can stand, each with where it may be seen; and the search for all of them at once.

import { toHex, utf8 } from "../../src/base/bytes.ts";

const SIGN = "zqleak";
/** As it is written, in hexadecimal, and two bytes a letter. */
const FORMS = [
  /zqleak(\d+)x/g,
  new RegExp(`${toHex(utf8(SIGN))}((?:3\\d)+)78`, "gi"),
  new RegExp(`${SIGN.split("").join("\0")}\0((?:\\d\0)+)x`, "g"),
] as const;

/** Where a canary may be seen: `home sink`, as `acme prints`. */
export type Planted = { readonly what: string; readonly may: ReadonlySet<string> };

/** A place that was looked through. */
export type Sink = { readonly home: string; readonly sink: string; readonly name: string; readonly bytes: Uint8Array };

export class Canaries {
  readonly #planted: Planted[] = [];
  readonly #seen = new Set<string>();

  /** A new canary, told in a failure by what it is. */
  plant(what: string, may: readonly string[]): string {
    this.#planted.push({ what, may: new Set(may) });
    return `${SIGN}${this.#planted.length - 1}x`;
  }

  get count(): number {
    return this.#planted.length;
  }

  /** What stands where it may not, also in a form that no eye reads. */
  leaksIn({ home, sink, name, bytes }: Sink): readonly string[] {
    const text = Buffer.from(bytes).toString("latin1");
    const found = new Set(
      FORMS.flatMap((form, at) =>
        [...text.matchAll(form)].map(([, digits = ""]) =>
          Number(at === 1 ? digits.replace(/3(\d)/g, "$1") : digits.replaceAll("\0", "")),
        ),
      ),
    );
    for (const number of found) this.#seen.add(`${number} ${home} ${sink}`);
    return [...found].flatMap((number) => {
      const one = this.#planted[number];
      if (!one) return [`${home} ${sink} ${name}: a canary that was never planted`];
      return one.may.has(`${home} ${sink}`) ? [] : [`${home} ${sink} ${name}: ${one.what}`];
    });
  }

  /** What was never seen at a place where it may be, by that place: without it the search would prove nothing. */
  unseenIn(place: string): readonly string[] {
    return this.#planted.flatMap(({ what, may }, number) =>
      may.has(place) && !this.#seen.has(`${number} ${place}`) ? [`${place}: ${what}`] : [],
    );
  }
}

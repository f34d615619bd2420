// Reading the command line: what is not declared is refused, and nothing is guessed.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lettered, many, one, readArgs, toggle } from "../../../cli/args.ts";
import { refusalOf } from "../../help/refusal.ts";

const text = (value: string): string => value;
const grammar = {
  flags: {
    json: toggle("JSON"),
    quiet: toggle("quiet", "q"),
    circle: lettered("c", one("NAME", "circle", text)),
    ioc: many("VALUE", "indicator", text),
    since: one("TIME", "since", text),
  },
  operands: ["ID", "[TEXT]"],
};

describe("a command line", () => {
  test("is read in any order, with joined and separate values", () => {
    const { options, operands } = readArgs(["--ioc=a=b", "s-1", "-c", "retail", "--ioc", "c", "-q", "hello"], grammar);
    expect(options).toEqual({ json: false, quiet: true, circle: "retail", ioc: ["a=b", "c"], since: undefined });
    expect(operands).toEqual(["s-1", "hello"]);
  });

  test("may give a value that begins with a hyphen, as -2h", () => {
    expect(readArgs(["x", "--since", "-2h"], grammar).options.since).toBe("-2h");
    expect(readArgs(["-", "--", "--json"], grammar).operands).toEqual(["-", "--json"]);
  });

  test("takes -exclude as a word only where the command says so", async () => {
    expect(readArgs(["a", "-org:hooli"], { ...grammar, dashWords: true }).operands).toEqual(["a", "-org:hooli"]);
    expect(await refusalOf(() => readArgs(["a", "-org:hooli"], grammar))).toBe("USAGE");
  });

  test.each([
    [["x", "--tpl", "red"], "unknown option --tpl"],
    [["x", "-z"], "unknown option -z"],
    [["x", "--circle"], "option --circle needs a value: NAME"],
    [["x", "--circle", "--json"], "option --circle needs a value: NAME"],
    [["x", "--json=yes"], "option --json takes no value"],
    [["x", "-c", "a", "--circle", "b"], "option --circle is given twice"],
    [["x", "y", "z"], 'one word too many: "z"'],
    [[], "ID is missing"],
  ])("%j is refused", (argv, message) => {
    expect(() => readArgs(argv, grammar)).toThrow(message);
  });

  test("with a mistyped flag names the nearest one", () => {
    expect(() => readArgs(["x", "--crcle", "a"], grammar)).toThrow(
      expect.objectContaining({ hint: "did you mean --circle?" }) as Error,
    );
  });

  test("of whatever words is either read or refused with USAGE", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.string(), fc.constantFrom("--json", "-c", "--ioc", "--", "-"))),
        async (argv) => {
          const refused = await refusalOf(() => readArgs(argv, grammar));
          expect([undefined, "USAGE"]).toContain(refused);
        },
      ),
    );
  });
});

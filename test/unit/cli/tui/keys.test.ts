// The key splitter: merged chunks, cut sequences, Esc and paste.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { limits } from "../../../../src/base/limits.ts";
import { splitKeys, type Key } from "../../../../cli/tui/keys.ts";

/** The keys of chunks that arrive one after the other, the last one followed by silence. */
function typed(...chunks: string[]): Key[] {
  let rest = "";
  const keys: Key[] = [];
  for (const chunk of chunks) {
    const split = splitKeys(rest + chunk);
    keys.push(...split.keys);
    rest = split.rest;
  }
  return [...keys, ...splitKeys(rest, { final: true }).keys];
}

test("keys that arrive in one chunk are told apart", () => {
  expect(typed("\u0015\r")).toEqual(["ctrl-u", "enter"]);
  expect(typed("jjk\u007F\t")).toEqual(["j", "j", "k", "backspace", "tab"]);
  expect(typed("\u001B[A\u001B[B\u001BOHq")).toEqual(["up", "down", "home", "q"]);
  expect(typed("é漢🚨")).toEqual(["é", "漢", "🚨"]);
});

test("Esc stays Esc, alone or before another key", () => {
  expect(typed("\u001B")).toEqual(["esc"]);
  expect(typed("\u001B\t")).toEqual(["esc", "tab"]);
  expect(typed("\u001B\u001B[A")).toEqual(["esc", "up"]);
  expect(typed("\u001B[")).toEqual(["esc", "["]);
  expect(splitKeys("\u001B")).toEqual({ keys: [], rest: "\u001B" });
});

test("an arrow that is cut in two is one arrow", () => {
  expect(typed("\u001B", "[A")).toEqual(["up"]);
  expect(typed("\u001B[5", "~x")).toEqual(["pageup", "x"]);
});

test("what the terminal reports on its own is no key", () => {
  expect(typed("\u001B[?62;c\u001B[12;40Rj\u001B[I")).toEqual(["j"]);
});

test("a paste is one key whatever it holds, in any number of parts", () => {
  expect(typed("\u001B[200~aq\r\u001B[A\u001B[201~j")).toEqual(["paste:aq\r\u001B[A", "j"]);
  expect(typed("\u001B[20", "0~aaa", "qq\u001B[2", "01~", "j")).toEqual(["paste:aaaqq", "j"]);
  expect(typed("\u001B[200~never ends")).toEqual([]);
});

test("an endless paste is not kept, and Ctrl-C ends it", () => {
  let rest = "\u001B[200~";
  for (let part = 0; part < 100; part++) ({ rest } = splitKeys(rest + "x".repeat(10_000)));
  expect(rest.length).toBeLessThan(2 * limits.textCharsMax + 20);
  expect(splitKeys(`${rest}\u0003`)).toEqual({ keys: ["ctrl-c"], rest: "" });
});

test("where a chunk is cut never changes the keys", () => {
  const sent = fc.array(
    fc.constantFrom("j", "\r", "\t", "\u001B[A", "\u001B[6~", "\u0015", "漢", "\u001B[200~a\u001B[201~"),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(sent, fc.nat(60), (parts, at) => {
      const text = parts.join("");
      expect(typed(text.slice(0, at), text.slice(at))).toEqual(typed(text));
    }),
  );
});

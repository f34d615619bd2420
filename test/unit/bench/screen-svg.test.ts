// A picture of a screen shows what stood on it: each sign in its column and colour, in a file that any page can hold.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import xterm from "@xterm/headless";
import { describe, expect, it, test } from "vitest";
import { colourHex, screenSvg } from "../../../bench/screen-svg.ts";
import { cellsOf } from "../../help/cells.ts";

const ESC = "\u001B[";
const PAPER = "#101418";
const INK = "#d3dae3";

/** What a terminal of this size makes of these bytes, as a picture. */
async function drawn(bytes: string, { columns = 20, rows = 1 } = {}): Promise<string> {
  const screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  await new Promise<void>((done) => screen.write(bytes, done));
  const svg = screenSvg(cellsOf(screen), { title: "a title", label: "a label" });
  screen.dispose();
  return svg;
}

type Tag = { readonly name: string; readonly of: Readonly<Record<string, string>>; readonly text: string };

/** The elements of a picture below its window: what came from the cells. */
function fromCells(svg: string, name: "text" | "rect"): Tag[] {
  const content = svg.slice(svg.indexOf("<g "));
  return [...content.matchAll(/<(text|rect) ([^>]*?)\/?>(?:([^<]*)<\/text>)?/g)]
    .map(([, tag = "", attributes = "", text = ""]) => ({
      ...{ name: tag, text },
      of: Object.fromEntries(
        [...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key = "", value]) => [key, value]),
      ),
    }))
    .filter((tag) => tag.name === name && tag.of["text-anchor"] === undefined) as Tag[];
}

const texts = (svg: string): Tag[] => fromCells(svg, "text");
const rects = (svg: string): Tag[] => fromCells(svg, "rect");

/** The column that an element starts in and how many it fills. */
function columnsOf({ of }: Tag): readonly [number, number] {
  return [(Number(of["x"]) - 12) / 9, Number(of["textLength"] ?? of["width"]) / 9];
}

describe("colours", () => {
  test.each([
    ["of the terminal itself", "x", undefined],
    ["of 24 bits", `${ESC}38;2;255;192;0mx`, "#ffc000"],
    ["of 24 bits, with leading zeros", `${ESC}38;2;0;0;10mx`, "#00000a"],
    ["by name", `${ESC}31mx`, "#cd0000"],
    ["by bright name", `${ESC}92mx`, "#00ff00"],
    ["of the cube", `${ESC}38;5;208mx`, "#ff8700"],
    ["of the greys", `${ESC}38;5;244mx`, "#808080"],
  ])("%s are those of the letters", async (_, bytes, fill) => {
    expect(texts(await drawn(bytes)).map(({ of }) => of["fill"])).toEqual([fill]);
  });

  test.each([
    [0, "#000000"],
    [15, "#ffffff"],
    [16, "#000000"],
    [17, "#00005f"],
    [52, "#5f0000"],
    [231, "#ffffff"],
    [232, "#080808"],
    [255, "#eeeeee"],
  ])("number %i of the palette is %s, as xterm has it", (number, hex) => {
    expect(colourHex(number, "none")).toBe(hex);
  });

  it("paints one rectangle behind neighbours of one background, blanks included", async () => {
    const svg = await drawn(`a ${ESC}48;2;0;0;0mb  c${ESC}44md${ESC}49m e`);
    expect(rects(svg).map((rect) => [...columnsOf(rect), rect.of["fill"]])).toEqual([
      [2, 4, "#000000"],
      [6, 1, "#0000ee"],
    ]);
  });

  it("paints nothing behind the terminal's own background", async () => {
    expect(rects(await drawn("abc"))).toEqual([]);
  });

  it("swaps the two where they are inverse, and the terminal's own ones too", async () => {
    const svg = await drawn(`${ESC}7mab${ESC}31;42mc`);
    expect(texts(svg).map(({ text, of }) => [text, of["fill"]])).toEqual([
      ["ab", PAPER],
      ["c", "#00cd00"],
    ]);
    expect(rects(svg).map((rect) => [...columnsOf(rect), rect.of["fill"]])).toEqual([
      [0, 2, INK],
      [2, 1, "#cd0000"],
    ]);
  });

  it("keeps bold letters bold and apart from the others", async () => {
    const found = texts(await drawn(`ab${ESC}1mcd${ESC}22me`));
    expect(found.map(({ text, of }) => [text, of["font-weight"]])).toEqual([
      ["ab", undefined],
      ["cd", "700"],
      ["e", undefined],
    ]);
  });
});

describe("columns", () => {
  it("are kept whatever the font: each text starts at its own and fills as many as it had", async () => {
    const found = texts(await drawn("a bc   d│ef──g"));
    expect(found.map((tag) => [tag.text, ...columnsOf(tag)])).toEqual([
      ["a bc", 0, 4],
      ["d", 7, 1],
      ["│", 8, 1],
      ["ef", 9, 2],
      ["──", 11, 2],
      ["g", 13, 1],
    ]);
  });

  it("of lines are filled by stretching the signs, not by moving them apart", async () => {
    const found = texts(await drawn("ab──"));
    expect(found.map(({ text, of }) => [text, of["lengthAdjust"]])).toEqual([
      ["ab", undefined],
      ["──", "spacingAndGlyphs"],
    ]);
  });

  it("are two under a wide character, and what follows it stands behind both", async () => {
    const found = texts(await drawn("a警告b"));
    expect(found.map((tag) => [tag.text, ...columnsOf(tag)])).toEqual([
      ["a", 0, 1],
      ["警", 1, 2],
      ["告", 3, 2],
      ["b", 5, 1],
    ]);
  });

  it("of a sign and the marks on it are one", async () => {
    const found = texts(await drawn("xe\u0301y"));
    expect(found.map((tag) => [tag.text, ...columnsOf(tag)])).toEqual([
      ["x", 0, 1],
      ["e\u0301", 1, 1],
      ["y", 2, 1],
    ]);
  });

  it("hold no blanks at the end of a row, and rows stand one below the other", async () => {
    const found = texts(await drawn(`ab   \r\n  cd   `, { columns: 10, rows: 3 }));
    expect(found.map(({ text }) => text)).toEqual(["ab", "cd"]);
    expect(Number(found[1]?.of["y"]) - Number(found[0]?.of["y"])).toBe(17);
  });

  it("make the size of the picture", async () => {
    const svg = await drawn("x", { columns: 120, rows: 36 });
    expect(svg).toContain('viewBox="0 0 1104 668"');
  });
});

describe("the file", () => {
  it("escapes what would be markup, in the text and in what tells of it", async () => {
    expect(texts(await drawn(`<b>&"`)).map(({ text }) => text)).toEqual(["&lt;b&gt;&amp;&quot;"]);
    const svg = screenSvg([], { title: "<a & b>", label: 'say "<&>"' });
    expect(svg).toContain("<title>&lt;a &amp; b&gt;</title>");
    expect(svg).toContain('aria-label="say &quot;&lt;&amp;&gt;&quot;"');
    expect(faultsOf(svg)).toEqual([]);
  });

  it("tells what it is to who cannot see it", async () => {
    const svg = await drawn("x");
    expect(svg).toMatch(/^<svg [^>]*role="img" aria-label="a label">\n<title>a title<\/title>/);
  });

  it("is the same for the same cells", async () => {
    expect(await drawn(`${ESC}1;31mx ─`)).toBe(await drawn(`${ESC}1;31mx ─`));
  });
});

describe.each(["feed", "acks"])("the picture %s of the README", (name) => {
  const svg = readFileSync(fileURLToPath(new URL(`../../../docs/pictures/${name}.svg`, import.meta.url)), "utf8");

  it("is well-formed, small, and of a terminal of 120 by 36", () => {
    expect(faultsOf(svg)).toEqual([]);
    expect(Buffer.byteLength(svg)).toBeLessThan(60_000);
    expect(svg).toContain('viewBox="0 0 1104 668"');
    for (const text of texts(svg)) {
      const [column, width] = columnsOf(text);
      expect(Number.isInteger(column) && column >= 0 && column + width <= 120, text.text).toBe(true);
    }
  });

  it("shows markings in their colour", () => {
    expect(texts(svg)).toContainEqual(
      expect.objectContaining({ text: "TLP:AMBER+STRICT", of: expect.objectContaining({ fill: "#ffc000" }) }),
    );
  });

  it("runs nothing and fetches nothing", () => {
    expect(svg).not.toMatch(/<(script|style|image|use|a|foreignObject)\b|\bhref|\burl\(|\son\w+=/);
    expect(svg.match(/https?:[^"]*/g)).toEqual(["http://www.w3.org/2000/svg"]);
  });
});

/** What is not well-formed: tags that do not close in order, attributes without quotes or told twice, bare & or <. */
function faultsOf(svg: string): string[] {
  const open: string[] = [];
  const faults: string[] = [];
  const rest = svg.replaceAll(/<(\/?)([a-z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>/g, (_, end, name, attributes, alone) => {
    const keys = [...String(attributes).matchAll(/([\w:-]+)="/g)].map(([, key]) => key);
    if (new Set(keys).size !== keys.length) faults.push(`an attribute twice: ${name}${attributes}`);
    if (end === "/" && open.pop() !== name) faults.push(`</${name}> closes another one`);
    if (end === "" && alone === "") open.push(name);
    return String(attributes);
  });
  if (open.length > 0) faults.push(`not closed: ${open.join(" ")}`);
  for (const [bare] of rest.matchAll(/[<>]|&(?!(?:amp|lt|gt|quot);)/g)) faults.push(`a bare ${bare}`);
  return faults;
}

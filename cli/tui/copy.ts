// Copying the indicators of an item: by a sequence that asks the terminal to put them on the clipboard, where it may.

import { type Action, told } from "./events.ts";
import { subject } from "./chosen.ts";
import { indicatorWord, shortId } from "./words.ts";

/** One indicator a line. */
export function copyIndicators(how: "defanged" | "raw"): Action {
  return (screen) => {
    const item = subject(screen);
    if (!item) return told(screen, "nothing is chosen to copy");
    if (item.indicators.length === 0) return told(screen, "it has no indicators to copy");
    const lines = item.indicators.map((one) => (how === "raw" ? one.value : indicatorWord(one)));
    const count = `${lines.length} ${lines.length === 1 ? "indicator" : "indicators"}`;
    const text = `${shortId(item.id)}: ${count} copied ${how === "raw" ? "as they are" : "defanged"}, where the terminal allows it (z: select by mouse)`;
    return {
      screen: { ...screen, notice: { text, tone: "plain" } },
      effects: [{ kind: "copy", text: lines.join("\n") }],
    };
  };
}

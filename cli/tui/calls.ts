// When the screen rings, by the rules of the node: for what came, and again for alerts that wait for us. Pure.

import type { ItemDocument } from "../../src/api/documents.ts";
import { limits } from "../../src/base/limits.ts";
import { isQuietFor, tellingOf } from "../../src/notify/notify.ts";
import { arrivalOf } from "../notice-words.ts";
import { waitsForUs } from "./alerts.ts";
import { type Screen } from "./screen.ts";

/** Whether anything of what came, and was not known, is to be heard now. */
export function calls(screen: Screen, known: readonly ItemDocument[], came: readonly ItemDocument[]): boolean {
  const heard = new Set(known.map(({ id }) => id));
  return came.some((item) => !heard.has(item.id) && isCall(screen, item));
}

/** Whether an alert has waited for us one time more as long as the rules say, since the screen was drawn last. */
export function callsAgain(screen: Screen, now: number): boolean {
  const { againMs } = screen.notify ?? {};
  if (againMs === undefined) return false;
  const times = (from: number, to: number): number => Math.floor((to - from) / againMs);
  const isDue = ({ receivedAt }: ItemDocument): boolean => {
    const since = Date.parse(receivedAt);
    return times(since, now) > times(since, screen.now) && now - since < limits.remindForMs;
  };
  return screen.alerts.some((item) => isDue(item) && isCall({ ...screen, now }, item));
}

function isCall(screen: Screen, item: ItemDocument): boolean {
  const { notify, now, org } = screen;
  const arrival = arrivalOf(item, org);
  if (!arrival || (item.kind === "alert" && !waitsForUs(screen, item))) return false;
  if (!notify) return item.kind === "alert";
  return tellingOf(notify, arrival) === "now" && !isQuietFor(notify, arrival, now);
}

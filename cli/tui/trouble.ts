// What is wrong until its cause ends, in one line with the next step, the worst first. Pure.

import { limits } from "../../src/base/limits.ts";
import type { Screen } from "./screen.ts";
import { longTime, span } from "./words.ts";

/** The worst of it, or undefined while all is well. */
export function troubleOf(screen: Screen): string | undefined {
  return [full, keyChanged, refused, offline, wrongClock, news]
    .map((find) => find(screen))
    .find((text) => text !== undefined);
}

function full({ circles }: Screen): string | undefined {
  const found = circles.find(({ disk }) => disk.state === "full");
  return found && `✗ ${found.name} has no room left: what others post is NOT kept · tocsin doctor`;
}

function keyChanged({ peers }: Screen): string | undefined {
  const found = peers.find(({ trust }) => trust === "changed");
  return (
    found && `! ${found.org}: its key is not the one that was verified · 3 then v, or tocsin peer show ${found.org}`
  );
}

function refused({ outbox, spool }: Screen): string | undefined {
  if (outbox.failed > 0) return `✗ ${outbox.failed} of your posts were refused for good · 7`;
  return spool.failed > 0 ? `✗ ${spool.failed} posts of scripts were put aside · tocsin status` : undefined;
}

function offline({ connected, since, circles, outbox, now }: Screen): string | undefined {
  if (connected || circles.every(({ members }) => members <= 1)) return undefined;
  const gone = span(Math.max(0, now - Date.parse(since)));
  return `◐ offline: no member is reached for ${gone}, ${outbox.queued} queued · 3 shows why`;
}

function wrongClock({ clockSkewMs }: Screen): string | undefined {
  if (clockSkewMs === null || Math.abs(clockSkewMs) <= limits.clockSkewMaxMs) return undefined;
  const where = clockSkewMs > 0 ? "ahead of" : "behind";
  return `! this clock is ${span(Math.abs(clockSkewMs))} ${where} your peers: times may look wrong · tocsin doctor`;
}

/** What stays until a person has seen to it: rules that wait, our own freeze, and membership that changed. */
function news(screen: Screen): string | undefined {
  return screen.circles.map((circle) => newsOf(screen, circle)).find((text) => text !== undefined);
}

function newsOf(
  { now }: Screen,
  { name, changes, rulesToAccept, frozenUntil }: Screen["circles"][number],
): string | undefined {
  if (rulesToAccept) return `! the rules of ${name} wait: tocsin circle accept ${name}`;
  if (frozenUntil !== null) return `! you are frozen in ${name} until ${longTime(frozenUntil, now)}`;
  if (changes.last === null) return undefined;
  const more = changes.unseen > 1 ? ` +${changes.unseen - 1} more` : "";
  return `! ${name}: ${changes.last}${more} · tocsin circle log ${name}`;
}

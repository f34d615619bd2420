// What the clock on the wall of a zone shows. Everything about times of day goes by it, so that days of 23 and of 25 hours are days like
// any other.

/** `HH:MM`, 00:00 to 23:59. */
export type TimeOfDay = string;
export const TIME_OF_DAY = /^([01]\d|2[0-3]):[0-5]\d$/;

/** `YYYY-MM-DD HH:MM`: compares as text as it does in time, but for the hour that an autumn night repeats. */
export function wallClock(zone: string, ms: number): string {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, value]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): string => parts.get(name) ?? "";
  return `${part("year").padStart(4, "0")}-${part("month")}-${part("day")} ${part("hour")}:${part("minute")}`;
}

/** Whether the runtime knows a zone: `Europe/Berlin`, `UTC`. */
export function isZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch (cause) {
    if (cause instanceof RangeError) return false;
    throw cause;
  }
}

/** The zone of this machine. */
export function ownZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Whether a time of day is from `from` on and before `to`, over midnight where `to` is the earlier one. */
export function isBetween(at: TimeOfDay, { from, to }: { readonly from: TimeOfDay; readonly to: TimeOfDay }): boolean {
  return from < to ? from <= at && at < to : from <= at || at < to;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-GB", {
    ...{ timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit" },
    ...{ hour: "2-digit", minute: "2-digit" },
  });
}

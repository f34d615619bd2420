// What one member may send, so that a flood costs the others nothing but its own records. A member is judged by its own word
// only: by how fast its own lanes grow in what its own node tells and pushes. Whoever relays its records is never blamed.

import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { CircleId, LaneId, MemberId } from "../record/ids.ts";

/** A member that sent more than its quota, for whoever shows it. */
export type Flooder = {
  readonly member: MemberId;
  /** Records in its last minute before it was cut off. */
  readonly records: number;
  /** Until when it is not linked, ms since 1970. */
  readonly until: number;
};

export type Quotas = {
  /**
   * A member spoke of its own lanes of a circle: how long they are by its word. What it tells first after this node's start is
   * what there was before.
   */
  readonly grew: (member: MemberId, circle: CircleId, lanes: Iterable<readonly [LaneId, number]>) => void;
  /** So many records that it pushed were no news. */
  readonly wasted: (member: MemberId, records: number) => void;
  /** How long a member's next batch is left unread, in ms; 0 where it is well within its quota. */
  readonly pauseMs: (member: MemberId) => number;
  /** Whether a member is cut off now. */
  readonly isCutOff: (member: MemberId) => boolean;
  /** Who is cut off now. */
  readonly flooders: () => readonly Flooder[];
};

/** What one member sent. All times are ms since 1970, because a machine that slept was told nothing meanwhile. */
type Account = {
  /** Length of each of its lanes by its word, by circle. At most as many as the rosters let it have. */
  readonly lanes: Map<CircleId, Map<LaneId, number>>;
  /** Records beyond what its rate allowed when it was last heard; below zero for a minute after it was not heard for long. */
  debt: number;
  earnedAt: number;
  /** What came of it since `minuteAt`, at most a minute ago. */
  minute: number;
  minuteAt: number;
  heardAt: number;
  cutUntil: number;
  cutRecords: number;
  /** How often it was cut off without an hour of peace between. */
  cuts: number;
};

const nothing = (): Account => ({
  ...{ lanes: new Map(), debt: 0, earnedAt: 0, minute: 0, minuteAt: 0, heardAt: 0 },
  ...{ cutUntil: 0, cutRecords: 0, cuts: 0 },
});

const MINUTE_MS = 60_000;
const HURRY_MS = 250; // between the batches of whoever spent a third of what it may send at once: others are hardly delayed by it
/** Whoever is linked tells what it holds twice as often: longer silence means that there was no link, and earns its due. */
const SILENT_MS = 90_000;

/** Nobody owes anything yet. `cutOff` is called when a member is cut off, and `resumed` when it may be linked again. */
export function makeQuotas(
  clock: Clock,
  notify: { readonly cutOff: (flooder: Flooder) => void; readonly resumed: () => void; readonly stop: AbortSignal },
): Quotas {
  const accounts = new Map<MemberId, Account>(); // members that were linked since the start

  /** What an account owes at a moment; it earns while it is silent, and no more than it owes while it is heard. */
  const debtAt = ({ debt, heardAt, earnedAt }: Account, now: number): number => {
    const passedMs = Math.max(0, now - heardAt);
    const earned = (passedMs / 1_000) * limits.authorRecordsPerSecond;
    if (passedMs > SILENT_MS) return debt - earned;
    return debt > 0 ? Math.max(0, debt - earned) : now - earnedAt > MINUTE_MS ? 0 : debt;
  };

  const accountOf = (member: MemberId): Account => {
    const now = clock.now();
    const known = accounts.get(member);
    const account = known ?? { ...nothing(), heardAt: now, minuteAt: now };
    if (!known) accounts.set(member, account);
    if (now - account.heardAt > SILENT_MS) account.earnedAt = now;
    account.debt = debtAt(account, now);
    account.heardAt = now;
    if (now - account.minuteAt > MINUTE_MS) Object.assign(account, { minute: 0, minuteAt: now });
    return account;
  };

  const overMs = (debt: number): number =>
    Math.max(0, ((debt - limits.authorBurstRecords) / limits.authorRecordsPerSecond) * 1_000);

  // R67: who is over its quota is left unread until it is paid; who owes more than `most` is not linked for a minute, doubling to an hour.
  const charge = (member: MemberId, account: Account, records: number, most: number): void => {
    account.debt += records;
    account.minute += records;
    const now = clock.now();
    if (account.debt <= most || account.cutUntil > now) return;
    if (now - account.cutUntil > limits.floodCutMaxMs) account.cuts = 0;
    const cutMs = Math.min(limits.floodCutMs * 2 ** account.cuts, limits.floodCutMaxMs);
    account.cuts += 1;
    account.cutUntil = now + cutMs;
    account.cutRecords = account.minute;
    notify.cutOff({ member, records: account.minute, until: account.cutUntil });
    clock.wait(cutMs + 1, notify.stop).then(notify.resumed, () => undefined);
  };

  return {
    grew: (member, circle, told) => {
      const account = accountOf(member);
      const lanes = account.lanes.get(circle);
      const known = lanes ?? new Map<LaneId, number>();
      let records = 0;
      for (const [lane, length] of told) {
        if (!known.has(lane) && known.size >= limits.lanesPerMemberMax) continue;
        const before = known.get(lane) ?? 0;
        if (length > before) known.set(lane, length);
        records += Math.max(0, length - before);
      }
      if (lanes) charge(member, account, records, limits.floodRecords);
      else account.lanes.set(circle, known);
    },
    wasted: (member, records) => charge(member, accountOf(member), records, limits.authorBurstRecords),
    pauseMs: (member) => {
      const account = accounts.get(member);
      if (!account) return 0;
      const debt = debtAt(account, clock.now());
      if (debt > limits.authorBurstRecords) return Math.min(limits.floodPauseMaxMs, overMs(debt));
      return debt > limits.authorBurstRecords / 3 ? HURRY_MS : 0;
    },
    isCutOff: (member) => (accounts.get(member)?.cutUntil ?? 0) > clock.now(),
    flooders: () =>
      [...accounts]
        .filter(([, { cutUntil }]) => cutUntil > clock.now())
        .map(([member, { cutRecords, cutUntil }]) => ({ member, records: cutRecords, until: cutUntil })),
  };
}

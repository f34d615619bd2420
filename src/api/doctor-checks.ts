// What `doctor` makes of what was found: one small pure function for each check, which names the cure. It reads no file and fixes nothing.

import type { CheckState, DoctorCheck, InsideDocument } from "./doctor-document.ts";
import type { StatusDocument } from "./documents.ts";

const DAY_MS = 86_400_000;
const CERTIFICATE_WARN_MS = 30 * DAY_MS;
const CERTIFICATE_LATE_MS = 7 * DAY_MS;
const DISK_WARN_BYTES = 1024 * 1024 * 1024;
const DISK_LATE_BYTES = 64 * 1024 * 1024;
const CLOCK_WARN_MS = 60_000;
const CLOCK_LATE_MS = 600_000;

/** From the worst on. */
const ORDER: readonly CheckState[] = ["critical", "warning", "unknown", "ok"];

export function worstOf(checks: readonly DoctorCheck[]): CheckState {
  return ORDER.find((state) => checks.some((check) => check.state === state)) ?? "ok";
}

/** A check with nothing to be done. */
function good(name: string, found: string): DoctorCheck {
  return { name, state: "ok", found, cure: null, fixed: false };
}

function bad(name: string, state: CheckState, { found, cure }: { found: string; cure: string }): DoctorCheck {
  return { name, state, found, cure, fixed: false };
}

/** The check after what it found was mended. */
export function mended({ name, found }: DoctorCheck, done: string): DoctorCheck {
  return { ...good(name, `${found}: ${done}`), fixed: true };
}

/** `open`: names of what others on this machine may read or write; `foreign`: of what belongs to somebody else. */
export function permissionsCheck(open: readonly string[], foreign: readonly string[]): DoctorCheck {
  const name = "permissions";
  if (foreign.length > 0)
    return bad(name, "critical", {
      found: `not owned by you: ${foreign.join(", ")}`,
      cure: "run tocsin as the user that owns the home, or give the files back to that user with chown",
    });
  if (open.length > 0)
    return bad(name, "critical", {
      found: `others on this machine have access to ${open.join(", ")}`,
      cure: "tocsin doctor --fix, or chmod go= on each; who may have read the vault or the passphrase has them",
    });
  return good(name, "only you have access to the home");
}

/** `code`: why the vault did not open. VAULT_LOCKED where there was no passphrase to try. */
export function vaultCheck(code: string | undefined): DoctorCheck {
  const name = "vault";
  const cures: Readonly<Record<string, string>> = {
    IDENTITY_MISSING: "tocsin init, or put the home back from a backup, or look at TOCSIN_HOME",
    VAULT_PASSPHRASE_WRONG: "give the right passphrase; the vault is as it was",
  };
  if (code === undefined) return good(name, "it opens");
  if (code === "VAULT_LOCKED")
    return bad(name, "unknown", {
      found: "not tried: no passphrase",
      cure: "tocsin doctor --passphrase-file FILE, or start the daemon",
    });
  const cure = cures[code] ?? "put it back from a backup, or tocsin init --recover with the 24 words and org rotate";
  return bad(name, "critical", { found: `it does not open: ${code}`, cure });
}

export function settingsCheck(problem: string | undefined): DoctorCheck {
  if (problem === undefined) return good("settings", "node.json can be used");
  return bad("settings", "critical", { found: problem, cure: "mend node.json as docs/operating.md says" });
}

/** `code`: why no daemon answered. */
export function daemonCheck(code: string | undefined): DoctorCheck {
  if (code === undefined) return good("daemon", "it answers");
  const cures: Readonly<Record<string, string>> = {
    DAEMON_NOT_RUNNING: "tocsin daemon start; its log says why it ended",
    DAEMON_VERSION: "restart it: it is of another release than this command",
  };
  const found =
    code === "DAEMON_NOT_RUNNING" ? "none runs: nothing is sent or received" : `it does not answer: ${code}`;
  return bad("daemon", "critical", { found, cure: cures[code] ?? "tocsin daemon stop, tocsin daemon start" });
}

/** `stale`: left by a process that is gone. */
export function socketCheck(found: "live" | "none" | "stale" | "mute" | "foreign"): DoctorCheck {
  const name = "socket";
  if (found === "live") return good(name, "the daemon answers there");
  if (found === "none") return good(name, "none lies about");
  if (found === "stale")
    return bad(name, "warning", {
      found: "a daemon that is gone left its socket",
      cure: "tocsin doctor --fix, or start the daemon, which takes its place",
    });
  if (found === "mute")
    return bad(name, "critical", {
      found: "somebody holds the socket and does not answer",
      cure: "look at the log of the daemon; end its process and start it again",
    });
  return bad(name, "critical", {
    found: "what lies in its place is no socket, or its folder is not yours alone",
    cure: "move it away, or choose another place with TOCSIN_SOCKET",
  });
}

/** `code`: why the store did not open; "none" where there is none yet. */
export function storeCheck(code: string | undefined): DoctorCheck {
  const name = "store";
  const cures: Readonly<Record<string, string>> = {
    STORE_CORRUPT: "tocsin doctor --fix, or start the daemon: it keeps what can be read, members give back the rest",
    STORE_LOCKED: "another process has it open: find it (fuser) and end it. The file LOCK alone holds nothing",
    DISK_FULL: "make room on the disk",
  };
  if (code === undefined) return good(name, "it opens");
  if (code === "none") return good(name, "none yet: no daemon ran here");
  const cure = cures[code] ?? "look at the disk and at the log of the daemon";
  return bad(name, "critical", { found: `it does not open: ${code}`, cure });
}

export function lanesCheck({ count, records, broken }: InsideDocument["lanes"], deep: boolean): DoctorCheck {
  const name = "lanes";
  const looked = `${records} ${deep ? "" : "of the newest "}records in ${count} lanes`;
  const [first] = broken;
  if (!first) return good(name, `${looked} follow one another and verify`);
  const where = `lane ${first.lane.slice(0, 8)} of circle ${first.circle.slice(0, 8)} from place ${first.place} on: ${first.code}`;
  return bad(name, "critical", {
    found: `${broken.length} of ${count} lanes are broken; ${where}`,
    cure: "stop the daemon, copy the home, then tocsin doctor --fix --deep",
  });
}

/** `code`: why it did not open. `missing`: epochs without their secret, null where nobody knows. */
export function keyringCheck(code: string | undefined, missing: number | null): DoctorCheck {
  const name = "keyring";
  if (code !== undefined)
    return bad(name, "critical", {
      found: `it does not open: ${code}`,
      cure: "put it back from a backup, or start the daemon: it begins a new one and members re-seal to it",
    });
  if (missing !== null && missing > 0)
    return bad(name, "warning", {
      found: `it lacks the secrets of ${missing} epochs: it is older than the store`,
      cure: "nothing, while members are linked: they re-seal what they have open",
    });
  return good(name, "it opens");
}

/** `ends`: when the member certificate does, ms. */
export function certificateCheck(name: "certificate" | "tls", ends: number, now: number): DoctorCheck {
  const days = Math.floor((ends - now) / DAY_MS);
  const cure =
    name === "tls"
      ? "put a new certificate in the place that node.json names and restart the daemon"
      : "make a new home under the same org key: tocsin init --recover, then tocsin org rotate";
  if (ends <= now) return bad(name, "critical", { found: "it is over, or the clock is wrong", cure });
  const found = `it ends in ${days} days`;
  if (ends - now < CERTIFICATE_LATE_MS) return bad(name, "critical", { found, cure });
  if (ends - now < CERTIFICATE_WARN_MS) return bad(name, "warning", { found, cure });
  return good(name, found);
}

/** `freeBytes`: undefined where the file system tells no size. */
export function diskCheck(freeBytes: number | undefined): DoctorCheck {
  const name = "disk";
  const cure = "make room: below 16 MiB nothing is written any more";
  if (freeBytes === undefined) return bad(name, "unknown", { found: "the file system tells no size", cure: "none" });
  const found = `${Math.floor(freeBytes / 2 ** 20)} MiB are free`;
  if (freeBytes < DISK_LATE_BYTES) return bad(name, "critical", { found, cure });
  if (freeBytes < DISK_WARN_BYTES) return bad(name, "warning", { found, cure });
  return good(name, found);
}

/** `skewMs`: how far this clock is ahead of the median of the peers; null where nobody told. */
export function clockCheck(skewMs: number | null): DoctorCheck {
  const name = "clock";
  const cure = "set the clock of this machine, by NTP if possible";
  if (skewMs === null) return good(name, "nobody to compare it with");
  const found = `${Math.round(Math.abs(skewMs) / 1_000)} s ${skewMs < 0 ? "behind" : "ahead of"} the peers`;
  if (Math.abs(skewMs) >= CLOCK_LATE_MS) return bad(name, "critical", { found, cure });
  if (Math.abs(skewMs) >= CLOCK_WARN_MS) return bad(name, "warning", { found, cure });
  return good(name, found);
}

export function listenCheck(listen: readonly string[]): DoctorCheck {
  if (listen.length > 0) return good("listen", listen.join(", "));
  return bad("listen", "critical", {
    found: "this node listens nowhere: nobody can dial it",
    cure: "look at listen in node.json and restart the daemon",
  });
}

export function peersCheck({ peers, since }: Pick<StatusDocument, "peers" | "since">): DoctorCheck {
  const name = "peers";
  const found = `${peers.up} of ${peers.total} are linked`;
  const cure = "tocsin ping PEER says why; look at firewall, announced addresses and peer path";
  if (peers.total === 0) return good(name, "there are none");
  if (peers.up === 0) return bad(name, "critical", { found: `${found}, since ${since}`, cure });
  if (peers.up * 2 < peers.total) return bad(name, "warning", { found, cure });
  return good(name, found);
}

export function undeliveredCheck(waiting: number): DoctorCheck {
  if (waiting === 0) return good("undelivered", "nothing waits for long");
  return bad("undelivered", "warning", {
    found: `${waiting} posts are not held by everybody after too long`,
    cure: "tocsin outbox list names them and the orgs; call those that must know",
  });
}

/** Circles that take most of what they may take of the disk, or all of it. */
export function quotaCheck(circles: readonly Pick<StatusDocument["circles"][number], "name" | "disk">[]): DoctorCheck {
  const name = "quota";
  const [full, near] = (["full", "near"] as const).map((state) =>
    circles.filter(({ disk }) => disk.state === state).map((circle) => circle.name),
  );
  const cure =
    "make room on the disk if need be, raise quota in node.json, and restart the daemon: what is missing then comes";
  if (full && full.length > 0)
    return bad(name, "critical", { found: `no posts are kept any more in ${full.join(", ")}`, cure });
  if (near && near.length > 0) return bad(name, "warning", { found: `near its disk quota: ${near.join(", ")}`, cure });
  return good(name, "every circle is well within its disk quota");
}

/** Rules in node.json that name what there is not: whoever wrote them thinks that they hold. */
export function rulesCheck(namedInVain: readonly string[]): DoctorCheck {
  if (namedInVain.length === 0) return good("rules", "the rules in node.json name circles and seats that there are");
  return bad("rules", "warning", {
    found: `node.json has rules about circles or seats that there are none of: ${namedInVain.join(", ")}`,
    cure: "write their names as tocsin circle list and tocsin seat list have them, and restart the daemon",
  });
}

/** `flooding`: orgs that send more than their share now. */
export function floodCheck(flooding: readonly { readonly org: string }[]): DoctorCheck {
  if (flooding.length === 0) return good("flood", "nobody sends more than their share");
  return bad("flood", "warning", {
    found: `more than their share comes from ${flooding.map(({ org }) => org).join(", ")}`,
    cure: "call them; a steward may freeze or remove them: tocsin circle freeze, tocsin circle remove",
  });
}

export function heldCheck(lanes: StatusDocument["lanes"]): DoctorCheck {
  const held = lanes.filter(({ state }) => state === "held");
  if (held.length === 0) return good("own-lanes", "this node may post everywhere");
  return bad("own-lanes", "warning", {
    found: `posts are held in ${held.map(({ circle }) => circle).join(", ")}`,
    cure: "wait for members, or tocsin circle lane NAME --accept new-lane",
  });
}

export function spoolCheck({ waiting, failed, reasons, keyChanged }: StatusDocument["spool"]): DoctorCheck {
  const name = "spool";
  const found = `${waiting} wait, ${failed} could not be posted${reasons.length > 0 ? `: ${reasons.join(", ")}` : ""}`;
  if (keyChanged)
    return bad(name, "critical", {
      found: "somebody changed its key (spool.pub)",
      cure: "find out who writes to the home; what was spooled meanwhile is in failed/",
    });
  if (failed > 0) return bad(name, "warning", { found, cure: "look at spool/failed, see docs/recovery.md" });
  return good(name, found);
}

// What the kind of an item adds to its words, for the feed, for one item, and for the screen alike: one switch over the kinds.
// Plain text of peers comes out as it went in; whoever prints it makes it safe.

import type {
  AmendmentDocument,
  AskDocument,
  IncidentDocument,
  ItemDocument,
  UpdateDocument,
  VerdictDocument,
} from "../src/api/documents.ts";
import { unreachable } from "../src/base/assert.ts";

const short = (id: string): string => id.slice(0, 8);
const minute = (rfc3339: string): string => `${rfc3339.slice(0, 10)} ${rfc3339.slice(11, 16)}Z`;

/** What stands before the words of an item where a list shows it, "" where nothing does. */
export function leadOf(item: ItemDocument): string {
  switch (item.kind) {
    case "answer":
      return item.answer ? `${verdict(item.answer)}${about(item)}` : "";
    case "ask":
      return item.ask && item.ask.answers.length > 0 ? `(${tally(item.ask)})` : "";
    case "incident":
      return item.incident && item.incident.status !== "open" ? `(${item.incident.status})` : "";
    case "update":
      return item.update ? `${change(item.update)}${about(item)}` : "";
    case "vuln":
      return item.vuln
        ? [item.vuln.product, item.vuln.exploited === "known" ? "EXPLOITED" : ""].filter(Boolean).join(" ")
        : "";
    case "amend":
      return item.amend?.counts === false ? `does not count: amends${about(item)}` : `amends${about(item)}`;
    case "retract":
      return item.retract?.counts === false ? `does not count: withdraws${about(item)}` : `withdraws${about(item)}`;
    case "widen":
      return item.widen?.counts === false ? `does not count: widens${about(item)}` : widening(item);
    case "sponsor":
      return asked(item);
    case "unknown":
      return `of a kind that this version does not know: ${item.unknown?.named ?? ""}`;
    case "nudge":
      return `wants your acknowledgement${about(item)}`;
    case "reply":
    case "note":
    case "msg":
      return item.re === null ? "" : `re${about(item)}`;
    case "sighting":
    case "alert":
    case "ack":
      return "";
    default:
      return unreachable(item.kind);
  }
}

/** What all of an item says beside its words, a line each. */
export function kindLines(item: ItemDocument): string[] {
  switch (item.kind) {
    case "alert": {
      const { status = "actual", who = [], acks = [] } = item.alert ?? {};
      const missing = who.filter((org) => !acks.some((ack) => ack.org === org));
      return [
        ...(status === "actual" ? [] : [`status ${status.toUpperCase()}`]),
        ...(who.length === 0 ? [] : [`must acknowledge: ${who.join(", ")}`]),
        ...(missing.length === 0 ? [] : [`not yet: ${missing.join(", ")}`]),
      ];
    }
    case "ask":
      return item.ask ? askLines(item.ask) : [];
    case "answer":
      return item.answer ? [verdict(item.answer), ...searched(item.answer)] : [];
    case "incident":
      return item.incident ? incidentLines(item.incident) : [];
    case "update":
      return item.update ? [change(item.update)].filter(Boolean) : [];
    case "vuln": {
      if (!item.vuln) return [];
      const { product, severity, exploited, versions, fixed } = item.vuln;
      return [
        `product ${product}${versions === null ? "" : `, versions ${versions}`}${fixed === null ? "" : `, fixed in ${fixed}`}`,
        `severity ${severity}, exploited: ${exploited}`,
      ];
    }
    case "amend":
      return item.amend ? amendLines(item.amend) : [];
    case "retract":
      return item.retract?.counts === false ? ["does not count: its author is not the one who said it"] : [];
    case "widen":
      return [item.widen?.counts === false ? "does not count: its author is not the one who said it" : widening(item)];
    case "sponsor":
      return [asked(item), ...(item.mine ? [] : ["see tocsin outbox list"])];
    case "unknown":
      return ["It is kept as it came; a newer version of tocsin may show it."];
    case "nudge":
    case "sighting":
    case "reply":
    case "ack":
    case "note":
    case "msg":
      return [];
    default:
      return unreachable(item.kind);
  }
}

function asked({ mine, sponsor }: ItemDocument): string {
  const where = sponsor?.circle ?? "a circle that is not known here";
  return `${mine ? "asks them" : "asks you"} to say this ${sponsor?.kind ?? ""} in ${where} without naming the author`;
}

function widening({ re, widen }: ItemDocument): string {
  const credit = widen?.credit ? ", with its author's name" : "";
  return `may be carried on as if marked TLP:${(widen?.limit ?? "").toUpperCase()}${credit}: ${re === null ? "" : short(re)}`;
}

/** Of an item that was amended or withdrawn: by which item, when and why. */
export function correctionLines({ state, correction }: ItemDocument): string[] {
  if (!correction) return [];
  const { id, org, seat, at, why } = correction;
  const what = state === "retracted" ? "WITHDRAWN" : "amended";
  const by = seat === "" ? org : `${org}/${seat}`;
  return [`${what} by ${by} ${minute(at)} (${short(id)})${why === null ? "" : `: ${why}`}`];
}

function askLines({ closes, answers, waiting, ...ask }: AskDocument): string[] {
  return [
    `${tally(ask)}${closes === null ? "" : `; answers wanted until ${minute(closes)}`}`,
    ...answers.flatMap((one) => {
      const said = one.text === null ? "" : ` ${firstLine(one.text)}`;
      const late = one.late ? " (late)" : "";
      return [`  ${verdict(one)} ${one.org}/${one.seat} ${minute(one.at)}${late}${said}`, ...searched(one)];
    }),
    ...(waiting.length === 0 ? [] : [`no answer yet: ${waiting.join(", ")}`]),
  ];
}

function incidentLines({ severity, status, updates, links }: IncidentDocument): string[] {
  return [
    `status ${status.toUpperCase()}, severity ${severity}, ${updates.length} updates`,
    ...updates.map((one) => {
      const said = one.text === null ? "" : ` ${firstLine(one.text)}`;
      return `  ${minute(one.at)} ${one.org}/${one.seat} ${change(one)}${said}`.trimEnd();
    }),
    ...(links.length === 0 ? [] : [`linked: ${links.map(short).join(", ")}`]),
  ];
}

function amendLines({ why, counts, changes }: AmendmentDocument): string[] {
  return [
    ...(counts ? [] : ["does not count: its author is not the one who said it"]),
    ...(why === null ? [] : [`why: ${firstLine(why)}`]),
    ...changes.map(({ field, before, after }) => `  ${field}: ${value(before)} -> ${value(after)}`),
  ];
}

function change({ status, decision, links }: UpdateDocument): string {
  return [
    decision ? "DECISION" : "",
    status === null ? "" : status.toUpperCase(),
    links.length === 0 ? "" : `links ${links.map(short).join(", ")}`,
  ]
    .filter(Boolean)
    .join(" ");
}

function verdict({ answer, state }: VerdictDocument): string {
  return `${answer.toUpperCase()}${state === null ? "" : `, ${state}`}`;
}

function searched({ searched: over }: VerdictDocument): string[] {
  if (over === null) return [];
  const parts = [
    over.scope === null ? "" : `in ${over.scope}`,
    over.from === null ? "" : `from ${minute(over.from)}`,
    over.to === null ? "" : `to ${minute(over.to)}`,
  ];
  return [`  searched ${parts.filter(Boolean).join(" ")}`];
}

function tally({ tally: { yes, no, unsure } }: Pick<AskDocument, "tally">): string {
  return `yes ${yes}, no ${no}, unsure ${unsure}`;
}

function about({ re }: ItemDocument): string {
  return re === null ? "" : ` ${short(re)}`;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function value(text: string | null): string {
  return text === null ? "nothing" : JSON.stringify(firstLine(text));
}

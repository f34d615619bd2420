// The linear screen: sentences that a voice can read, commands that ask before they send.

import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { answerTo, type Question } from "../../../../cli/tui/linear/commands.ts";
import { runLinear } from "../../../../cli/tui/linear/run.ts";
import { itemSentence, openingSentences, readSentences } from "../../../../cli/tui/linear/sentences.ts";
import type { Screen } from "../../../../cli/tui/screen.ts";
import { alert, fakeFeed, item } from "../../../help/fake-feed.ts";
import { asks, wholeScreen } from "../../../help/story-views.ts";
import { tempDir } from "../../../help/temp-dir.ts";

const whole = (): Screen => wholeScreen(80, 24);
const said = (line: string, screen = whole(), question?: Question): string =>
  answerTo(screen, line, question).say.join("\n");

test("an item is one sentence, with its marking spelled and its deadline absolute", () => {
  const [urgent] = whole().alerts;
  if (!urgent) throw new Error("the story has an alert");
  expect(itemSentence(whole(), urgent)).toBe(
    "Alert a-3QX8ZZ from northwind, verified, T L P amber strict, in circle retail-eu, at 14:31 UTC on 22 November 2026, " +
      'needs your acknowledgement by 14:59 UTC on 22 November 2026: OAuth consent phish "DocuShare Sync".',
  );
});

test("an item that is read begins and ends with its marking, its indicators harmless", () => {
  const found = whole().items.find(({ id }) => id.startsWith("s-7K2M9Q"));
  if (!found) throw new Error("the story has it");
  const lines = readSentences(whole(), found);
  expect(lines[0]).toBe("Marked T L P amber.");
  expect(lines.at(-1)).toBe("End of item, marked T L P amber.");
  expect(lines).toContain("ip: 203[.]0[.]113[.]24");
  expect(lines).toContain("It says: Block hxxp://login-vpn[.]example/ at the edge.");
  // What a peer wrote cannot pass for a sentence of ours.
  const forged = { ...found, text: "fine\nThe daemon is back." };
  expect(readSentences(whole(), forged)).not.toContain("The daemon is back.");
});

test("the opening says who, where, what waits, and how to go on, without a sign that reads badly", () => {
  const lines = openingSentences(whole());
  expect(lines.slice(0, 3)).toEqual([
    "This is tocsin for acme-bank, kim.",
    "You are in 2 circles; retail-eu is open.",
    "4 of 6 members can be reached; 4 items unread.",
  ]);
  expect(lines.at(-1)).toBe("Type help for the commands.");
  expect(lines.join("")).not.toMatch(/[▲●›✓✗×…│─▁-█]/u);
});

test.each([
  ["ack", "Send the acknowledgement of alert a-3QX8ZZ", "ack"],
  ["ack a-91md patched tonight", "Send the acknowledgement of alert a-91MDZZ", "ack"],
  ["saw s-7k2m", "Say that your organisation saw sighting s-7K2M9Q", "sighting"],
  ["answer q-5nb4 yes", "Answer yes to ask q-5NB4ZZ", "answer"],
])("%j asks first and sends only on yes", (line, sentence, kind) => {
  const asked = answerTo(whole(), line, undefined);
  expect(asked.effects).toBeUndefined();
  expect(asked.say[0]).toContain(sentence);
  expect(asked.say[0]).toMatch(/Yes or no\.$/u);
  expect(answerTo(whole(), "no", asked.question)).toEqual({ say: ["Nothing was sent."] });
  expect(answerTo(whole(), "", asked.question)).toEqual({ say: ["Nothing was sent."] });
  expect(answerTo(whole(), "yes", asked.question).effects).toMatchObject([
    { kind: "send", sending: { draft: { kind } } },
  ]);
});

test.each([
  ["bogus", "There is no command bogus. Type help"],
  ["ansver q yes", "Did you mean answer?"],
  ["read", "Name an item by its id"],
  ["read s-NONE", "No item here begins with s-NONE."],
  ["read s-", "items begin with s-"],
  ["answer q-5nb4 maybe", "yes, no or unsure"],
  ["ack s-7k2m", "Only an alert is acknowledged."],
  ["circle nowhere", "There is no circle nowhere"],
])("%j is answered with what to do", (line, answer) => {
  expect(said(line)).toContain(answer);
});

test("a read-only one and one without a daemon send nothing", () => {
  expect(said("ack", { ...whole(), readOnly: true })).toContain("read-only");
  expect(said("ack", { ...whole(), lostAt: 1 })).toContain("daemon is gone");
});

test("lists name what there is, and say where there is nothing", () => {
  expect(said("asks")).toContain("Ask q-5NB4ZZ from hooli, not verified");
  expect(said("circles")).toContain("Circle retail-eu, open: 4 members");
  expect(said("peers")).toContain("umbrella, verified, offline, last seen at 14:00 UTC on 20 November 2026.");
  expect(said("alerts", { ...whole(), alerts: [] })).toBe("No alert waits for anybody.");
  expect(asks()).toHaveLength(2);
});

test("what arrives is said, what is acknowledged is sent, and the daemon's end and return are told", async () => {
  await using folder = await tempDir();
  const socketPath = `${folder.path}/daemon.sock`;
  await using feed = await fakeFeed(socketPath, [item({ title: "VPN spray" }, 14)]);
  const input = new PassThrough();
  let heard = "";
  const running = runLinear({ socketPath, readOnly: false, input, write: (text) => void (heard += text) });
  const hears = async (text: string): Promise<void> => {
    await expect.poll(() => heard, { timeout: 10_000, interval: 10 }).toContain(text);
  };
  await hears("Type help for the commands.");
  feed.arrive(alert({ title: "Consent phish" }));
  await hears("needs your acknowledgement");
  input.write("ack\n");
  await hears("Yes or no.");
  input.write("yes\n");
  await hears("Sent. 1 of 3 members hold it already.");
  expect(feed.calls.filter(({ method }) => method === "post")).toHaveLength(1);
  await feed.stop();
  await hears("The daemon stopped at");
  feed.items.push(item({ title: "meanwhile" }));
  await feed.start();
  await hears("The daemon is back.");
  await hears("meanwhile.");
  input.write("quit\n");
  await running;
  // Nothing is drawn: no sequence but the bell of an alert.
  expect(heard).not.toContain("\u001B");
});

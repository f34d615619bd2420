// Questions for old posts over real sockets: bounded in number and in time, whoever asks and whoever answers.

import { expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { limits } from "../../src/base/limits.ts";
import { contactOf, toyCircle } from "../help/fake-host.ts";
import { isLinked, startTestNode, type TestNode } from "../help/nets.ts";

const circle = toyCircle("inner");
const calm = new AbortController().signal;

const linked = async (acme: TestNode, borealis: TestNode): Promise<void> => {
  for (const { host } of [acme, borealis]) host.joinCircle(circle);
  // One of them dials: of two connections one would be closed after a while, with the question on it.
  borealis.net.setContacts([{ ...contactOf(acme.host, acme.net, [circle]), addresses: [] }]);
  acme.net.setContacts([contactOf(borealis.host, borealis.net, [circle])]);
  await expect.poll(() => isLinked(acme, borealis) && isLinked(borealis, acme), { timeout: 20_000 }).toBe(true);
};

it("answers a member that asks without end no faster than its allowance, and goes on serving it", async () => {
  await using acme = await startTestNode("acme");
  await using borealis = await startTestNode("borealis");
  await linked(acme, borealis);
  let answered = 0;
  borealis.host.onAsk = async () => Uint8Array.of(++answered);
  const burst = 10 * limits.resealAsksPerSecond;
  const beyond = 30;
  const startMs = systemClock.monotonic();
  for (let count = 0; count < burst + beyond; count++)
    await acme.net.ask(borealis.host.member, circle, new Uint8Array(1), calm);
  const tookMs = systemClock.monotonic() - startMs;
  expect(answered).toBe(burst + beyond);
  expect(tookMs).toBeGreaterThan(((beyond - 2) * 1_000) / limits.resealAsksPerSecond);
});

it("gives up on a member that does not answer, answers too much, or goes away", async () => {
  await using acme = await startTestNode("acme");
  await using borealis = await startTestNode("borealis");
  await linked(acme, borealis);
  const ask = async (signal: AbortSignal): Promise<Uint8Array> =>
    acme.net.ask(borealis.host.member, circle, new Uint8Array(1), signal);
  const silence = Promise.withResolvers<Uint8Array>();
  borealis.host.onAsk = async () => silence.promise;
  await expect(ask(AbortSignal.timeout(300))).rejects.toThrow();
  silence.resolve(new Uint8Array(1));
  borealis.host.onAsk = async () => new Uint8Array(limits.frameBytesMax + 1);
  await expect(ask(calm)).rejects.toThrow();
  borealis.host.onAsk = async () => Uint8Array.of(7);
  expect(await ask(calm)).toEqual(Uint8Array.of(7));
  acme.net.setContacts([]);
  await expect(ask(calm)).rejects.toThrow("not linked");
});

// Control statements that are none: changes, prekeys, notices and tickets that are refused when they are read.

import { seededRandom } from "../../help/seeded-random.ts";
import { describe, expect, test } from "vitest";
import { concat, toBase32, utf8 } from "../../../src/base/bytes.ts";
import { type Cbor, encodeCbor } from "../../../src/base/cbor.ts";
import { sha256 } from "../../../src/base/digest.ts";
import { limits } from "../../../src/base/limits.ts";
import { circleOf } from "../../../src/circle/change.ts";
import { decodeChange, encodeChange } from "../../../src/circle/change-codec.ts";
import { concurrent, dominates, emptyGraph, ordered, withOp } from "../../../src/circle/graph.ts";
import { decodeAddresses, decodeInvite } from "../../../src/circle/notice.ts";
import { parsePrekey, signPrekey } from "../../../src/circle/prekey.ts";
import { parseTicket, printTicket, type Ticket, ticketIsFor } from "../../../src/circle/ticket.ts";
import { laneFor, circleId } from "../../../src/record/ids.ts";
import { closePolicy, party } from "../../help/memory-rooms.ts";
import { errorOf, refusalOf } from "../../help/refusal.ts";
import { adds, genesisBy, graphOf, opOf, toOp } from "../../help/roster-graph.ts";

const circle = circleId(new Uint8Array(32).fill(1));
const elsewhere = circleId(new Uint8Array(32).fill(2));
const { me } = party("acme").rooms;
const other = party("borealis").rooms.me;
const publicKey = new Uint8Array(32).fill(7);
const prekey = signPrekey(circle, me.key, { suite: 1, publicKey });

describe("a prekey", () => {
  test("R9: counts for its circle only, and only as its member signed it", async () => {
    expect(await refusalOf(() => parsePrekey(prekey.bytes, elsewhere))).toBe("RECORD_BODY_INVALID");
    const body = encodeCbor([new Uint8Array(32).fill(1), me.key.publicKey, 1, publicKey, 0]);
    const forged = encodeCbor([body, other.key.sign(concat(utf8("tocsin/1 prekey"), body))]);
    expect(await refusalOf(() => parsePrekey(forged, circle))).toBe("RECORD_BODY_INVALID");
    const untagged = encodeCbor([body, me.key.sign(body)]);
    expect(await refusalOf(() => parsePrekey(untagged, circle))).toBe("RECORD_BODY_INVALID");
  });

  test.each<[string, Cbor]>([
    ["of another suite", [new Uint8Array(32).fill(1), me.key.publicKey, 3, publicKey, 0]],
    ["of another length", [new Uint8Array(32).fill(1), me.key.publicKey, 2, publicKey, 0]],
    ["of nobody", [new Uint8Array(32).fill(1), new Uint8Array(31), 1, publicKey, 0]],
    ["with too much in it", [new Uint8Array(32).fill(1), me.key.publicKey, 1, publicKey, 0, 1]],
    ["with too little in it", [new Uint8Array(32).fill(1), me.key.publicKey, 1, publicKey]],
    ["of a negative generation", [new Uint8Array(32).fill(1), me.key.publicKey, 1, publicKey, -1]],
    ["of a generation that is no number", [new Uint8Array(32).fill(1), me.key.publicKey, 1, publicKey, "1"]],
    ["that is no list", 1],
  ])("%s is refused", async (_, fields) => {
    const body = encodeCbor(fields);
    expect(
      await refusalOf(() =>
        parsePrekey(encodeCbor([body, me.key.sign(concat(utf8("tocsin/1 prekey"), body))]), circle),
      ),
    ).toBe("RECORD_BODY_INVALID");
  });

  test("that is no statement is refused", async () => {
    for (const value of [1, [1], [new Uint8Array(1), 1]])
      expect(await refusalOf(() => parsePrekey(encodeCbor(value), circle))).toBe("RECORD_BODY_INVALID");
  });
});

describe("a membership change", () => {
  const lane = laneFor(me.id, seededRandom("lane"));

  test("with the prekey of another member is refused", async () => {
    const encoded = encodeChange({
      op: "add",
      member: { certificate: other.certificate, prekey },
      lane,
      ticket: undefined,
    });
    expect(await refusalOf(() => decodeChange(encoded, circle))).toBe("CERTIFICATE_INVALID");
  });

  test("with a prekey for another circle is refused", async () => {
    const encoded = encodeChange({
      op: "add",
      member: { certificate: me.certificate, prekey },
      lane,
      ticket: undefined,
    });
    expect(await refusalOf(() => decodeChange(encoded, elsewhere))).toBe("RECORD_BODY_INVALID");
  });

  test.each<[string, Cbor]>([
    ["an unknown operation", { op: "bless", member: new Uint8Array(32) }],
    ["a short member", { op: "promote", member: new Uint8Array(31) }],
    ["an unknown field", { op: "promote", member: new Uint8Array(32), by: "me" }],
    ["a negative cut", { op: "remove", member: new Uint8Array(32), cuts: [{ lane: new Uint8Array(16), length: -1 }] }],
    [
      "too many cuts",
      {
        op: "remove",
        member: new Uint8Array(32),
        cuts: Array.from({ length: limits.lanesPerMemberMax * limits.nodesPerOrgMax + 1 }, () => ({
          lane: new Uint8Array(16),
          length: 1,
        })),
      },
    ],
    ["no operation", []],
  ])("with %s is refused", async (_, value) => {
    expect(await refusalOf(() => decodeChange(encodeCbor(value), circle))).toBe("RECORD_BODY_INVALID");
  });

  test("R11: a circle's id hangs on everything its founder set", () => {
    const genesis = { name: "a", nonce: new Uint8Array(32), policy: closePolicy, certificate: me.certificate };
    const ids = [
      genesis,
      { ...genesis, name: "b" },
      { ...genesis, nonce: new Uint8Array(32).fill(1) },
      { ...genesis, policy: { ...closePolicy, suite: 2 as const } },
      { ...genesis, certificate: other.certificate },
    ].map(circleOf);
    expect(new Set(ids).size).toBe(ids.length);
    expect(circleOf({ ...genesis })).toBe(ids[0]);
  });
});

describe("notices", () => {
  test.each<[string, Cbor]>([
    ["a text", "/ip4/192.0.2.1/tcp/1"],
    ["an address with a space", ["/ip4/192.0.2.1 /tcp/1"]],
    ["an address without slash", ["192.0.2.1"]],
    ["an address of control characters", ["/dns4/\u001b[2J/tcp/1"]],
    ["too many addresses", Array.from({ length: limits.addressesPerMemberMax + 1 }, () => "/ip4/192.0.2.1/tcp/1")],
    ["a long address", [`/dns4/${"a".repeat(300)}/tcp/1`]],
  ])("of %s is no list of addresses", async (_, value) => {
    expect(await refusalOf(() => decodeAddresses(encodeCbor(value)))).toBe("RECORD_BODY_INVALID");
  });

  test.each<[string, Cbor]>([
    ["a short ticket", { op: "revoke", ticket: new Uint8Array(31) }],
    ["a long label", { op: "open", ticket: new Uint8Array(32), for: "x".repeat(limits.nameCharsMax + 1), expires: 1 }],
    ["no end", { op: "open", ticket: new Uint8Array(32), for: "x" }],
  ])("of %s is no invitation", async (_, value) => {
    expect(await refusalOf(() => decodeInvite(encodeCbor(value)))).toBe("RECORD_BODY_INVALID");
  });
});

describe("a ticket", () => {
  const responders = [{ hash: new Uint8Array(16).fill(3), addresses: ["/ip4/192.0.2.1/tcp/7443"] }];
  const ticket: Ticket = {
    circlePrefix: new Uint8Array(16).fill(1),
    secret: new Uint8Array(16).fill(2),
    expires: 1_000,
    responders,
  };
  const line = printTicket(ticket);

  test("is for one circle", () => {
    expect(ticketIsFor(ticket, circle)).toBe(true);
    expect(ticketIsFor(ticket, elsewhere)).toBe(false);
  });

  test("with any one character changed, or cut anywhere, is refused", async () => {
    for (let at = 0; at < line.length; at++) {
      const wrong = line[at] === "7" ? "8" : "7";
      expect(await refusalOf(() => parseTicket(line.slice(0, at) + wrong + line.slice(at + 1)))).toBe("TICKET_INVALID");
      expect(await refusalOf(() => parseTicket(line.slice(0, at)))).toBe("TICKET_INVALID");
    }
    expect(await refusalOf(() => parseTicket(line + "0".repeat(200)))).toBe("TICKET_INVALID");
  });

  test("of another version, or with an address that is none, is refused", async () => {
    const print = (body: Uint8Array): string => `TOCSIN1:${toBase32(concat(body, sha256(body).slice(0, 3)))}`;
    const head = new Uint8Array(37);
    for (const [version, tail] of [
      [2, [1, ...new Uint8Array(16), 4, 1, 1, 1, 1, 0, 1]],
      [1, [1, ...new Uint8Array(16), 9, 1, 1]],
      [1, [1, ...new Uint8Array(16), 4, 1, 1]],
      [1, [4, 1, 1, 1, 1, 0, 1]],
    ] as const) {
      head[0] = version;
      expect(await refusalOf(() => parseTicket(print(concat(head, Uint8Array.from(tail)))))).toBe("TICKET_INVALID");
    }
  });

  test("cannot be made without an address that fits", async () => {
    const long = [{ hash: new Uint8Array(16), addresses: [`/dns4/${"a".repeat(99)}.example/tcp/1`] }];
    const error = await errorOf(() => printTicket({ ...ticket, responders: long }));
    expect([error?.code, error?.hint]).toEqual(["CONFIG_INVALID", "announce a shorter one with --announce"]);
  });
});

describe("a graph of operations", () => {
  const story = [
    toOp({ name: "g", by: "ann", after: [], does: genesisBy("ann") }),
    toOp({ name: "x", by: "ann", after: ["g"], does: adds("bob") }),
    toOp({ name: "y", by: "ann", after: ["g"], does: adds("carl") }),
    toOp({ name: "z", by: "ann", after: ["x", "y"], does: adds("dora") }),
  ];
  const graph = graphOf(story);

  test("knows what came before what", () => {
    expect(graph.heads).toEqual([opOf("z")]);
    expect(concurrent(graph, opOf("x"), opOf("y"))).toBe(true);
    expect(concurrent(graph, opOf("x"), opOf("z"))).toBe(false);
    expect(concurrent(graph, opOf("x"), opOf("x"))).toBe(false);
    expect(dominates(graph, [opOf("x")], [opOf("g"), opOf("x")])).toBe(true);
    expect(dominates(graph, [opOf("x")], [opOf("y")])).toBe(false);
  });

  test("orders by depth and then by id, and takes each operation once", () => {
    const [low, high] = [opOf("x"), opOf("y")].sort();
    expect(ordered(graph, [...graph.ops.keys()].reverse()).map(({ id }) => id)).toEqual([
      opOf("g"),
      low,
      high,
      opOf("z"),
    ]);
    const [first] = story;
    expect(first && withOp(graph, first)).toBe(graph);
    expect(emptyGraph().heads).toEqual([]);
  });
});

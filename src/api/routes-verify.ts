// Routes of verification: words by telephone, and fingerprints.

import { toRfc3339 } from "../base/clock.ts";
import { toHex } from "../base/bytes.ts";
import { TocsinError } from "../base/errors.ts";
import { fingerprint, type MemberCertificate } from "../../keys/index.ts";
import type { Rooms } from "../node/rooms.ts";
import { trustOf } from "../node/trust.ts";
import { beginWords } from "../node/verification.ts";
import { compareFingerprint, hearWords } from "../node/vetting.ts";
import type { Routes } from "./desk.ts";
import type { FingerprintDocument, VerifyDocument } from "./documents.ts";
import { findOrg } from "./lookup.ts";
import { parseRequest, requests } from "./requests.ts";

type VerifyRoutes = Pick<Routes, "verify.begin" | "verify.heard" | "verify.show" | "verify.fingerprint">;

export function verifyRoutes(rooms: Rooms): VerifyRoutes {
  return {
    "verify.begin": async (params, { signal }) => {
      const { peer, timeoutMs } = parseRequest(requests.verifyBegin, params);
      const member = findOrg(rooms, peer);
      const waiting = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const { say, from, hearFrom, expires } = await beginWords(rooms, member, waiting);
      const document = verified(rooms, member.certificate);
      return { ...document, state: "words", say: [...say], from, hearFrom, expires: toRfc3339(expires) };
    },
    "verify.heard": async (params) => {
      const { peer, words, differ = false } = parseRequest(requests.verifyHeard, params);
      if ((words === undefined) !== differ) throw new TocsinError("INPUT_INVALID", "the words, or that they differ");
      const member = findOrg(rooms, peer);
      await hearWords(rooms, member, words === undefined ? { differ: true } : { typed: words });
      return verified(rooms, member.certificate);
    },
    "verify.show": async (params) => {
      const { certificate } = findOrg(rooms, parseRequest(requests.peer, params).peer);
      return {
        schema: "tocsin.fingerprints/1",
        peer: presentFingerprint(rooms, certificate),
        you: presentFingerprint(rooms, rooms.me.certificate),
      };
    },
    "verify.fingerprint": async (params) => {
      const { peer, fingerprint: typed } = parseRequest(requests.verifyFingerprint, params);
      const member = findOrg(rooms, peer);
      await compareFingerprint(rooms, member, typed);
      return verified(rooms, member.certificate);
    },
  };
}

function verified(rooms: Rooms, certificate: MemberCertificate): VerifyDocument {
  return {
    schema: "tocsin.verify/1",
    peer: certificate.org,
    orgKey: toHex(certificate.orgKey),
    state: "verified",
    say: [],
    from: null,
    hearFrom: null,
    expires: null,
    trust: trustOf(rooms, certificate),
  };
}

function presentFingerprint(rooms: Rooms, certificate: MemberCertificate): FingerprintDocument {
  const { words, digits } = fingerprint(certificate.orgKey);
  const { org, orgKey } = certificate;
  return { org, orgKey: toHex(orgKey), words: words.join(" "), digits, trust: trustOf(rooms, certificate) };
}

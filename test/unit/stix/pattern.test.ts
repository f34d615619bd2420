// STIX patterns: every value that a pattern compares with is found, and nothing in a pattern fails an import.

import { describe, expect, it } from "vitest";
import { parseIndicator } from "../../../src/record/indicator.ts";
import { indicatorsOfPattern, printPattern } from "../../../src/stix/pattern.ts";

const SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const found = (pattern: string): string[] =>
  indicatorsOfPattern(pattern).indicators.map(({ type, value }) => `${type}:${value}`);

describe("a single comparison", () => {
  it.each([
    ["[ipv4-addr:value = '203.0.113.9']", "ip:203.0.113.9"],
    ["[ipv4-addr:value = '203.0.113.0/24']", "cidr:203.0.113.0/24"],
    ["[ipv4-addr:value ISSUBSET '203.0.113.0/24']", "cidr:203.0.113.0/24"],
    ["[ipv6-addr:value = '2001:DB8::1']", "ip:2001:db8::1"],
    ["[domain-name:value='weather4free.com']", "domain:weather4free.com"],
    ["[url:value = 'http://x.example/it\\'s\\\\']", "url:http://x.example/it's\\"],
    ["[email-addr:value = 'a@b.example']", "email:a@b.example"],
    ["[email-message:from_ref.value = 'a@b.example']", "email:a@b.example"],
    ["[email-message:to_refs[*].value = 'a@b.example']", "email:a@b.example"],
    [`[file:hashes.'SHA-256' = '${SHA256}']`, `sha256:${SHA256}`],
    [`[file:hashes.SHA256 = '${SHA256}']`, `sha256:${SHA256}`],
    [`[ file : hashes . 'sha-256' == '${SHA256}' ] // a comment`, `sha256:${SHA256}`],
    [`[file:hashes.MD5 = '${SHA256.slice(0, 32)}']`, `md5:${SHA256.slice(0, 32)}`],
    ["[file:name = 'roleaccountd.plist']", "filename:roleaccountd.plist"],
    ["[mutex:name = '__CLEANSWEEP__']", "mutex:__CLEANSWEEP__"],
    ["[windows-registry-key:key = 'HKCU\\\\\\\\Software\\\\Run']", "registry:HKEY_CURRENT_USER\\Software\\Run"],
    ["[autonomous-system:number = 64500]", "asn:AS64500"],
    [`[x509-certificate:hashes.'SHA-1' = '${SHA256.slice(0, 40)}']`, `certificate:${SHA256.slice(0, 40)}`],
    ["[process:name='fservernetd']", "process:fservernetd"],
    ["[user-account:account_login = 'svc']", "account:svc"],
    ["[app:id='com.example.spy']", "other:com.example.spy"],
    [
      "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '203.0.113.9']",
      "ip:203.0.113.9",
    ],
    ["[network-traffic:dst_ref.value = 'evil.example']", "domain:evil.example"],
  ])("%s", (pattern, expected) => {
    expect(indicatorsOfPattern(pattern)).toMatchObject({ compound: false, unsupported: [] });
    expect(found(pattern)).toEqual([expected]);
  });
});

describe("alternatives", () => {
  it("are each an indicator, told once", () => {
    const pattern =
      "[ipv4-addr:value IN ('203.0.113.9', '203.0.113.8')] OR [domain-name:value = 'a.example' OR domain-name:value = 'A.example']";
    expect(found(pattern)).toEqual(["ip:203.0.113.9", "ip:203.0.113.8", "domain:a.example"]);
    expect(indicatorsOfPattern(pattern).compound).toBe(false);
  });
});

describe("a pattern that asks for more than one thing is compound, and its values are found all the same", () => {
  it.each([
    ["[file:name = 'a' AND file:size = 7]", ["filename:a"]],
    ["[file:name = 'a'] FOLLOWEDBY [mutex:name = 'b']", ["filename:a", "mutex:b"]],
    ["([file:name = 'a']) WITHIN 5 SECONDS", ["filename:a"]],
    ["[file:name = 'a'] REPEATS 3 TIMES", ["filename:a"]],
    ["[file:name = 'a'] START t'2024-01-01T00:00:00Z' STOP t'2024-02-01T00:00:00Z'", ["filename:a"]],
    ["[file:name != 'a']", []],
    ["[file:name NOT = 'a']", []],
    [
      "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '203.0.113.9' AND network-traffic:dst_port = 443]",
      ["ip:203.0.113.9"],
    ],
  ])("%s", (pattern, expected) => {
    expect(indicatorsOfPattern(pattern).compound).toBe(true);
    expect(found(pattern)).toEqual(expected);
  });
});

describe("what cannot be read is named, never thrown", () => {
  it.each([
    ["[foo:bar.baz[0] = 'x']", ["foo:bar.baz"]],
    ["[file:name MATCHES '^x']", ["file:name MATCHES"]],
    ["[file:name LIKE 'x%' OR EXISTS file:size]", ["file:name LIKE", "file:size EXISTS"]],
    ["[file:name = true", ["malformed at character 18"]],
    ["[file:name = 'a' ]]", ["malformed at character 19"]],
    ["[file:name = 'a", ["malformed at character 14"]],
    ["[file name]", ["malformed at character 7"]],
    ["[file:name]", ["malformed at character 11"]],
    ["[file:hashes. = 'x']", ["malformed at character 15"]],
    ["", ["malformed at character 1"]],
    ["rule x { condition: true }", ["malformed at character 6"]],
  ])("%s", (pattern, unsupported) => {
    expect(indicatorsOfPattern(pattern).unsupported).toEqual(unsupported);
  });

  it("and neither is a pattern that no record could hold", () => {
    expect(indicatorsOfPattern("x".repeat(70_000)).unsupported).toEqual(["a pattern of 70000 characters"]);
  });

  it("and a value of the wrong form is kept under no particular type", () => {
    expect(indicatorsOfPattern("[domain-name:value = '*.evil.example']")).toEqual({
      indicators: [{ type: "other", value: "*.evil.example" }],
      compound: false,
      unsupported: ["domain-name:value"],
    });
  });
});

describe("the pattern of an indicator", () => {
  it.each([
    ["203.0.113.9", "[ipv4-addr:value = '203.0.113.9']"],
    ["2001:db8::/32", "[ipv6-addr:value = '2001:db8::/32']"],
    [SHA256, `[file:hashes.'SHA-256' = '${SHA256}']`],
    [SHA256.slice(0, 32), `[file:hashes.MD5 = '${SHA256.slice(0, 32)}']`],
    [`x509:${SHA256.slice(0, 40)}`, `[x509-certificate:hashes.'SHA-1' = '${SHA256.slice(0, 40)}']`],
    ["AS64500", "[autonomous-system:number = 64500]"],
    ["HKLM\\it's", "[windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\\\it\\'s']"],
  ])("of %s", (text, pattern) => {
    expect(printPattern(parseIndicator(text))).toBe(pattern);
  });
});

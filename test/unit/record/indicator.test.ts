// Indicators as analysts, feeds and scripts write them: one normal form each, or a clear refusal.

import { describe, expect, it } from "vitest";
import { TocsinError } from "../../../src/base/errors.ts";
import { defang, parseIndicator, parseTechnique } from "../../../src/record/indicator.ts";

const MD5 = "d41d8cd98f00b204e9800998ecf8427e";
const SHA1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
const SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const SHA512 = SHA256 + SHA256;

const read = (text: string, type?: string): string => {
  const indicator = parseIndicator(text, type);
  return `${indicator.type}:${indicator.value}`;
};

function refusal(act: () => unknown): TocsinError {
  try {
    act();
  } catch (cause) {
    if (cause instanceof TocsinError) return cause;
    throw cause;
  }
  throw new Error("nothing was refused");
}

describe("an analyst pastes a bare value", () => {
  it.each([
    ["203.0.113.24", "ip:203.0.113.24"],
    ["203.0.113[.]24", "ip:203.0.113.24"],
    ["203[.]0[.]113[.]24", "ip:203.0.113.24"],
    ["2001:0DB8:85a3:0000:0000:8A2E:0370:7334", "ip:2001:db8:85a3::8a2e:370:7334"],
    ["2001:db8:0:0:1:0:0:1", "ip:2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "ip:2001:db8:0:1:1:1:1:1"],
    ["2001[:]db8::1", "ip:2001:db8::1"],
    ["::", "ip:::"],
    ["::1", "ip:::1"],
    ["::ffff:c000:0201", "ip:::ffff:192.0.2.1"],
    ["::FFFF:192.0.2.1", "ip:::ffff:192.0.2.1"],
    ["203.0.113.77/24", "cidr:203.0.113.0/24"],
    ["203.0.113.77/32", "ip:203.0.113.77"],
    ["0.0.0.0/0", "cidr:0.0.0.0/0"],
    ["2001:db8:ffff::/33", "cidr:2001:db8:8000::/33"],
    ["2001:db8::1/128", "ip:2001:db8::1"],
    ["Weather4Free.COM.", "domain:weather4free.com"],
    ["_dmarc.example.org", "domain:_dmarc.example.org"],
    ["bad[.]example{.}org", "domain:bad.example.org"],
    ["bad (dot) example [DOT] org", "domain:bad.example.org"],
    ["München.example", "domain:xn--mnchen-3ya.example"],
    ["例え。テスト", "domain:xn--r8jz45g.xn--zckzah"],
    ["hxxps://Evil[.]COM/A%2fB?Q=Mixed#Frag", "url:https://evil.com/A%2fB?Q=Mixed#Frag"],
    ["hXXp[:]//evil[.]com[/]x", "url:http://evil.com/x"],
    ["h**p[://]203.0.113[.]9:8080", "url:http://203.0.113.9:8080"],
    ["fxp://files.example/x", "url:ftp://files.example/x"],
    ["http://[2001:DB8::1]:80/x", "url:http://[2001:db8::1]:80/x"],
    ["https://evil.com/a(dot)b", "url:https://evil.com/a(dot)b"],
    ["nf321ap.linkgetapp.nl/x5/", "url:nf321ap.linkgetapp.nl/x5/"],
    ["203.0.113.9:8080", "url:203.0.113.9:8080"],
    ["J.Doe[@]Example[.]ORG", "email:J.Doe@example.org"],
    ["phisher(at)example(dot)org", "email:phisher@example.org"],
    [MD5.toUpperCase(), `md5:${MD5}`],
    [SHA1, `sha1:${SHA1}`],
    [SHA256.toUpperCase(), `sha256:${SHA256}`],
    [SHA512, `sha512:${SHA512}`],
    ["cve-2024-3094", "cve:CVE-2024-3094"],
    ["AS64500", "asn:AS64500"],
    ["asn 064500", "asn:AS64500"],
    ["invoice.pdf.exe", "filename:invoice.pdf.exe"],
    ["C:\\Windows\\Temp\\x.tmp", "filename:C:\\Windows\\Temp\\x.tmp"],
    ["HKLM:\\Software\\Run", "registry:HKEY_LOCAL_MACHINE\\Software\\Run"],
    ["hkcu\\\\Software", "registry:HKEY_CURRENT_USER\\Software"],
  ])("%s", (text, expected) => {
    expect(read(text)).toBe(expected);
  });
});

describe("a feed names the type in its own words", () => {
  it.each([
    ["ip:203.0.113.24", "ip:203.0.113.24"],
    ["IP-DST: 203.0.113.24 ", "ip:203.0.113.24"],
    ["ipv6:2001:db8::1", "ip:2001:db8::1"],
    ["ip:203.0.113.0/24", "cidr:203.0.113.0/24"],
    ["hostname:evil.example", "domain:evil.example"],
    ["uri:http://evil.example", "url:http://evil.example"],
    ["url:evil.example", "url:evil.example"],
    ["emailsender:a@b.example", "email:a@b.example"],
    [`hash:${SHA1}`, `sha1:${SHA1}`],
    [`SHA-256:${SHA256}`, `sha256:${SHA256}`],
    ["as:15169", "asn:AS15169"],
    ["vulnerability:cve-2021-44228", "cve:CVE-2021-44228"],
    ["file:svchost.exe", "filename:svchost.exe"],
    ["mutex:Global\\__CLEANSWEEP__", "mutex:Global\\__CLEANSWEEP__"],
    ["regkey:HKU\\.DEFAULT", "registry:HKEY_USERS\\.DEFAULT"],
    ["process:fservernetd", "process:fservernetd"],
    ["account:svc-backup", "account:svc-backup"],
    [`x509:${SHA1.replaceAll(/..(?=.)/g, "$&:")}`, `certificate:${SHA1}`],
    ["other:com.example.spy", "other:com.example.spy"],
    ["other:ip:1.2.3.4", "other:ip:1.2.3.4"],
    ["file://host.example/x", "url:file://host.example/x"],
    ["filename://host/x", "filename://host/x"],
  ])("%s", (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it("takes the type from a column beside the value", () => {
    expect(read("evil[.]example", "hostname")).toBe("domain:evil.example");
    expect(read("2001:db8::1", "ipv6_addr")).toBe("ip:2001:db8::1");
    expect(refusal(() => read("x", "colour")).message).toBe('"colour" is no type of indicator');
  });
});

describe("what is no indicator is refused with its reason", () => {
  it.each([
    ["", "an indicator is empty"],
    ["ip:", 'no value after "ip"'],
    ["foo:bar", 'cannot tell what "foo:bar" is'],
    ["two words", 'cannot tell what "two words" is'],
    ["010.1.1.1", '"010.1.1.1" is no IP address'],
    ["256.1.1.1", '"256.1.1.1" is no IP address'],
    ["ip:1.2.3", '"1.2.3" is no IP address'],
    ["ip:1:2:3:4:5:6:7:8:9", '"1:2:3:4:5:6:7:8:9" is no IP address'],
    ["ip:1::2::3", '"1::2::3" is no IP address'],
    ["ip:1:2:3:4:5:6:7::8", '"1:2:3:4:5:6:7::8" is no IP address'],
    ["ip:fe80::1%eth0", '"fe80::1%eth0" is no IP address'],
    ["1.2.3.4/33", '"1.2.3.4/33" is no network in the form address/prefix'],
    ["domain:com", '"com" is no domain name'],
    ["domain:evil.example/path", '"evil.example/path" is no domain name'],
    ["domain:-a.example", '"-a.example" is no domain name'],
    ["domain:1.2.3.4", '"1.2.3.4" is no domain name'],
    ["domain:１.２.３.４", '"１.２.３.４" is no domain name'],
    ["url:http://evil.example:99999/", '"http://evil.example:99999/" is no URL'],
    ["email:a@b@c.example", '"a@b@c.example" is no mail address'],
    [`md5:${SHA1}`, `"${SHA1}" is no MD5 hash of 32 hexadecimal digits`],
    ["abcdef", 'cannot tell what "abcdef" is'],
    ["asn:4294967296", '"4294967296" is no autonomous system number'],
    ["cve:CVE-24-1", '"CVE-24-1" is no CVE number'],
    ["x509:AB:CD", '"AB:CD" is no certificate fingerprint'],
  ])("%s", (text, message) => {
    const refused = refusal(() => parseIndicator(text));
    expect(refused.code).toBe("INDICATOR_INVALID");
    expect(refused.message).toBe(message);
  });

  it("shows at most 64 characters of it, none of them able to move a cursor", () => {
    const refused = refusal(() => parseIndicator(`ip:${"9".repeat(500)}`));
    expect(/"(.*)"/.exec(refused.message)?.[1]).toHaveLength(64);
    expect(refusal(() => parseIndicator("evil\u001b[2J.example")).message).toBe(
      '"evil?[2J.example" holds control characters or line breaks',
    );
    expect(refusal(() => parseIndicator("evil\u202e.x y")).message).not.toContain("\u202e");
    expect(refusal(() => parseIndicator(`x${"y".repeat(2048)}`)).message).toContain("longer than 2048 characters");
  });
});

describe("a technique", () => {
  it("is an ATT&CK id in upper case", () => {
    expect(parseTechnique(" t1110.003 ")).toBe("T1110.003");
    expect(parseTechnique("T1566")).toBe("T1566");
    expect(refusal(() => parseTechnique("T15")).code).toBe("INDICATOR_INVALID");
    expect(["TA0001", "G0007", "S0154", "M1036", "C0021"].map(parseTechnique)).toEqual([
      "TA0001",
      "G0007",
      "S0154",
      "M1036",
      "C0021",
    ]);
    expect(refusal(() => parseTechnique("G007")).message).toMatch(/^"G007" is no ATT&CK/);
    expect(refusal(() => parseTechnique("X0007")).code).toBe("INDICATOR_INVALID");
  });
});

describe("defanging", () => {
  it.each([
    ["http://evil.example/a.php", "hxxp://evil[.]example/a.php"],
    ["ssh://evil.example", "ssh[:]//evil[.]example"],
    ["evil.example/x", "evil[.]example/x"],
    ["203.0.113.24", "203[.]0[.]113[.]24"],
    ["2001:db8::1", "2001[:]db8::1"],
    ["a.b@evil.example", "a.b[@]evil[.]example"],
    ["cve-2024-3094", "CVE-2024-3094"],
  ])("makes %s unclickable", (text, cold) => {
    expect(defang(parseIndicator(text))).toBe(cold);
  });
});

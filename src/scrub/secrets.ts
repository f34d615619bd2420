// Secrets: private keys, tokens and keys of services, credentials in URLs. The only file that knows secretlint, whose rules
// are run one by one on the text: its own host keeps a profile of every run, and lets a text switch the rules off by a comment.

import { rules as secretlint } from "@secretlint/secretlint-rule-preset-recommend";
import type { Detector } from "./detector.ts";
import type { Hit } from "./finding.ts";

/** What a rule of secretlint asks of its host, and answers. */
type Source = {
  readonly content: string;
  readonly filePath: undefined;
  readonly ext: "";
  readonly contentType: "text";
};
type Report = { readonly range: readonly [start: number, end: number] };
type Rule = {
  readonly meta: { readonly id: string };
  readonly create: (
    context: { readonly createTranslator: () => () => string; readonly report: (report: Report) => void },
    options: object,
  ) => { readonly file?: (source: Source) => unknown };
};

/** One reads the disk, one is the comment that switches others off, one finds no key that is not whole: see `privateKeys`. */
const LEFT_OUT = /-rule-(?:gcp|filter-comments|privatekey)$/;
const OPTIONS: Readonly<Record<string, object>> = {
  "@secretlint/secretlint-rule-aws": { enableIDScanRule: true },
};
const PREFIX = /^@secretlint\/secretlint-rule-/;

/** Three parts of JSON Web Tokens (RFC 7519), the first two of which are objects. */
const WEB_TOKEN = /(?<![\w.-])eyJ[\w-]{8,4096}\.eyJ[\w-]{8,8192}\.[\w-]{8,2048}/g;
/** User and password before the host of a URL, whatever its scheme. */
const URL_CREDENTIALS = /(?<=[a-z][a-z\d+.-]{1,20}:\/\/)[^\s/?#@:"'<>]{0,256}:[^\s/?#@"'<>]{1,256}(?=@)/gi;
/** What a URL is often given to open something; it may be the attacker's own. */
const URL_SECRET =
  /(?<=[?&;](?:password|passwd|pwd|token|access_token|refresh_token|id_token|api_key|apikey|client_secret|secret|session|sessionid)=)[^&#\s"'<>]{4,512}/gi;

/** The rules of secretlint, and what they leave out. */
export function secretsDetector(): Detector {
  const found: Hit[] = [];
  const scans = (secretlint as unknown as readonly Rule[])
    .filter(({ meta }) => !LEFT_OUT.test(meta.id))
    .map(({ meta, create }) => {
      const detector = meta.id.replace(PREFIX, "");
      const report = ({ range: [start, end] }: Report): void => void found.push(secret({ start, end }, detector));
      return create({ createTranslator: () => () => "", report }, OPTIONS[meta.id] ?? {});
    });
  return ({ text }) => {
    found.length = 0;
    const source = { content: text, filePath: undefined, ext: "", contentType: "text" } as const;
    for (const { file } of scans) file?.(source);
    return [
      ...found,
      ...privateKeys(text),
      ...[...text.matchAll(WEB_TOKEN)].map((match) => secret(spanOf(match), "jwt")),
      ...[...text.matchAll(URL_CREDENTIALS)].map((match) => secret(spanOf(match), "url-credentials")),
      ...[...text.matchAll(URL_SECRET)].map(
        (match) => ({ ...spanOf(match), class: "secret", detector: "url-secret", severity: "warn" }) as const,
      ),
    ];
  };
}

const BEGIN = /-----BEGIN (?:[A-Z\d]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g;

/** From the first line to the last, or to the end of the text where it was cut off: half a key is half a secret. */
function privateKeys(text: string): readonly Hit[] {
  const found: Hit[] = [];
  let from = 0;
  for (const { index, 0: begin } of text.matchAll(BEGIN)) {
    if (index < from) continue;
    const last = text.indexOf("-----END", index + begin.length);
    const end = last === -1 ? text.length : endOfLine(text, last + "-----END".length);
    found.push(secret({ start: index, end }, "private-key"));
    from = end;
  }
  return found;
}

function endOfLine(text: string, from: number): number {
  const dashes = text.indexOf("-----", from);
  return dashes === -1 ? text.length : dashes + 5;
}

function spanOf(match: RegExpExecArray): { readonly start: number; readonly end: number } {
  return { start: match.index, end: match.index + match[0].length };
}

function secret(span: { readonly start: number; readonly end: number }, detector: string): Hit {
  return { ...span, class: "secret", detector, severity: "hold", noun: "secret" };
}

// Data of persons: mail addresses, telephone numbers, numbers with check digits, and the user in the path of a home folder.

import { checkedNumbersIn } from "./check-digits.ts";
import type { Hit } from "./finding.ts";
import type { Detector, Subject } from "./detector.ts";
import { phonesIn } from "./phone.ts";

/** Whose folder it is: up to the next separator, where there is one, or to the end of the word. */
const USER_FOLDER =
  /(?<=[a-z]:[\\/]{1,2}(?:users|documents and settings)[\\/]{1,2}|(?<![\p{L}\p{N}._-])\/(?:home|users)\/)(?:[^\\/\r\n"'<>|:*?]{1,64}(?=[\\/])|[^\\/\s"'<>|:*?]{1,64})/giu;
/** Folders and accounts that every machine has, and placeholders. */
const NOBODY =
  /^(?:public|default|default user|all users|defaultapppool|administrator|admin|root|user|users|username|shared|guest|%.*%|\$.*|\[.*\]|\{.*\}|\.+|x+)$/iu;

/** `country`: whose numbers are dialled without their country. */
export function personalData(country: string | undefined): Detector {
  return (subject) => [
    ...mailAddresses(subject),
    ...phonesIn(subject.text, country),
    ...checkedNumbersIn(subject.text),
    ...userFolders(subject.text),
  ];
}

/**
 * An address that the record names as an indicator is what it is about, and a seat may call itself by one; any other is of
 * somebody who was written to.
 */
function mailAddresses({ observables, named, type, isSeat }: Subject): readonly Hit[] {
  return observables
    .filter(({ kind }) => kind === "email")
    .map(({ start, end, value }): Hit => {
      const found = { start, end, class: "personal-data", detector: "email" } as const;
      return type === "email" || isSeat || named.has(value)
        ? { ...found, severity: "warn" }
        : { ...found, severity: "hold", noun: "e-mail address" };
    });
}

function userFolders(text: string): readonly Hit[] {
  if (!/[\\/]/.test(text)) return [];
  return [...text.matchAll(USER_FOLDER)].flatMap((match) =>
    NOBODY.test(match[0].trim())
      ? []
      : [
          {
            start: match.index,
            end: match.index + match[0].length,
            class: "personal-data",
            detector: "user-folder",
            severity: "hold",
            noun: "user name",
          },
        ],
  );
}

// Where the daemon cannot be reached: seals what is to be posted to the key of this home, for the daemon to post when it
// runs again. Needs no secret. Loaded only then, because it brings the cryptography along.

import type { ImportLineDocument, ResultDocument } from "../src/api/documents.ts";
import type { Methods } from "../src/api/methods.ts";
import { checkImport, checkPost, datedDraft, inForm, spooledText } from "../src/api/spooled.ts";
import { systemClock, toRfc3339 } from "../src/base/clock.ts";
import { errorRow, type TocsinError } from "../src/base/errors.ts";
import { systemRandom } from "../src/base/random.ts";
import { putItem, type SpoolPlace } from "../src/spool/folder.ts";

/** Who spools, and where. */
type Spooler = { readonly home: SpoolPlace; readonly token: () => string | undefined };

/** Spools a sighting under its key. Throws `why` where this home has no spool yet, what its form refuses, QUEUE_FULL, DISK_FULL. */
export async function spoolPost(
  { home: place, token }: Spooler,
  params: Methods["post"]["params"] & { readonly key: string },
  why: TocsinError,
): Promise<ResultDocument> {
  const at = systemClock.now();
  const { wait: _wait, ...asked } = params;
  const saidAt = toRfc3339(at);
  const post = { ...asked, saidAt, draft: datedDraft(asked.draft, saidAt) };
  await checkPost(post);
  await put(place, spooledText({ at, method: "post", params: post, ...shownBy(token) }), { at, why });
  return {
    schema: "tocsin.result/1",
    id: "",
    kind: post.draft.kind,
    circle: post.circle ?? "",
    state: "spooled",
    tlp: post.draft.tlp ?? null,
    audience: [],
    withheld: [],
    delivered: { held: [], of: 0 },
    acked: [],
    exercise: post.draft.exercise ?? false,
    spooled: { code: errorRow(why.code).family, message: why.message, key: params.key },
  };
}

/** Spools the records of a batch that are in form, in one file, and answers for each. Throws as `spoolPost` does. */
export async function spoolImport(
  { home: place, token }: Spooler,
  params: Methods["import"]["params"],
  why: TocsinError,
): Promise<readonly ImportLineDocument[]> {
  const at = systemClock.now();
  const results = await checkImport(params);
  const records = inForm(params.records, results);
  if (records.length > 0)
    await put(
      place,
      spooledText({ at, method: "import", params: { ...params, saidAt: toRfc3339(at), records }, ...shownBy(token) }),
      {
        at,
        why,
      },
    );
  return results;
}

/** Sealed with the post: by it the daemon knows later who said it. */
function shownBy(token: Spooler["token"]): { token?: string } {
  const text = token();
  return text === undefined ? {} : { token: text };
}

async function put(
  place: SpoolPlace,
  text: string,
  item: { readonly at: number; readonly why: TocsinError },
): Promise<void> {
  muteExperiments();
  if (!(await putItem(place, { text, at: item.at }, systemRandom))) throw item.why;
}

/** The runtime calls its cryptography experimental; that is known. */
function muteExperiments(): void {
  process.removeAllListeners("warning");
  process.on("warning", ({ name, message }) => {
    if (name !== "ExperimentalWarning") process.stderr.write(`tocsin: ${name}: ${message}\n`);
  });
}

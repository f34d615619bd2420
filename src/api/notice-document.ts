// The documents of `tocsin notify`. Types only.

import type { Count, Notice, NotifySettings } from "../notify/notify.ts";

/** How people here are told that something came; `org` is ours. Rules about circles that the caller may not see are left out. */
export type NotifyRulesDocument = { schema: "tocsin.notifyRules/1"; org: string } & NotifySettings;

/** That something came. Without its words, unless `words` is set: then `title` is that of what is GREEN or CLEAR. */
export type NoticeDocument = {
  schema: "tocsin.notice/1";
  at: string;
  why: Notice["why"];
  counts: Count[];
  title: string | null;
};

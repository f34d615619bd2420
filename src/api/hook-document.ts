// What a program of this org reads on its standard input. Types only.

import type { ItemDocument } from "./documents.ts";

/** `on`: why it runs. The same item may come again after a crash: `item.id` tells. */
export type HookDocument = { schema: "tocsin.hook/1"; on: "alert" | "match"; item: ItemDocument };

// The in-memory store that other tests stand on keeps the same promises as the real one.

import { describeStore } from "../../help/store-contract.ts";
import { memoryStore } from "../../help/memory-store.ts";

describeStore("the store in memory", async () => memoryStore());

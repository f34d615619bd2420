// Ids of observables against the published examples: two members export the same address under the same id.

import { describe, expect, it } from "vitest";
import { observableId } from "../../../src/stix/ids.ts";

describe("the id of an observable", () => {
  it.each([
    ["ipv4-addr", { value: "198.51.100.3" }, "28bb3599-77cd-5a82-a950-b5bc3caf07c4"],
    ["domain-name", { value: "example.com" }, "bedb4899-d24b-5401-bc86-8f6b4cc18ec7"],
    ["ipv6-addr", { value: "2001:0db8:85a3:0000:0000:8a2e:0370:7334" }, "85a85a8c-ee99-5722-946d-3c3a3270fc6f"],
    ["autonomous-system", { number: 15139, name: "ignored" }, "3aa27478-50b5-5ab8-9da9-cdc12b657fff"],
    ["directory", { path: "C:\\Windows\\System32" }, "0a58d0c1-59e6-5afd-8252-dcd3f13e5622"],
    ["mac-addr", { value: "d2:fb:49:24:37:18" }, "757b1725-9903-54f5-a855-1240691d7659"],
    ["mutex", { name: "__CLEANSWEEP__" }, "f93fe911-e545-5239-b9b0-597840d0c871"],
  ])("of a published %s", (type, fields, uuid) => {
    expect(observableId(type, fields)).toBe(`${type}--${uuid}`);
  });

  it("of a file depends on its first hash only, in no order of keys", () => {
    const name = "a.exe";
    const id = observableId("file", { name, hashes: { MD5: "00" } });
    expect(observableId("file", { hashes: { "SHA-256": "11", MD5: "00" }, name, size: 7 })).toBe(id);
    expect(observableId("file", { hashes: { "SHA-256": "11" }, name })).not.toBe(id);
  });

  it("is left to chance where nothing contributes", () => {
    expect(observableId("process", { pid: 7 })).toBeUndefined();
    expect(observableId("file", { size: 7 })).toBeUndefined();
    expect(observableId("x-unknown", { value: "x" })).toBeUndefined();
  });
});

// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Remembered } from "../../static/tutor/js/net/remembered.js";

function shelf() {
  const items = new Map();
  return { items, getItem: (name) => items.get(name) ?? null, setItem: (name, value) => items.set(name, value) };
}

test("a choice is there again after a reload", () => {
  const storage = shelf();
  new Remembered(() => storage).set("microphone", "headset");

  assert.deepEqual([new Remembered(() => storage).get("microphone"), [...storage.items]], ["headset", [["viva.microphone", "headset"]]]);
});

test("what was never chosen is empty", () => {
  assert.equal(new Remembered(shelf).get("speaker"), "");
});

test("where storage is forbidden a choice lasts as long as the page", () => {
  const remembered = new Remembered(() => {
    throw new Error("The operation is insecure.");
  });

  const before = remembered.get("microphone");
  remembered.set("microphone", "headset");

  assert.deepEqual([before, remembered.get("microphone")], ["", "headset"]);
});

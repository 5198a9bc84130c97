// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { goal, meaning } from "../../static/tutor/js/ui/reading_keys.js";

/** @param {string} key @param {object} more */
const press = (key, more = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, ...more });

test("keys and arrows go on and back, to what stands out, and to help", () => {
  const keys = ["j", "ArrowDown", "k", "ArrowUp", "n", "?"];

  assert.deepEqual(
    keys.map((key) => meaning(press(key), false)),
    ["next", "next", "previous", "previous", "flagged", "help"],
  );
});

test("other keys, keys with another one held, and letters that are written mean nothing", () => {
  assert.equal(meaning(press("x"), false), "");
  assert.equal(meaning(press("toString"), false), "");
  for (const more of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }]) {
    assert.equal(meaning(press("n", more), false), "");
  }
  assert.equal(meaning(press("j"), true), "");
});

test("at either end there is nowhere to go", () => {
  assert.deepEqual([goal("previous", 0, [false, false]), goal("next", 1, [false, false])], [-1, -1]);
  assert.equal(goal("next", -0.5, []), -1);
});

test("between two places the next one is next, and the one before is before", () => {
  assert.deepEqual([goal("next", 0.5, [false, false]), goal("previous", 0.5, [false, false])], [1, 0]);
  assert.equal(goal("next", -0.5, [false]), 0);
});

test("what stands out is looked for ahead", () => {
  const flags = [true, false, true, false];

  assert.deepEqual([goal("flagged", -0.5, flags), goal("flagged", 0, flags), goal("flagged", 2, flags)], [0, 2, -1]);
});

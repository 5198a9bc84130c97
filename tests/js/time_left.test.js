// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { timeLeft } from "../../static/tutor/js/ui/time_left.js";

const MINUTE = 60_000;

for (const [spent, words] of /** @type {Array<[number, string]>} */ ([
  [0, "about 10 minutes"],
  [1_000, "about 10 minutes left"],
  [4.5 * MINUTE, "about 6 minutes left"],
  [9.5 * MINUTE, "about 1 minute left"],
  [10 * MINUTE, "a little over time: finish in your own time"],
  [45 * MINUTE, "a little over time: finish in your own time"],
])) {
  test(`after ${spent / MINUTE} minutes: ${words}`, () => {
    assert.equal(timeLeft({ minutes: 10, spent }), words);
  });
}

test("before the lesson is known nothing is said", () => {
  assert.equal(timeLeft({ minutes: 0, spent: 0 }), "");
});

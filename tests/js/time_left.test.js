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

for (const [spent, words] of /** @type {Array<[number, string]>} */ ([
  [54 * MINUTE, "a little over time: finish in your own time"],
  [55 * MINUTE, "time is nearly up: the lesson ends in 5 minutes"],
  [58.5 * MINUTE, "time is nearly up: the lesson ends in 2 minutes"],
  [59.5 * MINUTE, "time is nearly up: the lesson ends in 1 minute"],
  [60.2 * MINUTE, "time is nearly up: the lesson ends in 1 minute"],
])) {
  test(`after ${spent / MINUTE} of at most 60 minutes: ${words}`, () => {
    assert.equal(timeLeft({ minutes: 10, limit: 60, spent }), words);
  });
}

for (const [ms, period, words] of /** @type {Array<[number, "day"|"month", string]>} */ ([
  [6 * MINUTE, "day", "about 8 minutes left"],
  [5 * MINUTE, "day", "about 5 minutes left with the tutor today"],
  [2.5 * MINUTE, "month", "about 3 minutes left with the tutor this month"],
  [1_000, "day", "about 1 minute left with the tutor today"],
  // Then the room says so in a sentence of its own.
  [0, "day", "about 8 minutes left"],
])) {
  test(`with ${ms / MINUTE} minutes left of a ${period}: ${words}`, () => {
    assert.equal(timeLeft({ minutes: 10, limit: 60, spent: 2 * MINUTE, left: { ms, in: period } }), words);
  });
}

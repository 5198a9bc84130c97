// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { missing } from "../../static/tutor/js/lesson/needs.js";

const NEEDS = { turns: 2, quotes: 1 };
const said = (text, change = {}) => ({ speaker: "learner", status: "complete", text, visit: 1, ...change });

test("all is missing before the learner has said anything in this visit", () => {
  const captions = [said("Hello.", { speaker: "tutor" }), said("Tea.", { visit: 2 }), said("Half a", { status: "partial" })];

  assert.deepEqual(missing(NEEDS, captions, 1), NEEDS);
});

test("each answer counts, and nothing is missing more than once", () => {
  const after = [1, 2, 3].map((count) => missing(NEEDS, Array(count).fill(said("Tea.")), 1));

  assert.deepEqual(after, [{ turns: 1, quotes: 0 }, { turns: 0, quotes: 0 }, { turns: 0, quotes: 0 }]);
});

test("what was not transcribed is an answer, but nothing to quote; a cough is neither", () => {
  const captions = [said("", { status: "untranscribed" }), said("")];

  assert.deepEqual(missing(NEEDS, captions, 1), { turns: 1, quotes: 1 });
});

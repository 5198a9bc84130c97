// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { endingWords } from "../../static/tutor/js/ui/ending.js";

const KEPT = "All that was said is kept, and your card keeps what you did so far.";

for (const { what, end, words } of /** @type {Array<{what: string, end: import("../../static/tutor/js/ui/ending.js").End, words: string[]}>} */ ([
  { what: "by the learner", end: { outcome: "left", endedBy: "", endedWhy: "" }, words: ["The lesson has ended.", "", "Your card keeps what you did so far. You can take the lesson again at any time."] },
  { what: "by somebody", end: { outcome: "stopped", endedBy: "", endedWhy: "" }, words: ["Your teacher has ended this lesson.", "", KEPT] },
  { what: "by staff, who said why", end: { outcome: "stopped", endedBy: "Tess", endedWhy: "The hour is over." }, words: ["Tess has ended this lesson.", "Why: The hour is over.", KEPT] },
])) {
  test(`a lesson that was ended ${what}`, () => {
    const { title, why, text } = endingWords(end);
    assert.deepEqual([title, why, text], words);
  });
}

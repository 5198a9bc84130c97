// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { deskWords } from "../../static/tutor/js/ui/desk_note.js";

const PAUSED = "Tess has paused the lesson. Your microphone is off. It goes on when they say so; all that was said is kept.";

for (const { what, status, pause = null, moving = "", moved = "", why = "", words } of [
  { what: "nothing", status: "listening", words: "" },
  { what: "a move that waits", status: "hearing", moving: "Tess", words: "Tess is moving the lesson on to another stage." },
  { what: "a second move that waits", status: "hearing", moving: "Rita", moved: "Tess", words: "Rita is moving the lesson on to another stage." },
  { what: "a move that has arrived", status: "listening", moved: "Tess", words: "Tess has moved the lesson to this stage." },
  { what: "a move that has arrived, and why", status: "listening", moved: "Tess", why: "You know that.", words: "Tess has moved the lesson to this stage. Why: You know that." },
  { what: "a move in a lesson that is over", status: "ended", moving: "Tess", moved: "Tess", words: "" },
  { what: "a pause", status: "paused", pause: { by: "Tess", why: "" }, moved: "Rita", words: PAUSED },
  { what: "a pause and why", status: "paused", pause: { by: "Tess", why: "Fire drill." }, words: `${PAUSED} Why: Fire drill.` },
]) {
  test(`what the room says of ${what}`, () => {
    assert.equal(deskWords(status, pause, moving, moved, why), words);
  });
}

// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { wayIn } from "../../static/tutor/js/ui/controls.js";

test("the button that makes the call says how the learner will take part", () => {
  assert.deepEqual([wayIn("ready", false, true), wayIn("ready", false, false)], ["Start talking", "Start typing"]);
  assert.deepEqual([wayIn("failed", true, false), wayIn("elsewhere", true, false)], ["Continue", "Go on here"]);
});

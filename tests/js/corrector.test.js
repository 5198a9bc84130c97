// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { faultOf } from "../../static/tutor/js/ui/corrector.js";

test("a correction of no words, or of too many, is told what is wrong", () => {
  assert.equal(faultOf("Tea."), "");
  assert.equal(faultOf("x".repeat(2_000)), "");
  assert.equal(faultOf(""), "Please write down what you said.");
  assert.equal(faultOf("x".repeat(2_001)), "This is too long: 2001 characters, and 2000 can be kept. Please shorten it.");
});

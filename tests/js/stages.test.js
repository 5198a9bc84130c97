// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { needsWords } from "../../static/tutor/js/ui/stages.js";

const ENOUGH = "You have said enough for this stage. The tutor decides when you go on.";

test("a stage that asks for nothing says nothing", () => {
  assert.equal(needsWords({ turns: 0, quotes: 0 }, { turns: 0, quotes: 0 }), "");
});

test("missing answers and quotes are told, each in a sentence", () => {
  assert.equal(
    needsWords({ turns: 3, quotes: 2 }, { turns: 1, quotes: 1 }),
    "Say a little more: at least 1 more answer. The tutor will want to quote 2 of your own sentences.",
  );
});

test("before the first answer nobody is told to say more", () => {
  assert.equal(needsWords({ turns: 2, quotes: 0 }, { turns: 2, quotes: 0 }), "At least 2 answers are asked of you here.");
});

test("what has been given is not asked for again", () => {
  const needs = { turns: 3, quotes: 2 };

  assert.equal(needsWords(needs, { turns: 2, quotes: 0 }), "Say a little more: at least 2 more answers.");
  assert.equal(needsWords(needs, { turns: 0, quotes: 0 }), ENOUGH);
});

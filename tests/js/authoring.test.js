// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { keyOf } from "../../static/tutor/js/admin/fallback.js";
import { lengthInWords } from "../../static/tutor/js/admin/length.js";
import { numbered, placeAfter, placeAt } from "../../static/tutor/js/admin/places.js";

test("places are counted in steps of 10", () => {
  assert.deepEqual(numbered(3), [10, 20, 30]);
  assert.deepEqual(numbered(0), []);
});

test("a row moves as far as there are places", () => {
  assert.equal(placeAfter(1, -1, 3), 0);
  assert.equal(placeAfter(0, -1, 3), 0);
  assert.equal(placeAfter(1, 1, 3), 2);
  assert.equal(placeAfter(2, 1, 3), 2);
});

test("a row belongs behind those whose middle is above the pointer", () => {
  const others = [{ top: 0, height: 100 }, { top: 100, height: 40 }];

  assert.deepEqual([-5, 50, 51, 120, 121, 900].map((y) => placeAt(y, others)), [0, 0, 1, 1, 2, 2]);
});

test("a text's tokens are estimated from the server's estimate of the saved text", () => {
  assert.equal(lengthInWords(1000, { characters: 100, tokens: 20 }), "1,000 characters, about 200 tokens");
});

test("a text that was empty has about four characters to a token", () => {
  assert.equal(lengthInWords(8, { characters: 0, tokens: 0 }), "8 characters, about 2 tokens");
});

test("names of outcomes become the keys that the server makes of them", () => {
  const names = ["Needs practice", " Élan! ", "a_b", "--x--", "点餐", "two  words - more", "I’m done"];

  assert.deepEqual(names.map(keyOf), ["needs-practice", "elan", "a_b", "x", "", "two-words-more", "im-done"]);
});

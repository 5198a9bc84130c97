// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { fitting, marked, wordsOf } from "../../static/tutor/js/realtime/picture.js";

/** A picture that has so many bytes for each pixel of its side at full quality. */
const rendered = (perPixel, tried = []) => (side, quality) => {
  tried.push([side, quality]);
  return "x".repeat(Math.round(side * quality * perPixel));
};

test("a picture that fits is sent at its finest", () => {
  const tried = [];

  assert.equal(fitting(rendered(10, tried), 65_535)?.length, 7_168);
  assert.deepEqual(tried, [[1024, 0.7]]);
});

test("a picture is made coarser until the event around it fits too", () => {
  const tried = [];

  const picture = fitting(rendered(100, tried), 40_000);

  assert.equal(picture?.length, 30_720);
  assert.deepEqual(tried, [[1024, 0.7], [1024, 0.5], [768, 0.6], [768, 0.4]]);
});

test("a picture that never fits is not sent", () => {
  assert.equal(fitting(rendered(1_000), 65_535), null);
});

test("words that go with a picture take their share of the event", () => {
  assert.equal(fitting(rendered(50), 40_000)?.length, 35_840);
  assert.equal(fitting(rendered(50), 40_000, "é".repeat(1_500))?.length, 25_600);
});

test("a picture is never larger than what the journal sends in one request", () => {
  assert.equal(fitting(rendered(300), 262_144)?.length, 153_600);
});

test("what stands for a picture in a text can be told from the learner's words", () => {
  assert.deepEqual(["", " Look! "].map(marked), ["(a picture)", "Look! (a picture)"]);
  assert.deepEqual(["(a picture)", "Look! (a picture)", "Look!"].map(wordsOf), ["", "Look!", "Look!"]);
});

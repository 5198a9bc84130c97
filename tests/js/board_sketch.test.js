// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import * as sketch from "../../static/tutor/js/ui/board_sketch.js";

/** @type {(name: string) => sketch.Stroke} */
const stroke = (ink) => ({ type: "stroke", ink, points: [1, 2, 4, 3, 4, 4] });
/** @type {sketch.Photo} */
const PHOTO = { type: "photo", src: "data:image/jpeg;base64,x", width: 4000, height: 3000 };
/** @type {sketch.Clear} */
const CLEAR = { type: "clear" };
const drawn = (...steps) => steps.reduce(sketch.withStep, sketch.EMPTY);
const inks = (one) => sketch.visible(one).strokes.map(({ ink }) => ink);

test("steps are taken back one by one, and taken again in their order", () => {
  const both = drawn(stroke("red"), stroke("blue"));

  const none = sketch.undo(sketch.undo(both));

  assert.deepEqual(inks(sketch.undo(both)), ["red"]);
  assert.deepEqual(inks(none), []);
  assert.deepEqual(inks(sketch.redo(none)), ["red"]);
  assert.deepEqual(sketch.redo(sketch.redo(none)), both);
  assert.equal(sketch.undo(sketch.EMPTY), sketch.EMPTY);
  assert.equal(sketch.redo(both), both);
});

test("what was taken back is gone when something new is drawn", () => {
  const other = sketch.withStep(sketch.undo(drawn(stroke("red"))), stroke("blue"));

  assert.deepEqual(inks(sketch.redo(other)), ["blue"]);
});

test("a cleared board is blank, and comes back when that is undone", () => {
  const cleared = drawn(PHOTO, stroke("red"), CLEAR);

  assert.deepEqual(sketch.visible(cleared), { photo: null, strokes: [] });
  assert.equal(sketch.isBlank(cleared), true);
  assert.deepEqual(sketch.visible(sketch.undo(cleared)), { photo: PHOTO, strokes: [stroke("red")] });
});

test("a board on which only the eraser went is blank", () => {
  assert.equal(sketch.isBlank(drawn(stroke(sketch.ERASER))), true);
  assert.equal(sketch.isBlank(drawn(stroke(sketch.ERASER), stroke("red"))), false);
  assert.equal(sketch.isBlank(drawn(PHOTO)), false);
});

test("the latest photo is the one to be seen, and strokes made before it stay", () => {
  const other = { ...PHOTO, src: "data:image/jpeg;base64,y" };

  assert.deepEqual(sketch.visible(drawn(PHOTO, stroke("red"), other)), { photo: other, strokes: [stroke("red")] });
});

test("an untouched board takes the shape of its room or of the first photo, one with strokes keeps its own", () => {
  const phone = sketch.shaped(sketch.EMPTY, { width: 300, height: 600 });

  assert.deepEqual(phone.size, { width: 512, height: 1024 });
  assert.deepEqual(drawn(PHOTO).size, { width: 1024, height: 768 });
  assert.deepEqual(sketch.withStep(sketch.withStep(phone, stroke("red")), PHOTO).size, phone.size);
  assert.deepEqual(sketch.shaped(drawn(stroke("red")), { width: 1, height: 9 }).size, sketch.EMPTY.size);
  assert.deepEqual(sketch.shaped(phone, { width: 0, height: 600 }).size, phone.size);
});

test("a photo lies in the middle, as large as it can be", () => {
  assert.deepEqual(sketch.contained({ width: 100, height: 50 }, { width: 200, height: 200 }), { x: 0, y: 50, width: 200, height: 100 });
  assert.deepEqual(sketch.contained({ width: 10, height: 100 }, { width: 100, height: 50 }), { x: 47.5, y: 0, width: 5, height: 50 });
});

test("what is to be seen can be written down and read back, without what was taken back", () => {
  const before = sketch.undo(drawn(stroke("green"), CLEAR, PHOTO, stroke("red"), stroke("blue")));

  const after = sketch.readBack(sketch.written(before));

  assert.deepEqual(sketch.visible(after), { photo: PHOTO, strokes: [stroke("red")] });
  assert.deepEqual([after.size, after.paper, after.undone, after.steps.length], [before.size, "plain", [], 2]);
  assert.equal(sketch.written(drawn(stroke("red"), CLEAR)), "");
});

for (const text of [null, "", "{", "[]", "null", '{"steps": [1]}', '{"size": {"width": 9, "height": 9}, "steps": [{"type": "stroke", "ink": "red", "points": ["a"]}]}']) {
  test(`a draft that is none is an empty board: ${text}`, () => {
    assert.deepEqual(sketch.readBack(text), sketch.EMPTY);
  });
}

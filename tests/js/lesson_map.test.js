import assert from "node:assert/strict";
import test from "node:test";

import { LessonMap } from "../../static/tutor/js/ui/lesson_map.js";

/** Just enough of an element: attributes, classes, a rectangle, and a way to find what is inside. */
class FakeElement extends EventTarget {
  classes = new Set();
  attributes = new Map();
  scrollLeft = 0;
  scrollTop = 0;
  inside = [];
  details = null;
  rect;

  constructor(rect, attributes = {}) {
    super();
    this.rect = rect;
    Object.entries(attributes).forEach(([name, value]) => this.attributes.set(name, value));
  }

  classList = {
    toggle: (name, on) => (on ? this.classes.add(name) : this.classes.delete(name)),
  };
  getAttribute = (name) => this.attributes.get(name) ?? null;
  setAttribute = (name, value) => this.attributes.set(name, value);
  removeAttribute = (name) => this.attributes.delete(name);
  getBoundingClientRect = () => this.rect;
  scrollIntoView = () => (this.isInView = true);
  closest = () => this.details;
  querySelectorAll = () => this.inside.filter((element) => element.attributes.has("data-stage"));
  querySelector = (selector) =>
    this.inside.find((element) =>
      selector === "[aria-current=step]" ? element.attributes.has("aria-current") : element.attributes.has("start"),
    ) ?? null;
}

function mapOf() {
  const frame = new FakeElement({ x: 0, y: 0, width: 300, height: 200 });
  const start = new FakeElement({ x: 495, y: 0, width: 10, height: 10 }, { start: "" });
  const warmUp = new FakeElement({ x: 400, y: 50, width: 200, height: 40 }, { "data-stage": "warm-up" });
  const order = new FakeElement({ x: 0, y: 250, width: 200, height: 40 }, { "data-stage": "order" });
  frame.inside = [start, warmUp, order];
  return { frame, warmUp, order };
}

test("the map marks the stage the learner is in and those that are done", () => {
  const { frame, warmUp, order } = mapOf();
  const map = new LessonMap(frame);

  map.show({ stages: [{ key: "warm-up", progress: "current" }, { key: "order", progress: "ahead" }] });
  map.show({ stages: [{ key: "warm-up", progress: "done" }, { key: "order", progress: "current" }] });

  assert.deepEqual([...warmUp.classes], ["lesson-map__stage--done"]);
  assert.equal(warmUp.getAttribute("aria-current"), null);
  assert.deepEqual([...order.classes], ["lesson-map__stage--current"]);
  assert.equal(order.getAttribute("aria-current"), "step");
});

test("the map brings the current stage into the middle of its frame", () => {
  const { frame } = mapOf();

  new LessonMap(frame).show({ stages: [{ key: "warm-up", progress: "done" }, { key: "order", progress: "current" }] });

  assert.deepEqual([frame.scrollLeft, frame.scrollTop], [-50, 170]);
});

test("the map begins at the start while the learner is nowhere", () => {
  const { frame } = mapOf();

  new LessonMap(frame).centre();

  assert.deepEqual([frame.scrollLeft, frame.scrollTop], [350, -95]);
});

test("the map scrolls once it is unfolded, and leaves the reader's place alone while nothing moves", () => {
  const { frame } = mapOf();
  frame.details = new EventTarget();
  const map = new LessonMap(frame);
  const stages = [{ key: "warm-up", progress: "ahead" }];
  map.show({ stages });
  frame.scrollLeft = 0;

  map.show({ stages });
  assert.equal(frame.scrollLeft, 0);

  frame.details.dispatchEvent(new Event("toggle"));
  assert.deepEqual([frame.isInView, frame.scrollLeft], [true, 350]);
});

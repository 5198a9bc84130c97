// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { refuge, swallowStrayClicks } from "../../static/tutor/js/ui/dom.js";

/** An element that is hidden, or not. */
const place = (isHidden) => /** @type {any} */ ({ closest: () => (isHidden ? {} : null) });

test("the focus of a button that goes away finds the first place that is there", () => {
  const [note, mute, message] = [place(true), place(false), place(false)];

  assert.equal(refuge(place(true), [note, mute, message]), mute);
});

test("a focus that is well where it is stays, and so does none at all", () => {
  assert.deepEqual([refuge(place(false), [place(false)]), refuge(null, [place(false)]), refuge(place(true), [place(true)])], [undefined, undefined, undefined]);
});

/** A page that hears clicks: returns a function that clicks and says whether the click got through. */
function clickable() {
  /** @type {(event: any) => void} */
  let judge = () => {};
  swallowStrayClicks(/** @type {any} */ ({ addEventListener: (_type, listener) => (judge = listener) }));
  return (target, detail) => {
    let passed = true;
    judge({ target, detail, preventDefault: () => {}, stopPropagation: () => (passed = false) });
    return passed;
  };
}

/** An element that takes room, or none. */
const shown = (isShown) => ({ getClientRects: () => (isShown ? [{}] : []) });

test("the second half of a double click does nothing where the first has closed what it hit", () => {
  const click = clickable();

  assert.deepEqual([click(shown(false), 1), click(shown(true), 2), click(shown(true), 1)], [true, false, true]);
});

test("quick clicks on what stays, and on a label and its box, all count", () => {
  const click = clickable();
  const [label, box] = [shown(true), shown(true)];

  assert.deepEqual([click(label, 1), click(box, 1), click(label, 2), click(box, 2), click(label, 3)], [true, true, true, true, true]);
});

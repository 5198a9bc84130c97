// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { refuge } from "../../static/tutor/js/ui/dom.js";

/** An element that is hidden, or not. */
const place = (isHidden) => /** @type {any} */ ({ closest: () => (isHidden ? {} : null) });

test("the focus of a button that goes away finds the first place that is there", () => {
  const [note, mute, message] = [place(true), place(false), place(false)];

  assert.equal(refuge(place(true), [note, mute, message]), mute);
});

test("a focus that is well where it is stays, and so does none at all", () => {
  assert.deepEqual([refuge(place(false), [place(false)]), refuge(null, [place(false)]), refuge(place(true), [place(true)])], [undefined, undefined, undefined]);
});

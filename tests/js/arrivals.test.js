// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { awaitedIn, dropArrived } from "../../static/tutor/js/ui/arrivals.js";

for (const [className, number] of /** @type {Array<[string, string|null]>} */ ([
  ["until-2 success", "2"],
  ["until-12 success", "12"],
  ["success", null],
  ["", null],
  ["until-success", null],
])) {
  test(`a message of class “${className}” waits for ${number ?? "nothing"}`, () => {
    assert.equal(awaitedIn(className), number);
  });
}

test("messages go when what they are about has arrived, and only those", () => {
  const gone = [];
  const notes = ["until-1 success", "until-2 success", "success"].map((className) => ({ className, remove: () => gone.push(className) }));

  dropArrived(notes, new Set(["2"]));

  assert.deepEqual(gone, ["until-1 success"]);
});

// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "../../static/tutor/js/lesson/pace.js";

test("time goes on while a call is open, and only then", () => {
  const pace = new Pace();
  pace.know(60_000);

  const before = pace.spent(1_000);
  pace.begin(1_000);
  const during = pace.spent(11_000);
  pace.end(21_000);

  assert.deepEqual([before, during, pace.spent(99_000)], [60_000, 70_000, 80_000]);
});

test("time never runs backwards when the server knows of less", () => {
  const pace = new Pace();
  pace.begin(0);
  pace.end(30_000);

  pace.know(20_000);

  assert.equal(pace.spent(0), 30_000);
});

test("ending what has not begun changes nothing", () => {
  const pace = new Pace();
  pace.know(5_000);

  pace.end(90_000);

  assert.equal(pace.spent(90_000), 5_000);
});

// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Ear, level, loudness } from "../../static/tutor/js/ui/levels.js";

test("the loudness of a wave is its root mean square", () => {
  assert.equal(loudness(new Float32Array([0.5, -0.5, 0.5, -0.5])), 0.5);
  assert.equal(loudness(new Float32Array(512)), 0);
});

test("a meter is full for a loud voice, and never more than full", () => {
  assert.deepEqual([0, 0.1, 0.9].map(level), [0, 0.7000000000000001, 1]);
});

test("an ear is convinced by a word, not by a click or by noise", () => {
  const [word, click, noise] = [new Ear(), new Ear(), new Ear()];

  click.listen(0.5, 100);
  for (let frame = 0; frame < 20; frame += 1) {
    word.listen(0.05, 16);
    noise.listen(0.004, 1_000);
    click.listen(0, 16);
  }

  assert.deepEqual([word.isConvinced, click.isConvinced, noise.isConvinced], [true, false, false]);
});

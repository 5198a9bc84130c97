// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Choices } from "../../static/tutor/js/net/choices.js";
import { Remembered } from "../../static/tutor/js/net/remembered.js";

const DEFAULT = { way: "voice", speed: "normal", volume: 100, toggles: false };

/** A device that keeps what is set. */
function store(kept = new Map()) {
  return { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value), kept };
}

test("choices are remembered by the device", () => {
  const device = store();
  new Choices(new Remembered(() => device)).set({ way: "silent", volume: 40 });

  assert.deepEqual(new Choices(new Remembered(() => device)).now, { ...DEFAULT, way: "silent", volume: 40 });
});

test("where storing is forbidden choices hold for the page", () => {
  const choices = new Choices(new Remembered(() => { throw new DOMException("No.", "SecurityError"); }));
  choices.set({ way: "typing", speed: "slow" });

  assert.deepEqual(choices.now, { ...DEFAULT, way: "typing", speed: "slow" });
});

for (const kept of ["{", "null", "7", "{\"way\":\"shouting\",\"speed\":3,\"volume\":\"loud\",\"toggles\":1}", "{\"way\":\"toString\"}"]) {
  test(`what the device kept and nobody chose is not taken: ${kept}`, () => {
    assert.deepEqual(new Choices(new Remembered(() => store(new Map([["viva.choices", kept]])))).now, DEFAULT);
  });
}

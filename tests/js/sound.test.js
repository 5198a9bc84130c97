// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { openCopy } from "../../static/tutor/js/ui/sound.js";

test("a muted microphone can be measured, and stays muted for the call", () => {
  const original = { enabled: false };
  const copied = { enabled: false };
  const stream = /** @type {any} */ ({ getAudioTracks: () => [original], clone: () => ({ getAudioTracks: () => [copied] }) });

  assert.deepEqual(openCopy(stream).getAudioTracks(), [copied]);
  assert.deepEqual([original.enabled, copied.enabled], [false, true]);
});

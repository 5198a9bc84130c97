// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { ERRAND_MOVES, INITIAL, moved, PHASE_MOVES, reduce, sentOn, statusOf } from "../../static/tutor/js/realtime/status.js";
import { fixture } from "./fakes/fixtures.js";

const OPEN = moved(moved(INITIAL, "connecting"), "open");

/** The status after each event, repetitions left out. */
function statuses(events) {
  let facts = OPEN;
  const seen = [statusOf(facts)];
  for (const event of events) {
    facts = reduce(facts, event);
    if (statusOf(facts) !== seen.at(-1)) {
      seen.push(statusOf(facts));
    }
  }
  return seen;
}

test("a voice turn is thought, spoken, listened to, heard", () => {
  assert.deepEqual(statuses(fixture("voice_turn")), [
    "listening", "thinking", "speaking", "listening", "hearing", "thinking", "speaking", "listening",
  ]);
});

test("the tutor speaks until its sound has stopped, not until its answer is written", () => {
  const events = fixture("late_transcript");
  const written = events.slice(0, events.findIndex((event) => event.type === "response.done") + 1);

  assert.equal(statuses(written).at(-1), "speaking");
});

test("an interruption is heard at once", () => {
  assert.deepEqual(statuses(fixture("interruption")).slice(1, 4), ["thinking", "speaking", "hearing"]);
});

test("every move outside the table of phases throws", () => {
  const phases = /** @type {Array<keyof typeof PHASE_MOVES>} */ (Object.keys(PHASE_MOVES));
  for (const from of phases) {
    for (const to of phases) {
      const move = () => moved({ ...INITIAL, phase: from }, to);
      if (PHASE_MOVES[from].includes(to)) {
        assert.equal(move().phase, to);
      } else {
        assert.throws(move, RangeError, `${from} to ${to}`);
      }
    }
  }
});

test("every move outside the table of errands throws", () => {
  const errands = /** @type {Array<keyof typeof ERRAND_MOVES>} */ (Object.keys(ERRAND_MOVES));
  for (const from of errands) {
    for (const to of errands) {
      const move = () => sentOn({ ...OPEN, errand: from }, to);
      if (ERRAND_MOVES[from].includes(to)) {
        assert.equal(move().errand, to);
      } else {
        assert.throws(move, RangeError, `${from} to ${to}`);
      }
    }
  }
});

test("saving is told only when nothing else happens, moving always", () => {
  const speaking = reduce(OPEN, { type: "output_audio_buffer.started", response_id: "r" });

  assert.equal(statusOf(sentOn(OPEN, "saving")), "saving");
  assert.equal(statusOf(sentOn(speaking, "saving")), "speaking");
  assert.equal(statusOf(sentOn(sentOn(speaking, "saving"), "moving")), "moving");
});

test("a new phase forgets what was going on in the call before", () => {
  const speaking = sentOn(reduce(OPEN, { type: "output_audio_buffer.started", response_id: "r" }), "saving");

  assert.deepEqual(moved(moved(speaking, "reconnecting"), "open"), OPEN);
});

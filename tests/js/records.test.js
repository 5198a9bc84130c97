// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { recordsOf } from "../../static/tutor/js/realtime/records.js";
import { firstOf, fixture } from "./fakes/fixtures.js";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The records of a scenario, the invented ids left out. */
function recordsIn(name) {
  return fixture(name).flatMap((event) => recordsOf(event, "conn"));
}

test("the tokens of every response and every transcription are recorded as they came", () => {
  const events = fixture("late_transcript");
  const done = firstOf(events, "response.done").response;
  const words = firstOf(events, "conversation.item.input_audio_transcription.completed");

  assert.deepEqual(recordsIn("late_transcript"), [
    { id: done.id, kind: "usage", source: "response", usage: done.usage, connection: "conn" },
    { id: words.item_id, kind: "usage", source: "transcription", usage: words.usage, connection: "conn" },
  ]);
});

test("cancelled responses cost tokens too", () => {
  assert.deepEqual(recordsIn("cancelled_function_call").map((record) => record.source), ["response", "transcription"]);
});

test("words that could not be made are a fault", () => {
  const [{ id, ...fault }] = recordsIn("transcription_failed");

  assert.match(id, UUID);
  assert.deepEqual(fault, {
    kind: "fault", code: "server_error", message: "The audio could not be transcribed.", param: null, connection: "conn",
  });
});

test("collisions are no faults, other errors are", () => {
  const [{ id, ...fault }] = recordsOf({ type: "error", error: { type: "invalid_request_error", code: null, message: "No.", param: "session.voice" } }, null);

  assert.deepEqual(recordsIn("error_active_response").filter((record) => record.kind === "fault"), []);
  assert.deepEqual(fault, { kind: "fault", code: "invalid_request_error", message: "No.", param: "session.voice", connection: null });
});

test("a response that failed tells why", () => {
  const response = { id: "r", status: "failed", status_details: { error: { type: "insufficient_quota", code: "credit_balance_exhausted" } }, usage: null };

  const [{ id, ...fault }] = recordsOf({ type: "response.done", response }, "conn");

  assert.deepEqual(fault, { kind: "fault", code: "credit_balance_exhausted", message: "", param: null, connection: "conn" });
});

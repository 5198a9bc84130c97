// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { completedCalls } from "../../static/tutor/js/realtime/calls.js";
import { firstOf, fixture } from "./fakes/fixtures.js";

const NONE = new Set();

/** The calls of each event that has some. */
function callsIn(name) {
  return fixture(name).map((event) => completedCalls(event, NONE)).filter((calls) => calls.length > 0);
}

test("a call is taken once, from the completed response, with its arguments untouched", () => {
  const done = firstOf(fixture("function_call"), "response.done");
  const item = done.response.output[1];

  assert.deepEqual(callsIn("function_call"), [[{ call_id: item.call_id, name: "stage_complete", arguments: item.arguments }]]);
});

test("a cancelled response makes no calls", () => {
  assert.deepEqual(callsIn("cancelled_function_call"), []);
});

test("stage_complete comes last", () => {
  assert.deepEqual(callsIn("two_function_calls").map((calls) => calls.map((call) => call.name)), [["note", "stage_complete"]]);
});

test("a call that was taken is not taken again", () => {
  const done = firstOf(fixture("two_function_calls"), "response.done");
  const [note, complete] = completedCalls(done, NONE);

  assert.deepEqual(completedCalls(done, new Set([note.call_id])), [complete]);
});

test("an item left incomplete, without an id, or named twice in one response is no further call", () => {
  const call = { type: "function_call", status: "completed", name: "note", call_id: "c1", arguments: "" };
  const output = [call, call, { ...call, call_id: "c2", status: "incomplete" }, { ...call, call_id: undefined }];

  const calls = completedCalls({ type: "response.done", response: { status: "completed", output } }, NONE);

  assert.deepEqual(calls, [{ call_id: "c1", name: "note", arguments: "" }]);
});

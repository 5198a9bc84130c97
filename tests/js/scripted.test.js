// @ts-check
/** Recorded conversations, of the nasty kind, through a whole room: what is shown, stored, asked and sent. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { firstOf, fixture } from "./fakes/fixtures.js";
import { makeRoom } from "./fakes/room.js";

/** A room in an open call in which nobody has said anything. */
async function inCall(replies = []) {
  const room = makeRoom();
  room.model.replies = [{}, ...replies];
  await room.lesson.load();
  room.lesson.start();
  await room.clock.until(() => room.model.sent.length === 1);
  await room.clock.until(() => room.lesson.view.status === "listening");
  await room.clock.advance(1_000);
  return room;
}

/** A room in which everything of a recording has happened. */
async function after(name, extra = []) {
  const room = await inCall();
  [...fixture(name), ...extra].forEach((event) => room.model.emit(/** @type {any} */ (event)));
  await room.clock.advance(3_000);
  return room;
}

/** What is shown, and what is stored: both as [speaker, status, text]. */
function said({ lesson, server }) {
  const row = ({ speaker, status, text }) => [speaker, status, text];
  return { shown: lesson.view.captions.map(row), stored: [...server.utterances.values()].map(row) };
}

const reports = ({ server }) => server.log.filter((line) => line.startsWith("tool-calls"));
const creates = ({ model }) => model.sent.filter((event) => event.type === "response.create");

for (const [name, expected] of /** @type {Array<[string, string[][]]>} */ ([
  ["late_transcript", [["learner", "complete", "One tea, please."], ["tutor", "complete", "Good. And how do you say the price?"]]],
  ["words_before_item", [["learner", "complete", "One tea, please."], ["tutor", "complete", "Good. And how do you say the price?"]]],
  ["empty_transcript", [["learner", "untranscribed", ""], ["tutor", "complete", "Good. And how do you say the price?"]]],
])) {
  test(`${name}: every utterance is shown and stored once, in its place`, async () => {
    const room = await after(name);

    const { shown, stored } = said(room);
    assert.deepEqual(shown, expected);
    assert.deepEqual([...stored].sort(), [...expected].sort());
    assert.equal(room.lesson.view.status, "listening");
    assert.equal(creates(room).length, 1);
  });
}

test("interruption: the tutor's words stop where they were cut, in the journal too", async () => {
  const room = await after("interruption");

  const expected = [
    ["tutor", "interrupted", "Let me tell you about the past tense, which is"],
    ["learner", "complete", "Wait, I have a question."],
    ["tutor", "interrupted", "Of course. What is it?"],
  ];
  assert.deepEqual(said(room), { shown: expected, stored: expected });
});

test("cancelled_function_call: half a call is never reported", async () => {
  const room = await after("cancelled_function_call");

  assert.deepEqual(reports(room), []);
  assert.equal(creates(room).length, 1);
  assert.deepEqual(said(room).shown, [["tutor", "interrupted", "Well done, so"], ["learner", "complete", "No, once more, please."]]);
});

test("same_call_twice: a call is reported and answered once", async () => {
  const room = await after("same_call_twice");

  assert.deepEqual(reports(room), ["tool-calls stage_complete in visit 1"]);
  assert.equal(room.model.sent.filter((event) => event.item?.type === "function_call_output").length, 1);
  assert.deepEqual([room.server.visit, creates(room).length], [2, 2]);
});

test("two_function_calls: both are answered before one request, stage_complete last", async () => {
  const room = await after("two_function_calls");

  assert.deepEqual(reports(room), ["tool-calls note in visit 1", "tool-calls stage_complete in visit 1"]);
  assert.deepEqual(room.model.sent.slice(1).map((event) => event.item?.type ?? event.type), [
    "session.update", "function_call_output", "function_call_output", "response.create",
  ]);
});

test("error_active_response: a request that collides is repeated once, after the answer in its way", async () => {
  const room = await inCall();
  const events = fixture("error_active_response");
  const collision = firstOf(events, "error");
  room.lesson.say("By the way …");
  // Our request is on its way when the provider's own answer begins.
  collision.error.event_id = creates(room).at(-1).event_id;

  events.forEach((event) => room.model.emit(/** @type {any} */ (event)));

  assert.deepEqual(room.model.sent.map((event) => event.type), ["response.create", "conversation.item.create", "response.create", "response.create"]);
  assert.equal(new Set(creates(room).map((event) => event.event_id)).size, 3);
  await room.clock.advance(0);
  assert.equal(room.server.faults.length, 0);
});

test("refused_update: the refusal of a stage is a fault, and a new call begins in that stage", async () => {
  const room = await inCall([{ text: "Here we are." }]);
  room.model.updates = "ignore";
  fixture("function_call").forEach((event) => room.model.emit(/** @type {any} */ (event)));
  await room.clock.until(() => room.model.sent.some((event) => event.type === "session.update"));

  fixture("refused_update").forEach((event) => room.model.emit(/** @type {any} */ (event)));
  await room.clock.until(() => room.lesson.view.captions.at(-1)?.text === "Here we are.");

  assert.deepEqual([room.model.calls.length, room.lesson.view.stage?.visit], [2, 2]);
  assert.ok(room.server.faults.some((fault) => fault.code === "update_refused"));
});

test("unknown events in between change nothing", async () => {
  // None of these types exists.
  const strange = [{ type: "response.telepathy.delta", response_id: "r" }, { type: "conversation.item.dreamt" }, { type: "future" }];

  const plain = await after("voice_turn");
  const odd = await after("voice_turn", strange);

  assert.deepEqual(said(odd), said(plain));
  assert.deepEqual([odd.lesson.view.status, odd.server.faults], ["listening", []]);
});

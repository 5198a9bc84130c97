// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { STALE_AFTER, Turns } from "../../static/tutor/js/realtime/turns.js";
import { fixture } from "./fakes/fixtures.js";

const create = (id) => ({ type: "response.create", event_id: id });
const created = (id) => ({ type: "response.created", response: { id } });
const done = (id) => ({ type: "response.done", response: { id, status: "completed" } });
const collision = (eventId) => ({ type: "error", error: { code: "conversation_already_has_active_response", event_id: eventId } });

test("a request goes out at once when nothing is active", () => {
  const turns = new Turns();

  assert.deepEqual(turns.request(create("e1"), 0), [create("e1")]);
  assert.equal(turns.asked, true);
});

test("a request made during a response waits for its end", () => {
  const turns = new Turns();
  turns.handle(created("vad"), 0);

  assert.deepEqual(turns.request(create("e1"), 10), []);
  assert.deepEqual(turns.handle(done("vad"), 20), [create("e1")]);
});

test("at most one request is outstanding, and the newest waiting one replaces the others", () => {
  const turns = new Turns();
  turns.request(create("e1"), 0);

  assert.deepEqual(turns.request(create("e2"), 1), []);
  assert.deepEqual(turns.request(create("e3"), 2), []);
  assert.deepEqual(turns.handle(created("r1"), 3), []);
  assert.deepEqual(turns.handle(done("r1"), 4), [create("e3")]);
  assert.deepEqual(turns.handle(created("r2"), 5), []);
  assert.deepEqual(turns.handle(done("r2"), 6), []);
});

test("a collision is tried again after the response that was in the way", () => {
  const turns = new Turns();
  turns.request({ type: "response.create", event_id: "event_create_1" }, 0);

  const sent = fixture("error_active_response").map((event) => [event.type, turns.handle(event, 10)]).filter(([, events]) => events.length > 0);

  assert.equal(sent.length, 1);
  assert.equal(sent[0][0], "response.done");
  assert.deepEqual(sent[0][1].map((event) => event.type), ["response.create"]);
  assert.notEqual(sent[0][1][0].event_id, "event_create_1");
});

test("a collision keeps what the request said", () => {
  const turns = new Turns();
  turns.request({ ...create("e1"), response: { tool_choice: "none" } }, 0);
  turns.handle(collision(null), 1);

  const [again] = turns.handle(done("unknown"), 2);

  assert.deepEqual({ ...again, event_id: null }, { type: "response.create", event_id: null, response: { tool_choice: "none" } });
});

test("a collision of somebody else's request is not ours to repeat", () => {
  const turns = new Turns();
  turns.request(create("e1"), 0);
  turns.handle(created("r1"), 1);
  turns.handle(collision("other"), 2);

  assert.deepEqual(turns.handle(done("r1"), 3), []);
});

test("a newer request is not replaced by one that collided", () => {
  const turns = new Turns();
  turns.request(create("e1"), 0);
  turns.handle(created("vad"), 1);
  turns.request(create("e2"), 2);
  turns.handle(collision("e1"), 3);

  assert.deepEqual(turns.handle(done("vad"), 4), [create("e2")]);
});

test("the end of another response does not free the line", () => {
  const turns = new Turns();
  turns.handle(created("r2"), 0);
  turns.request(create("e1"), 1);

  assert.deepEqual(turns.handle(done("r1"), 2), []);
  assert.equal(turns.responding, true);
});

test("a response silent for long is given up, a lively one is not", () => {
  const turns = new Turns();
  turns.handle(created("r1"), 0);
  turns.request(create("e1"), 1);
  turns.handle({ type: "response.output_audio_transcript.delta", response_id: "r1" }, 10_000);

  assert.deepEqual(turns.check(STALE_AFTER + 1), []);
  assert.deepEqual(turns.check(10_000 + STALE_AFTER + 1), [create("e1")]);
});

test("a request that is never answered does not block the next one for ever", () => {
  const turns = new Turns();
  turns.request(create("e1"), 0);
  turns.request(create("e2"), 1);

  assert.deepEqual(turns.check(STALE_AFTER), []);
  assert.deepEqual(turns.check(STALE_AFTER + 1), [create("e2")]);
});

test("a request refused for another reason is over", () => {
  const turns = new Turns();
  turns.request(create("e1"), 0);
  turns.handle({ type: "error", error: { code: "invalid_value", event_id: "e1" } }, 1);

  assert.equal(turns.asked, false);
  assert.deepEqual(turns.request(create("e2"), 2), [create("e2")]);
});

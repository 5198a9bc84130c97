// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { newId } from "../../static/tutor/js/realtime/ids.js";
import { interruption, replyRequest, typedText } from "../../static/tutor/js/realtime/messages.js";

const EVENT_ID = /^event_[0-9a-f]{24}$/;

test("an id is its prefix and 24 hexadecimal digits, never the same", () => {
  const ids = Array.from({ length: 100 }, () => newId("msg_"));

  assert.equal(new Set(ids).size, 100);
  assert.ok(ids.every((id) => /^msg_[0-9a-f]{24}$/.test(id)));
});

test("a typed sentence is a message of the user with our own item id", () => {
  const { event_id: eventId, ...event } = typedText("msg_1", "Hello “you” 👋");

  assert.match(eventId ?? "", EVENT_ID);
  assert.deepEqual(event, {
    type: "conversation.item.create",
    item: { id: "msg_1", type: "message", role: "user", content: [{ type: "input_text", text: "Hello “you” 👋" }] },
  });
});

test("a picture goes with words in one message of the user, as a data URI", () => {
  const { item } = typedText("msg_1", "Look!", "data:image/jpeg;base64,AAAA");

  assert.deepEqual(item?.content, [
    { type: "input_text", text: "Look!" },
    { type: "input_image", image_url: "data:image/jpeg;base64,AAAA", detail: "auto" },
  ]);
});

test("an interruption cancels only a response that is active, and always clears the sound", () => {
  const types = (responding) => interruption(responding).map((event) => event.type);

  assert.deepEqual(types(true), ["response.cancel", "output_audio_buffer.clear"]);
  assert.deepEqual(types(false), ["output_audio_buffer.clear"]);
});

test("every event has an id of its own", () => {
  const events = [...interruption(true), replyRequest(), typedText("msg_1", "Hi")];

  assert.ok(events.every((event) => EVENT_ID.test(event.event_id ?? "")));
  assert.equal(new Set(events.map((event) => event.event_id)).size, events.length);
});

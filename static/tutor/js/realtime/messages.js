// @ts-check
/**
 * The only client events composed in the browser: what the learner does with keyboard and buttons.
 * Everything else is composed by the server and forwarded (protocol reference sections 4 and 8).
 *
 * @typedef {import("./types.js").ClientEvent} ClientEvent
 */

import { newId } from "./ids.js";

/** Any number of our events may be told apart in an `error` by their event_id. */
const eventId = () => newId("event_");

/**
 * A typed sentence, perhaps with a picture. It never triggers a reply by itself: a `response.create` has to follow.
 * @param {string} itemId
 * @param {string} text
 * @param {string} [picture] PNG or JPEG as a data URI (protocol reference section 8.2)
 * @returns {ClientEvent}
 */
export function typedText(itemId, text, picture = "") {
  const image = { type: "input_image", image_url: picture, detail: "auto" };
  const content = [{ type: "input_text", text }, ...(picture ? [image] : [])];
  return { type: "conversation.item.create", event_id: eventId(), item: { id: itemId, type: "message", role: "user", content } };
}

/**
 * A text without what no database keeps, NUL and half characters: it would be refused, and lost.
 * @param {string} text
 */
export function storable(text) {
  return text.replace(/[\0\p{Surrogate}]/gu, "\ufffd");
}

/** @returns {ClientEvent} */
export function replyRequest() {
  return { type: "response.create", event_id: eventId() };
}

/**
 * Silence the tutor: stop writing the answer, if one is being written, and drop the sound not yet played.
 * @param {boolean} responding true when a response is active
 * @returns {ClientEvent[]} in the order in which they are to be sent
 */
export function interruption(responding) {
  const clear = { type: "output_audio_buffer.clear", event_id: eventId() };
  return responding ? [{ type: "response.cancel", event_id: eventId() }, clear] : [clear];
}

/** Forget what the microphone has delivered so far (protocol reference section 8.4). @returns {ClientEvent} */
export function clearedInput() {
  return { type: "input_audio_buffer.clear", event_id: eventId() };
}

/** What the microphone has delivered is the learner's turn. @returns {ClientEvent} */
export function committedInput() {
  return { type: "input_audio_buffer.commit", event_id: eventId() };
}

// @ts-check
/**
 * Journal entries that are not speech: tokens used, and things that went wrong.
 *
 * @typedef {import("./types.js").ServerEvent} ServerEvent
 * @typedef {import("./types.js").JournalEntry} JournalEntry
 */

/** Refusals that are part of a lively conversation, not faults (protocol reference section 9). */
const HARMLESS = new Set([
  "conversation_already_has_active_response",
  "response_cancel_not_active",
  // A note of ours that this call never had.
  "item_delete_invalid_item_id",
]);

/**
 * What an event adds to the journal besides speech.
 * @param {ServerEvent} event any server event
 * @param {string|null} connection
 * @returns {JournalEntry[]}
 */
export function recordsOf(event, connection) {
  if (event.type === "response.done") {
    return [...usage(event.response?.id, "response", event.response?.usage, connection), ...failure(event, connection)];
  }
  if (event.type === "conversation.item.input_audio_transcription.completed") {
    return usage(event.item_id, "transcription", event.usage, connection);
  }
  if (event.type === "conversation.item.input_audio_transcription.failed") {
    return [fault(event.error ?? {}, connection, "transcription_failed")];
  }
  if (event.type === "error" && !HARMLESS.has(event.error?.code ?? "")) {
    return [fault(event.error ?? {}, connection)];
  }
  return [];
}

/**
 * @param {{code?: string|null, type?: string, message?: string, param?: string|null}} error
 * @param {string|null} connection
 * @param {string} [otherwise] the code when the error has none
 * @returns {JournalEntry}
 */
export function fault(error, connection, otherwise = "unknown") {
  return {
    id: crypto.randomUUID(),
    kind: "fault",
    code: error.code || error.type || otherwise,
    message: error.message ?? "",
    param: error.param ?? null,
    connection,
  };
}

/**
 * @param {string|undefined} id
 * @param {"response"|"transcription"} source
 * @param {object|null|undefined} tokens
 * @param {string|null} connection
 * @returns {JournalEntry[]}
 */
function usage(id, source, tokens, connection) {
  return id && tokens ? [{ id, kind: "usage", source, usage: tokens, connection }] : [];
}

/**
 * An account without credit connects and then fails inside the call: the reason is in the response alone.
 * @param {ServerEvent} event a `response.done`
 * @param {string|null} connection
 * @returns {JournalEntry[]}
 */
function failure(event, connection) {
  const { status, status_details: details } = event.response ?? {};
  return status === "failed" ? [fault(details?.error ?? {}, connection, "response_failed")] : [];
}

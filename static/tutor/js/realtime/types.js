// @ts-check
/**
 * The shapes that cross the wire, for the type checker alone: this module has no code.
 *
 * Server events are read leniently. Only the fields named here are relied upon, all of them may be
 * missing, and unknown event types pass by (protocol reference sections 4 and 5).
 */

/**
 * A conversation item as the provider sends it.
 * @typedef {object} WireItem
 * @property {string} [id]
 * @property {string} [type] message, function_call, function_call_output …
 * @property {string} [role] user, assistant or system
 * @property {string} [status]
 * @property {string} [name]
 * @property {string} [call_id]
 * @property {string} [arguments]
 * @property {Array<{type?: string, text?: string|null, transcript?: string|null}>} [content]
 */

/**
 * @typedef {object} WireResponse
 * @property {string} [id]
 * @property {string} [status] in_progress, completed, cancelled, failed or incomplete
 * @property {{reason?: string, error?: {type?: string, code?: string, message?: string}}|null} [status_details]
 * @property {WireItem[]} [output]
 * @property {object|null} [usage]
 */

/**
 * @typedef {object} WireError
 * @property {string} [type]
 * @property {string|null} [code]
 * @property {string} [message]
 * @property {string|null} [param]
 * @property {string|null} [event_id] id of the client event that was refused
 */

/**
 * @typedef {object} ServerEvent
 * @property {string} type
 * @property {string} [event_id]
 * @property {string} [item_id]
 * @property {string|null} [previous_item_id]
 * @property {string} [response_id]
 * @property {number} [content_index]
 * @property {string} [delta]
 * @property {string} [transcript]
 * @property {string} [text]
 * @property {WireItem} [item]
 * @property {WireResponse} [response]
 * @property {WireError} [error]
 * @property {{type?: string, instructions?: string, tools?: Array<{name?: string}>, expires_at?: number, output_modalities?: string[], audio?: object}} [session]
 * @property {object} [usage]
 */

/**
 * @typedef {object} ClientEvent
 * @property {string} type
 * @property {string} [event_id]
 * @property {string} [item_id]
 * @property {WireItem} [item]
 * @property {{type?: string, instructions?: string, tools?: Array<{name?: string}>, output_modalities?: string[], audio?: object}} [session]
 */

/**
 * One entry of the journal.
 * @typedef {object} JournalEntry
 * @property {string} id
 * @property {"utterance"|"picture"|"usage"|"fault"} kind
 * @property {string|null} connection
 * @property {string|null} [previous_item_id]
 * @property {"learner"|"tutor"} [speaker]
 * @property {string} [status]
 * @property {string} [text]
 * @property {number|null} [visit]
 * @property {string} [image] data URI
 * @property {"response"|"transcription"} [source]
 * @property {object} [usage]
 * @property {string} [code]
 * @property {string} [message]
 * @property {string|null} [param]
 */

export {};

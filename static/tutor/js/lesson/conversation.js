// @ts-check
import { completedCalls } from "../realtime/calls.js";
import { fault, recordsOf } from "../realtime/records.js";
import * as status from "../realtime/status.js";
import * as transcript from "../realtime/transcript.js";

/**
 * @typedef {import("../realtime/calls.js").FunctionCall} FunctionCall
 * @typedef {import("../realtime/types.js").JournalEntry} JournalEntry
 * @typedef {import("../realtime/types.js").ServerEvent} ServerEvent
 * @typedef {import("../realtime/types.js").WireResponse} WireResponse
 */

/**
 * What is known of the conversation, over all its calls: every server event passes through here, and whatever
 * follows from it for the record goes to the journal.
 */
export class Conversation {
  #record;
  #sketch;
  #transcript = transcript.EMPTY;
  #facts = status.INITIAL;
  /** @type {Set<string>} */
  #takenCalls = new Set();
  /** The visit in which each response began. @type {Map<string, number|null>} */
  #visits = new Map();
  /** What the learner began to say last, by the id it will have. @type {string|null} */
  #speech = null;
  /** @type {string|null} */
  #connection = null;
  /** Number of the stage visit the model is in. @type {number|null} */
  visit = null;

  /**
   * @param {(entries: JournalEntry[]) => void} record
   * @param {(draw: () => JournalEntry[]) => void} [sketch] takes what gives the sentences under way
   */
  constructor(record, sketch = () => {}) {
    this.#record = record;
    this.#sketch = sketch;
  }

  get status() {
    return status.statusOf(this.#facts);
  }

  get phase() {
    return this.#facts.phase;
  }

  get errand() {
    return this.#facts.errand;
  }

  get hearing() {
    return this.#facts.activity.hearing;
  }

  get sounding() {
    return this.#facts.activity.sounding.size > 0;
  }

  /** True while nobody speaks and no answer is expected. */
  get still() {
    const { hearing, thinking, sounding } = this.#facts.activity;
    return !hearing && !thinking && sounding.size === 0;
  }

  /** True while the learner speaks, or the words of what they said in this call are still to come. */
  get unwritten() {
    return (this.#speech !== null && !transcript.isKnown(this.#transcript, this.#speech)) || transcript.isUnwritten(this.#transcript);
  }

  get captions() {
    return transcript.captionsOf(this.#transcript);
  }

  /** @param {status.Phase} phase */
  move(phase) {
    this.#facts = status.moved(this.#facts, phase);
  }

  /** @param {status.Errand} errand */
  progress(errand) {
    this.#facts = status.sentOn(this.#facts, errand);
  }

  /**
   * Show what was said without this page: before it was opened, or in another window.
   * @param {transcript.Utterance[]} utterances as the server has them
   */
  seed(utterances) {
    this.#transcript = transcript.withStored(this.#transcript, utterances);
  }

  /** @param {string|null} connection */
  beginCall(connection) {
    this.#connection = connection;
    this.#transcript = transcript.withNewCall(this.#transcript);
  }

  endCall() {
    this.#show(transcript.withCallEnded(this.#transcript));
    this.#speech = null;
    this.#connection = null;
  }

  /**
   * @param {string} id
   * @param {string} text
   */
  typed(id, text) {
    this.#show(transcript.withTyped(this.#transcript, { id, text, visit: this.visit }));
  }

  /**
   * Keep a picture that the tutor was shown, in the visit of the sentence it belongs to.
   * @param {string} id of the sentence
   * @param {string} image data URI
   */
  keepPicture(id, image) {
    const visit = this.captions.find((caption) => caption.id === id)?.visit ?? this.visit;
    this.#record([{ id, kind: "picture", visit, connection: this.#connection, image }]);
  }

  /**
   * @param {string} id
   * @param {string} text what the learner really said
   */
  correct(id, text) {
    this.#show(transcript.withCorrection(this.#transcript, id, text));
  }

  /**
   * @param {ServerEvent} event any server event
   * @returns {FunctionCall[]} the calls to answer now
   */
  receive(event) {
    if (event.type === "response.created" && event.response?.id) {
      this.#visits.set(event.response.id, this.visit);
    }
    this.#speech = speechAfter(this.#speech, event);
    this.#show(transcript.reduce(this.#transcript, event, this.visit));
    this.#facts = status.reduce(this.#facts, event);
    this.#record(recordsOf(event, this.#connection));
    const calls = completedCalls(event, this.#takenCalls);
    calls.forEach((call) => this.#takenCalls.add(call.call_id));
    return calls;
  }

  /** @param {{code: string, message: string}} trouble */
  report(trouble) {
    this.#record([fault(trouble, this.#connection)]);
  }

  /** @param {string|undefined} responseId */
  visitOf(responseId) {
    return this.#visits.get(responseId ?? "") ?? this.visit;
  }

  /**
   * How far the learner has heard a response.
   * @param {WireResponse} response
   * @returns {"none"|"playing"|"played"|"cut"} none: the sound has not begun; played: nothing more will be heard
   */
  soundOf(response) {
    const isVoiced = (response.output ?? []).some((item) => item.content?.some((part) => part.type === "output_audio"));
    return isVoiced ? (this.#transcript.responses.get(response.id ?? "")?.sound ?? "none") : "played";
  }

  /** @param {transcript.Transcript} next */
  #show(next) {
    this.#record(transcript.entriesOf(this.#transcript, next, this.#connection));
    this.#transcript = next;
    this.#sketch(() => transcript.sketchesOf(this.#transcript, this.#connection));
  }
}

/**
 * @param {string|null} speech
 * @param {ServerEvent} event
 */
function speechAfter(speech, event) {
  if (event.type === "input_audio_buffer.speech_started") {
    return event.item_id ?? speech;
  }
  return event.type === "input_audio_buffer.cleared" ? null : speech;
}

// @ts-check
/**
 * @typedef {import("../../static/tutor/js/realtime/types.js").ServerEvent} ServerEvent
 *
 * The number of the call, the stage the model is in, and milliseconds of the pages' time.
 * @typedef {{call: number, stage: string, now: number}} Circumstances
 *
 * What one page was told of one conversation item.
 * @typedef {object} Said
 * @property {string} id
 * @property {"learner"|"tutor"} speaker
 * @property {string} text all of its words that the page was told
 * @property {string} stage key of the stage the model was in when it began
 * @property {number} call number of the call it was said in
 * @property {boolean} isWhole no more words will come
 * @property {boolean} isCut the page crashed in its call: how it ended is not told
 * @property {boolean} isTorn the page crashed in the middle of it: its last second may be missing
 * @property {string} least words that must be there even then
 */

/** Milliseconds of a sentence under way that a crash may cost: what the product promises, and as much again for a busy machine. */
const TEARABLE = 2_000;

/**
 * What really was said in a lesson, over all its pages and calls: noted as the pages are told of it, by its own
 * simple rules. The record on the server is held against it.
 */
export class Truth {
  /** In the order in which they were placed. @type {Map<string, Said>} */
  items = new Map();
  /** Function calls that a page was told to answer. @type {Map<string, {name: string, arguments: string}>} */
  calls = new Map();
  /** What the model was told of each call, in the order in which it was told. @type {Array<{call: number, call_id: string, data: any}>} */
  outputs = [];
  /**
   * What the learner typed into a page that still lives: it must be kept, whether or not a tutor got it. What was
   * typed into one that is gone may be.
   * @type {Map<string, {isCertain: boolean}>}
   */
  typed = new Map();
  /** Calls made, and the pages that were opened. */
  dials = 0;
  pages = 0;
  /** More than one page had a call at a time: then only the order within each call is certain. */
  isOverlapping = false;
  /** How each text grew: when, and what it was then. @type {Map<string, Array<{at: number, text: string}>>} */
  #growth = new Map();

  /**
   * A page is told something.
   * @param {ServerEvent} event
   * @param {Circumstances} circumstances
   */
  witness(event, circumstances) {
    WITNESSES[event.type]?.(this, event, circumstances);
  }

  /**
   * @param {string} id
   * @param {"learner"|"tutor"} speaker
   * @param {Circumstances} circumstances
   */
  place(id, speaker, { call, stage }) {
    if (!this.items.has(id)) {
      this.items.set(id, { id, speaker, stage, call, isCut: false, isTorn: false, least: "", text: "", isWhole: false });
    }
  }

  /**
   * @param {string} id
   * @param {(before: string) => string} change
   * @param {Circumstances} circumstances
   * @param {boolean} [isWhole]
   */
  words(id, change, { now }, isWhole = false) {
    const item = this.items.get(id);
    if (item && !item.isWhole) {
      item.text = change(item.text);
      item.isWhole = isWhole;
      this.#growth.set(id, [...(this.#growth.get(id) ?? []), { at: now, text: item.text }]);
    }
  }

  /** @param {string} text as the learner typed it */
  type(text) {
    this.typed.set(text, { isCertain: true });
  }

  /** The page is no more, or has no call any more: nobody knows whether it still had something to send. */
  doubt() {
    this.typed.forEach((sentence) => {
      sentence.isCertain = false;
    });
  }

  /** The page breaks: of sentences under way in its call the latest words may be lost. @param {number} call @param {number} now */
  tear(call, now) {
    const cut = [...this.items.values()].filter((item) => item.call === call);
    for (const item of cut) {
      item.isCut = true;
      if (!item.isWhole) {
        item.isTorn = true;
        item.isWhole = true;
        item.least = this.#growth.get(item.id)?.findLast(({ at }) => at <= now - TEARABLE)?.text ?? "";
      }
    }
  }
}

/** @type {Record<string, (truth: Truth, event: ServerEvent, at: Circumstances) => void>} */
const WITNESSES = {
  "input_audio_buffer.committed": (truth, event, at) => truth.place(event.item_id ?? "", "learner", at),
  "conversation.item.added": (truth, { item }, at) => {
    if (item?.type !== "message" || item.role === "system") {
      return;
    }
    truth.place(item.id ?? "", item.role === "user" ? "learner" : "tutor", at);
    const typed = (item.content ?? []).find((part) => part.type === "input_text");
    if (typed) {
      truth.words(item.id ?? "", () => typed.text ?? "", at, true);
    }
  },
  "conversation.item.input_audio_transcription.delta": (truth, event, at) => truth.words(event.item_id ?? "", (text) => text + event.delta, at),
  "conversation.item.input_audio_transcription.completed": (truth, event, at) => truth.words(event.item_id ?? "", () => event.transcript ?? "", at, true),
  "conversation.item.input_audio_transcription.failed": (truth, event, at) => truth.words(event.item_id ?? "", () => "", at, true),
  "response.output_audio_transcript.delta": (truth, event, at) => truth.words(event.item_id ?? "", (text) => text + event.delta, at),
  "response.output_audio_transcript.done": (truth, event, at) => truth.words(event.item_id ?? "", () => event.transcript ?? "", at, true),
  "response.done": (truth, { response }) => {
    if (response?.status === "completed") {
      (response.output ?? [])
        .filter((item) => item.type === "function_call" && item.status !== "incomplete")
        .forEach((item) => truth.calls.set(item.call_id ?? "", { name: item.name ?? "", arguments: item.arguments ?? "" }));
    }
  },
};

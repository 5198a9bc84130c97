// @ts-check
import { inQuietMoment } from "./quiet.js";
import { isTyped } from "./typed.js";

/**
 * @typedef {import("../net/api.js").Correction} Correction
 * @typedef {import("../net/api.js").CorrectionAnswer} CorrectionAnswer
 * @typedef {import("../realtime/transcript.js").Utterance} Utterance
 * @typedef {import("../realtime/types.js").ClientEvent} ClientEvent
 *
 * @typedef {object} Ports
 * @property {(correction: Correction) => Promise<import("../net/api.js").Result<CorrectionAnswer>>} store
 * @property {(itemId: string, events: ClientEvent[]) => Promise<void>} tell forward to the model what it has to know of a corrected sentence
 */

/**
 * True for what was heard and may have been misheard. What was typed needs no correction.
 * @param {{id: string, speaker: string, status: string}} caption
 * @param {boolean} isOverdue its words should have come by now
 */
export function isCorrectable({ id, speaker, status }, isOverdue) {
  return speaker === "learner" && !isTyped(id) && (status !== "partial" || isOverdue);
}

/** What learners put right in their captions, on its way to the server, and from there to the model in a quiet moment. */
export class Corrections {
  #moments;
  /** The id of each correction that may have to be sent once more. @type {Map<string, {id: string, text: string}>} */
  #tries = new Map();
  /** What the model does not know yet, by the sentence. @type {Map<string, {text: string, events: ClientEvent[]}>} */
  #waiting = new Map();
  /** Items the server has the model forget. @type {Set<string>} */
  #forgotten = new Set();
  #isCallOpen = false;

  /** @param {import("./quiet.js").Moments & Ports} moments */
  constructor(moments) {
    this.#moments = moments;
  }

  /**
   * @param {string} itemId
   * @param {string} text what the learner really said
   */
  async make(itemId, text) {
    const result = await this.#moments.store({ id: this.#idOf(itemId, text), item_id: itemId, text });
    if (result.ok) {
      this.#tries.delete(itemId);
      this.#take(itemId, text, result.data.events);
    }
    return result;
  }

  /**
   * A call is open; what the state it was made in knows already, the model knows too.
   * @param {Utterance[]} transcript
   */
  beginCall(transcript) {
    this.#isCallOpen = true;
    const known = new Map(transcript.map(({ item_id: id, corrected }) => [id, corrected]));
    for (const [itemId, { text }] of this.#waiting) {
      if (known.get(itemId) === text) {
        this.#waiting.delete(itemId);
      } else {
        this.#bring(itemId);
      }
    }
  }

  endCall() {
    this.#isCallOpen = false;
  }

  /** The server has the model forget an item: there is nothing to tell of it any more. @param {string} itemId */
  forget(itemId) {
    this.#forgotten.add(itemId);
  }

  /**
   * The same id for the same words until they are stored.
   * @param {string} itemId
   * @param {string} text
   */
  #idOf(itemId, text) {
    const before = this.#tries.get(itemId);
    const { id } = before?.text === text ? before : { id: crypto.randomUUID() };
    this.#tries.set(itemId, { id, text });
    return id;
  }

  /**
   * @param {string} itemId
   * @param {string} text
   * @param {ClientEvent[]} events
   */
  #take(itemId, text, events) {
    if (events.length === 0) {
      return;
    }
    this.#waiting.set(itemId, { text, events: [...(this.#waiting.get(itemId)?.events ?? []), ...events] });
    if (this.#isCallOpen) {
      this.#bring(itemId);
    }
  }

  /** @param {string} itemId */
  async #bring(itemId) {
    const entry = this.#waiting.get(itemId);
    const isWanted = () => this.#isCallOpen && this.#waiting.get(itemId) === entry;
    await inQuietMoment(this.#moments, isWanted, async () => {
      this.#waiting.delete(itemId);
      const events = (entry?.events ?? []).filter((event) => !this.#forgotten.has(event.item?.id ?? ""));
      if (events.some((event) => event.item)) {
        await this.#moments.tell(itemId, events);
      }
    });
  }
}

// @ts-check
import { systemClock } from "./clock.js";

/**
 * @typedef {{id: string, speaker: string, status: string, text: string}} Caption
 * @typedef {{item_id: string, speaker: string, status: string, text: string}} Told
 */

/** Milliseconds between two messages. */
export const EVERY = 150;
/** Captions of one message, and characters of one: the server takes no more. Of a long one the end is what is new. */
export const MOST = 4;
export const LONGEST = 2_000;

/**
 * Lets whoever reads along see words as they come. Nothing of it is stored, nothing is asked for again: the record is
 * the journal's. While nobody watches, nothing is sent.
 */
export class Telling {
  #send;
  #clock;
  #isWatched = false;
  /** What was told last, by caption. @type {Map<string, string>} */
  #told = new Map();
  /** @type {Caption[]} */
  #latest = [];
  /** Calls off the next message. @type {(() => void)|null} */
  #cancel = null;

  /**
   * @param {(message: {type: "captions", captions: Told[]}) => void} send
   * @param {import("./clock.js").Clock} [clock]
   */
  constructor(send, clock = systemClock) {
    this.#send = send;
    this.#clock = clock;
  }

  /** @param {boolean} isWatched */
  watch(isWatched) {
    if (isWatched && !this.#isWatched) {
      // What is finished they read in the record.
      this.#told = new Map(this.#latest.filter(({ status }) => status !== "partial").map((caption) => [caption.id, imageOf(caption)]));
    }
    this.#isWatched = isWatched;
    this.#plan();
  }

  /** @param {Caption[]} captions all there are, in order */
  show(captions) {
    this.#latest = captions;
    this.#plan();
  }

  #plan() {
    if (this.#isWatched && this.#cancel === null && this.#news().length > 0) {
      this.#tell();
      this.#cancel = this.#clock.after(EVERY, () => {
        this.#cancel = null;
        this.#plan();
      });
    }
  }

  /** What they do not know yet, of the latest ones. */
  #news() {
    return this.#latest.slice(-MOST).filter((caption) => this.#told.get(caption.id) !== imageOf(caption));
  }

  #tell() {
    const news = this.#news();
    news.forEach((caption) => this.#told.set(caption.id, imageOf(caption)));
    const captions = news.map(({ id, speaker, status, text }) => ({ item_id: id, speaker, status, text: text.slice(-LONGEST) }));
    this.#send({ type: "captions", captions });
  }
}

/** @param {Caption} caption */
function imageOf({ status, text }) {
  return `${status} ${text}`;
}

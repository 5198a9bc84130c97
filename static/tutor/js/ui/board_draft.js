// @ts-check
import { readBack, written } from "./board_sketch.js";

/** @typedef {import("./board_sketch.js").Sketch} Sketch */

/**
 * A drawing that has not been sent, kept over a reload. It is kept for this window alone, and goes with it: the next
 * person at the same computer finds nothing.
 */
export class BoardDraft {
  #key;
  #storage;

  /**
   * @param {string} attempt code of the attempt it belongs to
   * @param {Storage} [storage]
   */
  constructor(attempt, storage = sessionStorage) {
    this.#key = `viva-board-${attempt}`;
    this.#storage = storage;
  }

  /** @returns {Sketch} */
  read() {
    return readBack(this.#storage.getItem(this.#key));
  }

  /** @param {Sketch} sketch a blank one is forgotten */
  keep(sketch) {
    const text = written(sketch);
    try {
      if (text) {
        this.#storage.setItem(this.#key, text);
      } else {
        this.#storage.removeItem(this.#key);
      }
    } catch {
      // The browser gives no more room: the drawing is kept as long as the page is.
      this.#storage.removeItem(this.#key);
    }
  }
}

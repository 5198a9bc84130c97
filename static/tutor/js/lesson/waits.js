// @ts-check
/**
 * @typedef {import("../net/clock.js").Clock} Clock
 * @typedef {import("../realtime/types.js").ServerEvent} ServerEvent
 */

/** Promises for server events still to come. None of them waits for ever. */
export class Waits {
  #clock;
  /** @type {Set<{match: (event: ServerEvent) => boolean, settle: (event: ServerEvent|null) => void}>} */
  #waiting = new Set();

  /** @param {Clock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /**
   * @param {(event: ServerEvent) => boolean} match
   * @param {number} within milliseconds
   * @returns {Promise<ServerEvent|null>} the first event that matches; null when the time is up or the call is over
   */
  until(match, within) {
    return new Promise((resolve) => {
      const settle = (/** @type {ServerEvent|null} */ event) => {
        cancel();
        this.#waiting.delete(wait);
        resolve(event);
      };
      const cancel = this.#clock.after(within, () => settle(null));
      const wait = { match, settle };
      this.#waiting.add(wait);
    });
  }

  /** @param {ServerEvent} event */
  offer(event) {
    [...this.#waiting].filter((wait) => wait.match(event)).forEach((wait) => wait.settle(event));
  }

  /** The call is over: nothing more will come. */
  abandon() {
    [...this.#waiting].forEach((wait) => wait.settle(null));
  }
}

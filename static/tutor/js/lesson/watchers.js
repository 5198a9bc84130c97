// @ts-check
import { systemClock } from "../net/clock.js";

/** Milliseconds for which a sign of somebody who reads along holds; it comes every five seconds. */
export const HOLDS_FOR = 12_000;

/**
 * Who reads along just now, as far as the news tell. Nobody signs off for certain, so a sign holds for some seconds.
 *
 * Events: "change" when `names` may have changed.
 */
export class Watchers extends EventTarget {
  #clock;
  /** By the window they watch in. @type {Map<string, {name: string, cancel: () => void}>} */
  #present = new Map();

  /** @param {import("../net/clock.js").Clock} [clock] */
  constructor(clock = systemClock) {
    super();
    this.#clock = clock;
  }

  /** Each name once. @returns {string[]} */
  get names() {
    return [...new Set([...this.#present.values()].map(({ name }) => name))].sort();
  }

  /** @param {{type: string, watcher?: string, by?: string}} news */
  hear({ type, watcher = "", by = "" }) {
    if (type === "watched") {
      this.#forget(watcher);
      const cancel = this.#clock.after(HOLDS_FOR, () => this.#leave(watcher));
      this.#present.set(watcher, { name: by, cancel });
      this.#changed();
    } else if (type === "unwatched") {
      this.#leave(watcher);
    }
  }

  /** @param {string} watcher */
  #leave(watcher) {
    this.#forget(watcher);
    this.#changed();
  }

  /** @param {string} watcher */
  #forget(watcher) {
    this.#present.get(watcher)?.cancel();
    this.#present.delete(watcher);
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

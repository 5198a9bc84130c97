// @ts-check

/** How long the learner has talked: what the server knows of, and what the open call adds. Milliseconds. */
export class Pace {
  #spent = 0;
  /** @type {number|null} */
  #since = null;

  /** What the server has summed up. It hears of a call's end a little late, so time never runs backwards. @param {number} spent */
  know(spent) {
    this.#spent = Math.max(this.#spent, spent);
  }

  /** A call opens. @param {number} now */
  begin(now) {
    this.#since = now;
  }

  /** The call, if there is one, is over. @param {number} now */
  end(now) {
    this.#spent = this.spent(now);
    this.#since = null;
  }

  /** @param {number} now */
  spent(now) {
    return this.#spent + (this.#since === null ? 0 : now - this.#since);
  }
}

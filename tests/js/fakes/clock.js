// @ts-check
/**
 * Time under our control, and meaner than the real one: of several timers due at the same moment the newest
 * runs first, and everything a timer sets off has settled before the next one runs.
 *
 * @implements {import("../../../static/tutor/js/net/clock.js").Clock}
 */
export class FakeClock {
  #now = 1_795_339_000_000;
  /** @type {Array<{at: number, run: () => void}>} */
  #timers = [];

  now = () => this.#now;

  /**
   * @param {number} ms
   * @param {() => void} run
   */
  after = (ms, run) => {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  /** @param {number} ms */
  async advance(ms) {
    const end = this.#now + ms;
    await settle();
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#now = timer.at;
      timer.run();
      await settle();
    }
    this.#now = end;
  }

  /**
   * Advance until something is so.
   * @param {() => boolean} condition
   * @param {number} [within] milliseconds
   */
  async until(condition, within = 120_000) {
    const end = this.#now + within;
    await settle();
    while (!condition()) {
      if (this.#now >= end) {
        throw new Error(`Not within ${within} ms: ${condition}`);
      }
      await this.advance(50);
    }
  }

  /** @param {number} end */
  #next(end) {
    const due = this.#timers.filter((timer) => timer.at <= end).sort((one, other) => one.at - other.at);
    const timer = due.findLast((one) => one.at === due[0].at);
    this.#timers = this.#timers.filter((other) => other !== timer);
    return timer;
  }
}

/** Let every promise that can settle do so. */
export async function settle() {
  for (let round = 0; round < 5; round += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

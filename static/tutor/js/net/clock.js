// @ts-check
/**
 * Time as the rest of the code sees it, so that tests can turn the hands themselves.
 *
 * @typedef {object} Clock
 * @property {() => number} now milliseconds since 1970
 * @property {(ms: number, run: () => void) => () => void} after run something later; returns what calls it off
 */

/** @type {Clock} */
export const systemClock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * @param {Clock} clock
 * @param {number} ms
 * @returns {Promise<void>}
 */
export function pause(clock, ms) {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}

const FIRST_DELAY = 500;
const LONGEST_DELAY = 15_000;

/**
 * How long to wait before a try: doubling, at most 15 s, and spread by a third either way, so that a room full
 * of learners does not come back in step.
 * @param {number} failures how many tries have failed so far, at least 1
 * @param {() => number} random
 * @returns {number} milliseconds
 */
export function growingDelay(failures, random) {
  return Math.min(FIRST_DELAY * 2 ** (failures - 1), LONGEST_DELAY) * (2 / 3 + (random() * 2) / 3);
}

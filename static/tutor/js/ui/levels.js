// @ts-check

/** Loudness (root mean square) of a clear voice is about 0.1; this makes it nearly full size. */
const GAIN = 7;
/** Loudness above which a sound counts as meant. A quiet room has less than 0.005. */
const AUDIBLE = 0.015;
/** Milliseconds of such sound until we may say that we hear somebody: a click is shorter. */
const CONVINCING = 250;

/**
 * @param {Float32Array} samples
 * @returns {number} root mean square, 0 to 1
 */
export function loudness(samples) {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

/** How full a meter is for a loudness. @param {number} loud */
export function level(loud) {
  return Math.min(1, loud * GAIN);
}

/** Tells whether somebody was really heard. */
export class Ear {
  #heard = 0;

  get isConvinced() {
    return this.#heard >= CONVINCING;
  }

  /**
   * @param {number} loud
   * @param {number} ms how long it was so loud
   */
  listen(loud, ms) {
    this.#heard += loud > AUDIBLE ? ms : 0;
  }
}

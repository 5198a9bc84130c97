// @ts-check
/**
 * Chance that follows from a seed and names: the same key throws the same dice, whatever else happens.
 */
export class Chance {
  #state;

  /** @param {...(string|number)} key */
  constructor(...key) {
    // FNV-1a
    this.#state = [...key.join("/")].reduce((hash, char) => Math.imul(hash ^ (char.codePointAt(0) ?? 0), 16_777_619) >>> 0, 2_166_136_261);
  }

  /** The next number, 0 to 1 (mulberry32). */
  next = () => {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };

  /** True with so much probability. @param {number} probability */
  hits(probability) {
    return this.next() < probability;
  }

  /** A number of a range. @param {number} from @param {number} to */
  between(from, to) {
    return from + this.next() * (to - from);
  }

  /** A whole number of a range, both ends included. @param {number} from @param {number} to */
  whole(from, to) {
    return Math.floor(this.between(from, to + 1));
  }

  /**
   * @template T
   * @param {ReadonlyArray<T>} things
   * @returns {T}
   */
  of(things) {
    return things[this.whole(0, things.length - 1)];
  }
}

// @ts-check
/**
 * What a browser keeps of one person, in memory: each test opens as many pages over it as it likes.
 */
export class FakeShelf {
  /** @type {Map<string, Map<string, any>>} */
  #places = new Map();

  /** @param {string} place @param {any[]} entries */
  async put(place, entries) {
    const kept = this.#places.get(place) ?? new Map();
    this.#places.set(place, kept);
    entries.forEach((entry) => kept.set(`${entry.kind} ${entry.id}`, structuredClone(entry)));
  }

  /** @param {string} place @param {any[]} entries */
  async remove(place, entries) {
    const kept = this.#places.get(place) ?? new Map();
    for (const entry of entries) {
      const key = `${entry.kind} ${entry.id}`;
      if (JSON.stringify(kept.get(key)) === JSON.stringify(entry)) {
        kept.delete(key);
      }
    }
    if (kept.size === 0) {
      this.#places.delete(place);
    }
  }

  async rest() {
    return new Map([...this.#places].map(([place, kept]) => [place, [...kept.values()]]));
  }

  /** Everything kept, as `place: id text`. */
  get lines() {
    return [...this.#places].flatMap(([place, kept]) => [...kept.values()].map((entry) => `${place}: ${entry.id} ${entry.text ?? entry.kind}`));
  }
}

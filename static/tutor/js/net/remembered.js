// @ts-check

/** Choices kept on this device. Where the browser forbids storage they last as long as the page. */
export class Remembered {
  /** @type {Map<string, string>} */
  #memory = new Map();
  #storage;

  /** @param {() => Pick<Storage, "getItem"|"setItem">} [storage] asked each time: merely naming a forbidden one throws */
  constructor(storage = () => window.localStorage) {
    this.#storage = storage;
  }

  /** @param {string} name */
  get(name) {
    const known = this.#memory.get(name);
    try {
      return known ?? this.#storage().getItem(`viva.${name}`) ?? "";
    } catch {
      return known ?? "";
    }
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  set(name, value) {
    this.#memory.set(name, value);
    try {
      this.#storage().setItem(`viva.${name}`, value);
    } catch {
      // Forbidden or full. The memory has it.
    }
  }
}

// @ts-check
import { SPEEDS, WAYS } from "../realtime/ways.js";

/**
 * How the learner likes to take part.
 * @typedef {object} Choice
 * @property {import("../realtime/ways.js").Way} way
 * @property {import("../realtime/ways.js").Speed} speed
 * @property {number} volume of the tutor, 0 to 100
 * @property {boolean} toggles push-to-talk by one press to begin and another to send, instead of holding
 */

const NAME = "choices";

/** @type {Choice} */
const DEFAULT = { way: "voice", speed: "normal", volume: 100, toggles: false };

/** What each choice may be: the store is anybody's to write. @type {Record<keyof Choice, (value: any) => boolean>} */
const FITS = {
  way: (value) => Object.hasOwn(WAYS, value),
  speed: (value) => SPEEDS.includes(value),
  volume: (value) => Number.isFinite(value) && value >= 0 && value <= 100,
  toggles: (value) => typeof value === "boolean",
};

/** The learner's choices, remembered on this device. */
export class Choices {
  #remembered;
  #choice;

  /** @param {import("./remembered.js").Remembered} remembered */
  constructor(remembered) {
    this.#remembered = remembered;
    this.#choice = { ...DEFAULT, ...read(remembered.get(NAME)) };
  }

  /** @returns {Choice} */
  get now() {
    return this.#choice;
  }

  /** @param {Partial<Choice>} change */
  set(change) {
    this.#choice = { ...this.#choice, ...fitting(change) };
    this.#remembered.set(NAME, JSON.stringify(this.#choice));
  }
}

/**
 * @param {string} kept
 * @returns {Partial<Choice>}
 */
function read(kept) {
  try {
    return fitting(JSON.parse(kept));
  } catch {
    return {};
  }
}

/**
 * @param {any} found
 * @returns {Partial<Choice>}
 */
function fitting(found) {
  const names = /** @type {Array<keyof Choice>} */ (Object.keys(FITS));
  return Object.fromEntries(names.filter((name) => FITS[name](found?.[name])).map((name) => [name, found[name]]));
}

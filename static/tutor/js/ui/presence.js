// @ts-check
import { byId } from "./dom.js";
import { level } from "./levels.js";

/**
 * @typedef {import("./sound.js").Sound} Sound
 * @typedef {import("./sound.js").Meter} Meter
 */

/** How much of the old level remains in each frame: sound grows at once and fades softly. */
const FADE = 0.88;

/**
 * The tutor as a calm shape that moves with real sound: `--voice` and `--learner`, each from 0 to 1.
 * Holds still for people who ask for less motion. What it shows stands beside it in words.
 */
export class Presence {
  #shape = byId("presence");
  #still = window.matchMedia("(prefers-reduced-motion: reduce)");
  #sound;
  /** @type {Map<string, {stream: MediaStream, meter: Meter, level: number}>} */
  #meters = new Map();
  #frame = 0;

  /** @param {Sound} sound */
  constructor(sound) {
    this.#sound = sound;
    this.#still.addEventListener("change", () => this.#run());
  }

  /**
   * Follow a sound; null to follow none.
   * @param {"voice"|"learner"} name
   * @param {MediaStream|null} stream
   */
  follow(name, stream) {
    const known = this.#meters.get(name);
    if (known?.stream === (stream ?? undefined)) {
      return;
    }
    known?.meter.stop();
    this.#meters.delete(name);
    this.#show(name, 0);
    if (stream) {
      this.#meters.set(name, { stream, meter: this.#sound.meter(stream), level: 0 });
      this.#run();
    }
  }

  #run() {
    cancelAnimationFrame(this.#frame);
    if (this.#still.matches) {
      this.#meters.forEach((_, name) => this.#show(name, 0));
    } else if (this.#meters.size > 0) {
      this.#frame = requestAnimationFrame(() => {
        this.#measure();
        this.#run();
      });
    }
  }

  #measure() {
    for (const [name, one] of this.#meters) {
      one.level = Math.max(level(one.meter.read()), one.level * FADE);
      this.#show(name, one.level);
    }
  }

  /**
   * @param {string} name
   * @param {number} value
   */
  #show(name, value) {
    // Set through the CSSOM, which the content security policy allows; a style attribute would be refused.
    this.#shape.style.setProperty(`--${name}`, value.toFixed(3));
  }
}

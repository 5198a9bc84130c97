// @ts-check
import { byId } from "./dom.js";

/** Loudness (root mean square, 0 to 1) of a clear voice is about 0.1; this makes it nearly full size. */
const GAIN = 7;
/** How much of the old level remains in each frame: sound grows at once and fades softly. */
const FADE = 0.88;

/**
 * The tutor as a calm shape that moves with real sound: `--voice` and `--learner`, each from 0 to 1.
 * Holds still for people who ask for less motion.
 */
export class Presence {
  #shape = byId("presence");
  #still = window.matchMedia("(prefers-reduced-motion: reduce)");
  /** @type {AudioContext|null} */
  #context = null;
  /** @type {Map<string, {stream: MediaStream, source: MediaStreamAudioSourceNode, analyser: AnalyserNode, level: number}>} */
  #meters = new Map();
  #frame = 0;

  /**
   * Follow a sound; null to follow none.
   * @param {"voice"|"learner"} name
   * @param {MediaStream|null} stream
   */
  follow(name, stream) {
    const meter = this.#meters.get(name);
    if (meter?.stream === (stream ?? undefined)) {
      return;
    }
    meter?.source.disconnect();
    this.#meters.delete(name);
    this.#shape.style.setProperty(`--${name}`, "0");
    if (stream) {
      this.#meters.set(name, this.#meter(stream));
      this.#run();
    }
  }

  /** @param {MediaStream} stream */
  #meter(stream) {
    this.#context ??= new AudioContext();
    const source = this.#context.createMediaStreamSource(stream);
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = 512;
    source.connect(analyser);
    return { stream, source, analyser, level: 0 };
  }

  #run() {
    cancelAnimationFrame(this.#frame);
    if (this.#meters.size === 0 || this.#still.matches) {
      return;
    }
    this.#frame = requestAnimationFrame(() => {
      this.#measure();
      this.#run();
    });
  }

  #measure() {
    const samples = new Float32Array(512);
    for (const [name, meter] of this.#meters) {
      meter.analyser.getFloatTimeDomainData(samples);
      const loudness = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
      meter.level = Math.max(Math.min(1, loudness * GAIN), meter.level * FADE);
      // Set through the CSSOM, which the content security policy allows; a style attribute would be refused.
      this.#shape.style.setProperty(`--${name}`, meter.level.toFixed(3));
    }
  }
}

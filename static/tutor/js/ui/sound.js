// @ts-check
import { loudness } from "./levels.js";

/** Notes of the test sound, in hertz, and the seconds at which they begin. */
const NOTES = [[523.25, 0], [659.25, 0.22], [783.99, 0.44]];
/** Seconds. */
const NOTE = 0.55;
const SAMPLES = 512;

/**
 * A copy of what the learner's microphone hears, open where the original is silenced: what is measured is not what is sent.
 * @param {MediaStream} stream
 */
export function openCopy(stream) {
  const copy = stream.clone();
  copy.getAudioTracks().forEach((track) => {
    track.enabled = true;
  });
  return copy;
}

/** @typedef {{read: () => number, stop: () => void}} Meter read: the loudness just now, 0 to 1 */

/** Measures sounds, and makes one. The browser lets a page begin with it only after a press of the learner. */
export class Sound {
  /** @type {AudioContext|null} */
  #context = null;

  /**
   * @param {MediaStream} stream
   * @returns {Meter}
   */
  meter(stream) {
    const source = this.#ready().createMediaStreamSource(stream);
    const analyser = source.context.createAnalyser();
    analyser.fftSize = SAMPLES;
    source.connect(analyser);
    const samples = new Float32Array(SAMPLES);
    const read = () => {
      analyser.getFloatTimeDomainData(samples);
      return loudness(samples);
    };
    return { read, stop: () => source.disconnect() };
  }

  /** Three friendly notes, as a stream, so that they leave by the same loudspeaker as the tutor. */
  chime() {
    const context = this.#ready();
    const out = context.createMediaStreamDestination();
    for (const [pitch, at] of NOTES) {
      const [note, volume] = [context.createOscillator(), context.createGain()];
      const begin = context.currentTime + 0.1 + at;
      note.frequency.value = pitch;
      volume.gain.setValueAtTime(0, begin);
      volume.gain.linearRampToValueAtTime(0.3, begin + 0.03);
      volume.gain.exponentialRampToValueAtTime(0.001, begin + NOTE);
      note.connect(volume).connect(out);
      note.start(begin);
      note.stop(begin + NOTE);
    }
    return out.stream;
  }

  /** The context, awake. Safari puts it to sleep, for example during a phone call. */
  #ready() {
    this.#context ??= new AudioContext();
    if (this.#context.state !== "running") {
      // Refused before the first press; the next one asks again.
      this.#context.resume().catch(() => {});
    }
    return this.#context;
  }
}

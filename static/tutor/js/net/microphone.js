// @ts-check
/**
 * @typedef {"on"|"muted"|"refused"|"absent"} MicrophoneState
 */

const CONSTRAINTS = { audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } };

/**
 * The learner's microphone, kept over reconnections.
 *
 * It is silenced by `track.enabled`: a stopped or replaced track would send no packets at all, and the other
 * side takes that for a lost call.
 */
export class Microphone {
  #devices;
  /** @type {MediaStream|null} */
  #stream = null;
  /** @type {MicrophoneState} */
  #state = "on";
  #muted = false;
  #held = false;

  /** @param {Pick<MediaDevices, "getUserMedia">|undefined} devices `navigator.mediaDevices`; undefined on insecure pages */
  constructor(devices) {
    this.#devices = devices;
  }

  /** What the learner should know of it. @returns {MicrophoneState} */
  get state() {
    return this.#state === "on" && this.#muted ? "muted" : this.#state;
  }

  get stream() {
    return this.#stream;
  }

  /**
   * Ask for the microphone, unless it is there already. Never throws: a lesson can be typed.
   * @returns {Promise<MediaStream|null>}
   */
  async open() {
    if (this.#stream?.getAudioTracks().some((track) => track.readyState === "live")) {
      return this.#stream;
    }
    try {
      this.#stream = (await this.#devices?.getUserMedia(CONSTRAINTS)) ?? null;
      this.#state = this.#stream ? "on" : "absent";
    } catch (error) {
      this.#stream = null;
      this.#state = error instanceof Error && error.name === "NotAllowedError" ? "refused" : "absent";
    }
    this.#apply();
    return this.#stream;
  }

  /** What the learner wants. @param {boolean} muted */
  mute(muted) {
    this.#muted = muted;
    this.#apply();
  }

  /** Closed for a moment by the lesson, whatever the learner wants. @param {boolean} held */
  hold(held) {
    this.#held = held;
    this.#apply();
  }

  /** Give it back to the machine: the browser's recording sign goes out. */
  close() {
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
  }

  #apply() {
    this.#stream?.getAudioTracks().forEach((track) => {
      track.enabled = !this.#muted && !this.#held;
    });
  }
}

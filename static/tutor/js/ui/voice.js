// @ts-check
import { byId } from "./dom.js";

/** The loudspeaker: whatever the page lets the learner hear comes from here. */
export class Voice {
  #player = byId("voice", HTMLAudioElement);
  #unblock = byId("sound-on", HTMLButtonElement);

  /** @param {string} speaker id of the device to use; empty for the one of the system */
  constructor(speaker) {
    this.#unblock.addEventListener("click", () => this.#start());
    if (speaker) {
      // One that is not plugged in today is no reason to be silent: the system's takes its place.
      this.use(speaker).catch(() => {});
    }
  }

  /** Whether this browser lets a page choose the loudspeaker. */
  static get canChoose() {
    return "setSinkId" in HTMLMediaElement.prototype;
  }

  /** @param {MediaStream} stream */
  play(stream) {
    this.#player.srcObject = stream;
    return this.#start();
  }

  /** As loud as the learner wants it, and not at all in silent reading. @param {{volume: number, sounds: boolean}} view */
  show({ volume, sounds }) {
    this.#player.volume = volume / 100;
    this.#player.muted = !sounds;
  }

  /**
   * @param {string} speaker
   * @returns {Promise<void>} rejects when the browser does not let us
   */
  async use(speaker) {
    if (Voice.canChoose) {
      await this.#player.setSinkId(speaker);
    }
  }

  /** Where sound needs a press first (Safari), there is a button to press. */
  async #start() {
    try {
      await this.#player.play();
      this.#unblock.hidden = true;
    } catch (error) {
      // Any other error than a refusal only says that another sound took this one's place.
      this.#unblock.hidden = !(error instanceof Error && error.name === "NotAllowedError");
    }
  }
}

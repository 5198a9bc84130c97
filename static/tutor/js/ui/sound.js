// @ts-check
import { byId } from "./dom.js";

/** The tutor's sound: as loud as the learner wants it, and none at all in silent reading. */
export class Sound {
  #voice = byId("voice", HTMLAudioElement);

  /** @param {{volume: number, sounds: boolean}} view */
  show({ volume, sounds }) {
    this.#voice.volume = volume / 100;
    this.#voice.muted = !sounds;
  }
}

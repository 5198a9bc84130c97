// @ts-check
import { gettext, interpolate } from "../words.js";
import { byId, setText } from "./dom.js";

/** @typedef {import("../net/choices.js").Choice} Choice */

/** The panel in which the learner chooses how to take part. Every choice holds at once. */
export class Ways {
  #room = byId("room");
  #button = byId("ways", HTMLButtonElement);
  #label = byId("ways-label");
  #dialog = byId("ways-dialog", HTMLDialogElement);
  #form = byId("ways-form", HTMLFormElement);
  #volume = byId("volume", HTMLInputElement);
  #volumeText = byId("volume-text");
  #toggles = byId("toggles", HTMLInputElement);
  #toggling = byId("toggling");
  #sound = byId("tutor-sound", HTMLFieldSetElement);

  /** @param {(change: Record<string, any>) => void} choose */
  constructor(choose) {
    this.#button.addEventListener("click", () => this.#dialog.showModal());
    this.#form.addEventListener("input", (event) => {
      const { name, type, value, checked } = /** @type {HTMLInputElement} */ (event.target);
      const values = /** @type {Record<string, any>} */ ({ checkbox: checked, range: Number(value) });
      choose({ [name]: values[type] ?? value });
    });
  }

  /** @param {Choice & {status: string, sounds: boolean}} view */
  show({ status, way, speed, volume, toggles, sounds }) {
    this.#check("way", way);
    this.#check("speed", speed);
    this.#volume.value = String(volume);
    setText(this.#volumeText, interpolate(gettext("%(volume)s %"), { volume }));
    this.#toggles.checked = toggles;
    this.#toggling.hidden = way !== "push_to_talk";
    this.#sound.disabled = !sounds;
    setText(this.#label, NAMES[way]());
    this.#button.hidden = false;
    this.#room.dataset.way = way;
    if (status === "ended" && this.#dialog.open) {
      this.#dialog.close();
    }
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  #check(name, value) {
    const choices = this.#form.querySelectorAll(`input[name="${name}"]`);
    choices.forEach((choice) => {
      const input = /** @type {HTMLInputElement} */ (choice);
      input.checked = input.value === value;
    });
  }
}

/** @type {Record<Choice["way"], () => string>} */
const NAMES = {
  voice: () => gettext("Voice"),
  push_to_talk: () => gettext("Button"),
  typing: () => gettext("Typing"),
  silent: () => gettext("Silent"),
};

// @ts-check
import { byId } from "./dom.js";

/** The name under which the choice is kept. */
const CHOICE = "captions";

/** Captions that can be read from across the table, for those who want them. */
export class LargerCaptions {
  #button = byId("larger", HTMLButtonElement);
  #room = byId("room");

  /** @param {{get: (name: string) => string, set: (name: string, value: string) => void}} memory */
  constructor(memory) {
    this.#show(memory.get(CHOICE) === "large");
    this.#button.addEventListener("click", () => {
      const isLarge = this.#button.ariaPressed !== "true";
      memory.set(CHOICE, isLarge ? "large" : "normal");
      this.#show(isLarge);
    });
  }

  /** @param {boolean} isLarge */
  #show(isLarge) {
    this.#button.ariaPressed = String(isLarge);
    this.#room.classList.toggle("room--large", isLarge);
  }
}

// @ts-check
import { byId, setText } from "./dom.js";
import { microphoneHelp } from "./microphone_words.js";

/** What is wrong with the microphone, and the two ways on: try again, or type. */
export class MicrophoneNote {
  #note = byId("microphone-note");
  #text = byId("microphone-help");
  #typeInstead = byId("type-instead");
  #browser;

  /**
   * @param {string} browser its family
   * @param {{retry: () => void, type: () => void}} actions
   */
  constructor(browser, { retry, type }) {
    this.#browser = browser;
    byId("microphone-retry").addEventListener("click", retry);
    byId("microphone-type").addEventListener("click", type);
    this.#typeInstead.addEventListener("click", type);
  }

  /** @param {{status: string, microphone: string, speaks: boolean}} view */
  show({ status, microphone, speaks }) {
    const help = status === "ended" ? "" : microphoneHelp(microphone, { browser: this.#browser });
    const isNew = help !== "" && this.#note.hidden;
    setText(this.#text, help);
    this.#note.hidden = help === "";
    this.#typeInstead.hidden = !speaks;
    if (isNew) {
      this.#note.scrollIntoView({ block: "nearest" });
    }
  }
}

// @ts-check
import { byId, setText } from "./dom.js";
import { microphoneHelp } from "./microphone_words.js";

/** What is wrong with the microphone, and the two ways on: try again, or type. */
export class MicrophoneNote {
  #note = byId("microphone-note");
  #text = byId("microphone-help");
  #browser;

  /**
   * @param {string} browser its family
   * @param {{retry: () => void, type: () => void}} actions
   */
  constructor(browser, { retry, type }) {
    this.#browser = browser;
    byId("microphone-retry").addEventListener("click", retry);
    byId("microphone-type").addEventListener("click", type);
    byId("type-instead").addEventListener("click", type);
  }

  /** @param {{status: string, microphone: string}} view */
  show({ status, microphone }) {
    const help = status === "ended" ? "" : microphoneHelp(microphone, { browser: this.#browser });
    const isNew = help !== "" && this.#note.hidden;
    setText(this.#text, help);
    this.#note.hidden = help === "";
    if (isNew) {
      this.#note.scrollIntoView({ block: "nearest" });
    }
  }
}

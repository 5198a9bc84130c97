// @ts-check
import { gettext } from "../words.js";
import { byId, setText } from "./dom.js";

const TITLES = {
  completed: gettext("Well done! The lesson is complete."),
  left: gettext("The lesson has ended."),
  "": gettext("The lesson is over."),
};
const TEXTS = {
  completed: gettext("Your card says what you showed in each stage, in your own words."),
  left: gettext("Your card keeps what you did so far. You can take the lesson again at any time."),
  "": "",
};

/** What comes after the lesson. */
export class Ending {
  #panel = byId("ending");
  #title = byId("ending-title");
  #text = byId("ending-text");

  /** @param {{status: string, outcome: ""|"completed"|"left"}} view */
  show({ status, outcome }) {
    const isNew = status === "ended" && this.#panel.hidden;
    setText(this.#title, TITLES[outcome]);
    setText(this.#text, TEXTS[outcome]);
    this.#panel.hidden = status !== "ended";
    if (isNew) {
      this.#title.focus();
    }
  }
}

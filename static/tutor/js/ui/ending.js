// @ts-check
import { gettext } from "../words.js";
import { byId, setText } from "./dom.js";

const SO_FAR = gettext("Your card keeps what you did so far. You can take the lesson again at any time.");
const TITLES = {
  completed: gettext("Well done! The lesson is complete."),
  left: gettext("The lesson has ended."),
  time_up: gettext("The time for this lesson is up."),
  "": gettext("The lesson is over."),
};
const TEXTS = {
  completed: gettext("Your card says what you showed in each stage, in your own words."),
  left: SO_FAR,
  time_up: SO_FAR,
  "": "",
};

/** What comes after the lesson. */
export class Ending {
  #panel = byId("ending");
  #title = byId("ending-title");
  #text = byId("ending-text");

  /** @param {{status: string, outcome: ""|"completed"|"left"|"time_up"}} view */
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

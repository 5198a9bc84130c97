// @ts-check
import { gettext, interpolate } from "../words.js";
import { byId, setText } from "./dom.js";

const SO_FAR = gettext("Your card keeps what you did so far. You can take the lesson again at any time.");
const TITLES = {
  completed: gettext("Well done! The lesson is complete."),
  left: gettext("The lesson has ended."),
  time_up: gettext("The time for this lesson is up."),
  stopped: gettext("Your teacher has ended this lesson."),
  "": gettext("The lesson is over."),
};
const TEXTS = {
  completed: gettext("Your card says what you showed in each stage, in your own words."),
  left: SO_FAR,
  time_up: SO_FAR,
  stopped: gettext("All that was said is kept, and your card keeps what you did so far."),
  "": "",
};

/** What comes after the lesson. */
export class Ending {
  #panel = byId("ending");
  #title = byId("ending-title");
  #text = byId("ending-text");

  /** @param {{status: string, outcome: ""|"completed"|"left"|"time_up"|"stopped", endedBy: string}} view */
  show({ status, outcome, endedBy }) {
    const isNew = status === "ended" && this.#panel.hidden;
    setText(this.#title, endedBy ? interpolate(gettext("%(name)s has ended this lesson."), { name: endedBy }) : TITLES[outcome]);
    setText(this.#text, TEXTS[outcome]);
    this.#panel.hidden = status !== "ended";
    if (isNew) {
      this.#title.focus();
    }
  }
}

// @ts-check
import { gettext, interpolate } from "../words.js";
import { byId, setText } from "./dom.js";
import { reasonWords } from "./reason.js";

/**
 * @typedef {object} End
 * @property {""|"completed"|"left"|"time_up"|"stopped"} outcome
 * @property {string} endedBy who of the staff has ended it, if anybody has
 * @property {string} endedWhy and the reason they gave
 */

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
  #why = byId("ending-why");
  #text = byId("ending-text");

  /** @param {{status: string} & End} view */
  show({ status, ...end }) {
    const isNew = status === "ended" && this.#panel.hidden;
    const { title, why, text } = endingWords(end);
    setText(this.#title, title);
    setText(this.#why, why);
    this.#why.hidden = why === "";
    setText(this.#text, text);
    this.#panel.hidden = status !== "ended";
    if (isNew) {
      // For keys to scroll it.
      this.#why.tabIndex = this.#why.scrollHeight > this.#why.clientHeight ? 0 : -1;
      this.#title.focus();
    }
  }
}

/**
 * How the lesson ended, and what there is to look at.
 * @param {End} end
 */
export function endingWords({ outcome, endedBy, endedWhy }) {
  const title = endedBy ? interpolate(gettext("%(name)s has ended this lesson."), { name: endedBy }) : TITLES[outcome];
  return { title, why: reasonWords(endedWhy), text: TEXTS[outcome] };
}

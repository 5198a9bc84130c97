// @ts-check
import { gettext } from "../words.js";
import { byId, setText } from "./dom.js";

const BROKEN = gettext("Something in this page broke. Reload it to go on: what you said is kept.");

/** What went wrong: one sentence, and what to do next. */
export class Notice {
  #line = byId("notice");
  #isBroken = false;

  /** @param {{notice: string}} view */
  show({ notice }) {
    const text = this.#isBroken ? BROKEN : notice;
    setText(this.#line, text);
    this.#line.hidden = text === "";
  }

  /** An error nobody expected. The first one is shown, and stays: the others follow from it. */
  reportBroken() {
    this.#isBroken = true;
    this.show({ notice: "" });
  }
}

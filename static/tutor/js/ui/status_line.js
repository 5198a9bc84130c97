// @ts-check
import { gettext } from "../words.js";
import { byId, setText } from "./dom.js";

const WORDS = /** @type {Record<string, string>} */ ({
  ready: gettext("Ready when you are"),
  connecting: gettext("Connecting …"),
  listening: gettext("Your turn: the tutor is listening"),
  hearing: gettext("The tutor hears you"),
  thinking: gettext("The tutor is thinking"),
  speaking: gettext("The tutor is speaking"),
  saving: gettext("Saving …"),
  moving: gettext("On to the next stage …"),
  reconnecting: gettext("Connection lost, trying again …"),
  elsewhere: gettext("This lesson goes on in another window."),
  ended: gettext("The lesson is over"),
  failed: gettext("Not connected"),
});

/** "listening" would not be true without a microphone. */
const UNMUTE = gettext("Your turn: unmute the microphone, or type");
const TYPE = gettext("Your turn: type your message");

/** What is going on, in words; the colours and the icon follow from `data-status` by CSS. */
export class StatusLine {
  #room = byId("room");
  #line = byId("status");

  /** @param {{status: string, microphone: string}} view */
  show({ status, microphone }) {
    const isUnheard = status === "listening" && microphone !== "on";
    setText(this.#line, isUnheard ? (microphone === "muted" ? UNMUTE : TYPE) : WORDS[status]);
    this.#room.dataset.status = status;
    this.#room.dataset.microphone = microphone;
  }
}

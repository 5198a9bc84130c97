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
const WORDS_UNHEARD = /** @type {Record<string, string>} */ ({
  muted: gettext("Your turn: unmute the microphone, or type"),
  refused: gettext("Your turn: type your message"),
  absent: gettext("Your turn: type your message"),
});

const MICROPHONE_NOTES = /** @type {Record<string, string>} */ ({
  refused: gettext("No microphone: you can type. To talk, allow the microphone in your browser, then reload this page."),
  absent: gettext("No microphone: you can type. To talk, plug one in, then reload this page."),
});

/** What is going on, in words; the colours and the icon follow from `data-status` by CSS. */
export class StatusLine {
  #room = byId("room");
  #line = byId("status");
  #note = byId("microphone-note");

  /** @param {{status: string, microphone: string}} view */
  show({ status, microphone }) {
    const unheard = status === "listening" ? WORDS_UNHEARD[microphone] : undefined;
    setText(this.#line, unheard ?? WORDS[status]);
    this.#room.dataset.status = status;
    this.#room.dataset.microphone = microphone;
    const note = status === "ended" ? "" : (MICROPHONE_NOTES[microphone] ?? "");
    setText(this.#note, note);
    this.#note.hidden = note === "";
  }
}

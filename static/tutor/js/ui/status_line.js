// @ts-check
import { byId, setText } from "./dom.js";

const WORDS = /** @type {Record<string, string>} */ ({
  ready: "Ready when you are",
  connecting: "Connecting …",
  listening: "Your turn: the tutor is listening",
  hearing: "The tutor hears you",
  thinking: "The tutor is thinking",
  speaking: "The tutor is speaking",
  saving: "Saving …",
  moving: "On to the next stage …",
  reconnecting: "Connection lost, trying again …",
  elsewhere: "This lesson goes on in another window.",
  ended: "The lesson is over",
  failed: "Not connected",
});

/** "listening" would not be true without a microphone. */
const WORDS_UNHEARD = /** @type {Record<string, string>} */ ({
  muted: "Your turn: unmute the microphone, or type",
  refused: "Your turn: type your message",
  absent: "Your turn: type your message",
});

const MICROPHONE_NOTES = /** @type {Record<string, string>} */ ({
  refused: "No microphone: you can type. To talk, allow the microphone in your browser, then reload this page.",
  absent: "No microphone: you can type. To talk, plug one in, then reload this page.",
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

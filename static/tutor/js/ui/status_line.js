// @ts-check
import { gettext } from "../words.js";
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

/**
 * What the way of taking part makes of the learner's turn, and of the tutor's.
 * @param {{status: string, microphone: string, way: string, takingTime: boolean, toggles: boolean, isTooShort: boolean}} view
 * @returns {string|undefined}
 */
function wordsOfWay({ status, microphone, way, takingTime, toggles, isTooShort }) {
  if (status === "thinking" && way === "silent") {
    return gettext("The tutor is writing");
  }
  if (status !== "listening" || microphone === "refused" || microphone === "absent") {
    return undefined;
  }
  if (takingTime) {
    return gettext("Take your time: the tutor waits");
  }
  if (way === "push_to_talk") {
    return wordsOfButton(toggles, isTooShort);
  }
  return way !== "voice" && microphone === "muted" ? gettext("Your turn: type your message") : undefined;
}

/**
 * @param {boolean} toggles
 * @param {boolean} isTooShort
 */
function wordsOfButton(toggles, isTooShort) {
  if (toggles) {
    return isTooShort ? gettext("Too short: press to talk, and again to send") : gettext("Your turn: press to talk");
  }
  return isTooShort ? gettext("Too short: hold the button while you speak") : gettext("Your turn: hold to talk");
}

/** What is going on, in words; the colours and the icon follow from `data-status` by CSS. */
export class StatusLine {
  #room = byId("room");
  #line = byId("status");
  #note = byId("microphone-note");

  /** @param {Parameters<typeof wordsOfWay>[0]} view */
  show(view) {
    const { status, microphone } = view;
    const unheard = status === "listening" ? WORDS_UNHEARD[microphone] : undefined;
    setText(this.#line, wordsOfWay(view) ?? unheard ?? WORDS[status]);
    this.#room.dataset.status = status;
    this.#room.dataset.microphone = microphone;
    const note = status === "ended" ? "" : (MICROPHONE_NOTES[microphone] ?? "");
    setText(this.#note, note);
    this.#note.hidden = note === "";
  }
}

// @ts-check
import { gettext, interpolate } from "../words.js";
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
  paused: gettext("Paused"),
  ending: gettext("The lesson is ending …"),
  ended: gettext("The lesson is over"),
  failed: gettext("Not connected"),
});

/** The learner's turn, by the state of the microphone: "listening" would not be true without one. */
const TURN = /** @type {Record<string, string>} */ ({
  on: WORDS.listening,
  muted: gettext("Your turn: unmute the microphone, or type"),
  tried: gettext("Microphone check: the tutor does not hear you"),
});
const TYPE = gettext("Your turn: type your message");

/** Another window has the call: of this lesson, or of another one. @param {string} title of that other one, or nothing */
function wordsOfOther(title) {
  return title ? interpolate(gettext("You are talking in another lesson: “%(title)s”."), { title }) : WORDS.elsewhere;
}

/**
 * What the way of taking part makes of the learner's turn, and of the tutor's.
 * @param {{status: string, microphone: string, way: string, takingTime: boolean, toggles: boolean, isTooShort: boolean}} view
 * @returns {string|undefined}
 */
function wordsOfWay({ status, microphone, way, takingTime, toggles, isTooShort }) {
  if (status === "thinking" && way === "silent") {
    return gettext("The tutor is writing");
  }
  if (status !== "listening" || (microphone !== "on" && microphone !== "muted")) {
    return undefined;
  }
  if (takingTime) {
    return gettext("Take your time: the tutor waits");
  }
  return way === "push_to_talk" ? wordsOfButton(toggles, isTooShort) : undefined;
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

  /** @param {Parameters<typeof wordsOfWay>[0] & {talksIn: string}} view */
  show(view) {
    const { status, microphone, talksIn } = view;
    const otherwise = status === "listening" ? (TURN[microphone] ?? TYPE) : WORDS[status];
    setText(this.#line, status === "elsewhere" ? wordsOfOther(talksIn) : (wordsOfWay(view) ?? otherwise));
    this.#room.dataset.status = status;
    this.#room.dataset.microphone = microphone;
  }
}

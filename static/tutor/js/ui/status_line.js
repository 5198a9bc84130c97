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
const UNMUTE = "Your turn: unmute the microphone, or type";
const TYPE = "Your turn: type your message";

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

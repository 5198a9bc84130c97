// @ts-check
import { gettext, interpolate } from "../words.js";
import { byId, setText } from "./dom.js";

/**
 * @typedef {object} Actions
 * @property {() => void} start
 * @property {(text: string) => void} say
 * @property {(muted: boolean) => void} mute
 * @property {(isWanted: boolean) => void} takeTime
 * @property {() => void} interrupt
 * @property {() => void} end
 */

/** Characters of a typed message. */
const LONGEST = 2_000;
const IDLE = new Set(["ready", "failed", "elsewhere"]);

/** The buttons and the text box. Ending asks first. */
export class Controls {
  #bar = byId("controls");
  #start = byId("start", HTMLButtonElement);
  #startLabel = byId("start-label");
  #mute = byId("mute", HTMLButtonElement);
  #muteLabel = byId("mute-label");
  #think = byId("think", HTMLButtonElement);
  #thinkLabel = byId("think-label");
  #interrupt = byId("interrupt", HTMLButtonElement);
  #end = byId("end", HTMLButtonElement);
  #composer = byId("composer", HTMLFormElement);
  #message = byId("message", HTMLTextAreaElement);
  #tooLong = byId("too-long");
  #dialog = byId("end-dialog", HTMLDialogElement);
  #isMuted = false;
  #isThinking = false;

  /** @param {Actions} actions */
  constructor(actions) {
    this.#start.addEventListener("click", () => actions.start());
    this.#mute.addEventListener("click", () => actions.mute(!this.#isMuted));
    this.#think.addEventListener("click", () => actions.takeTime(!this.#isThinking));
    this.#interrupt.addEventListener("click", () => actions.interrupt());
    this.#end.addEventListener("click", () => this.#dialog.showModal());
    this.#dialog.addEventListener("close", () => {
      if (this.#dialog.returnValue === "end") {
        actions.end();
      }
      this.#dialog.returnValue = "";
    });
    this.#message.addEventListener("input", () => this.#measure());
    this.#message.addEventListener("keydown", (event) => {
      // An Enter that ends the choice of a character, as Japanese is written, sends nothing.
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.#composer.requestSubmit();
      }
    });
    this.#composer.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(actions);
    });
  }

  /** @param {{status: string, begun: boolean, microphone: string, interruptible: boolean, way: string, speaks: boolean, takingTime: boolean}} view */
  show({ status, begun, microphone, interruptible, way, speaks, takingTime }) {
    const isIdle = IDLE.has(status);
    const isPaused = status === "paused";
    const isEnding = status === "ending";
    const isOut = isIdle || isPaused || isEnding;
    const hasMicrophone = microphone === "on" || microphone === "muted";
    this.#bar.hidden = status === "ended";
    this.#start.hidden = !isIdle;
    setText(this.#startLabel, wayIn(status, begun, speaks));
    this.#start.querySelector("svg")?.toggleAttribute("hidden", !speaks);
    this.#isMuted = microphone === "muted";
    const byButton = way === "push_to_talk";
    this.#mute.hidden = isOut || !hasMicrophone || byButton;
    this.#isThinking = takingTime;
    // Only where the microphone makes the turns is there a turn to hold.
    this.#think.hidden = isOut || byButton || !(takingTime || microphone === "on" || way === "voice") || !hasMicrophone;
    setText(this.#thinkLabel, takingTime ? gettext("I am ready") : gettext("Let me think"));
    this.#think.classList.toggle("tool--held", takingTime);
    setText(this.#muteLabel, this.#isMuted ? gettext("Unmute microphone") : gettext("Mute microphone"));
    this.#mute.classList.toggle("tool--struck", this.#isMuted);
    this.#interrupt.hidden = isOut;
    // Not `disabled`: that would lose the focus of who has just pressed it.
    this.#interrupt.ariaDisabled = interruptible ? null : "true";
    this.#end.hidden = isEnding || (isOut && !begun);
    this.#composer.hidden = isPaused || isEnding;
    if (status === "ended" && this.#dialog.open) {
      this.#dialog.close();
    }
  }

  /** @param {Actions} actions */
  #submit(actions) {
    const text = this.#message.value.trim();
    if (text !== "" && text.length <= LONGEST) {
      this.#message.value = "";
      this.#measure();
      actions.say(text);
    }
  }

  /** A text that is too long is not cut, but told: the learner knows best what to leave out. */
  #measure() {
    const { length } = this.#message.value.trim();
    const words = interpolate(gettext("This is too long: %(length)s characters, and %(most)s can be sent. Please shorten it."), { length, most: LONGEST });
    setText(this.#tooLong, length > LONGEST ? words : "");
    this.#message.ariaInvalid = length > LONGEST ? "true" : null;
  }
}

/**
 * What the button says that makes the call.
 * @param {string} status
 * @param {boolean} begun
 * @param {boolean} speaks true in a way of taking part that has a microphone
 */
export function wayIn(status, begun, speaks) {
  if (status === "elsewhere") {
    return gettext("Go on here");
  }
  if (status === "failed" && begun) {
    return gettext("Continue");
  }
  return speaks ? gettext("Start talking") : gettext("Start typing");
}

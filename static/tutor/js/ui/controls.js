// @ts-check
import { byId, setText } from "./dom.js";

/**
 * @typedef {object} Actions
 * @property {() => void} start
 * @property {(text: string) => void} say
 * @property {(muted: boolean) => void} mute
 * @property {() => void} interrupt
 * @property {() => void} end
 */

const IDLE = new Set(["ready", "failed", "elsewhere"]);

/** The buttons and the text box. Ending asks first. */
export class Controls {
  #bar = byId("controls");
  #start = byId("start", HTMLButtonElement);
  #startLabel = byId("start-label");
  #mute = byId("mute", HTMLButtonElement);
  #muteLabel = byId("mute-label");
  #interrupt = byId("interrupt", HTMLButtonElement);
  #end = byId("end", HTMLButtonElement);
  #composer = byId("composer", HTMLFormElement);
  #message = byId("message", HTMLInputElement);
  #dialog = byId("end-dialog", HTMLDialogElement);
  #isMuted = false;

  /** @param {Actions} actions */
  constructor(actions) {
    this.#start.addEventListener("click", () => actions.start());
    this.#mute.addEventListener("click", () => actions.mute(!this.#isMuted));
    this.#interrupt.addEventListener("click", () => actions.interrupt());
    this.#end.addEventListener("click", () => this.#dialog.showModal());
    this.#dialog.addEventListener("close", () => {
      if (this.#dialog.returnValue === "end") {
        actions.end();
      }
      this.#dialog.returnValue = "";
    });
    this.#composer.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(actions);
    });
  }

  /** @param {{status: string, begun: boolean, microphone: string, interruptible: boolean}} view */
  show({ status, begun, microphone, interruptible }) {
    const isIdle = IDLE.has(status);
    const hadFocus = document.activeElement === this.#start && !isIdle;
    const hasMicrophone = microphone === "on" || microphone === "muted";
    this.#bar.hidden = status === "ended";
    this.#start.hidden = !isIdle;
    setText(this.#startLabel, wayIn(status, begun));
    this.#isMuted = microphone === "muted";
    this.#mute.hidden = isIdle || !hasMicrophone;
    setText(this.#muteLabel, this.#isMuted ? "Unmute microphone" : "Mute microphone");
    this.#mute.classList.toggle("tool--struck", this.#isMuted);
    this.#interrupt.hidden = isIdle;
    this.#interrupt.disabled = !interruptible;
    this.#end.hidden = false;
    this.#composer.hidden = false;
    if (hadFocus) {
      // The button goes away under the finger. Not to the text box: a phone would open its keyboard.
      this.#mute.focus();
    }
    if (status === "ended" && this.#dialog.open) {
      this.#dialog.close();
    }
  }

  /** @param {Actions} actions */
  #submit(actions) {
    const text = this.#message.value.trim();
    if (text !== "") {
      this.#message.value = "";
      actions.say(text);
    }
  }
}

/**
 * What the button says that makes the call.
 * @param {string} status
 * @param {boolean} begun
 */
function wayIn(status, begun) {
  if (status === "elsewhere") {
    return "Go on here";
  }
  return status === "failed" && begun ? "Continue" : "Start talking";
}

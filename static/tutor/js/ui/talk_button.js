// @ts-check
import { gettext } from "../words.js";
import { byId, setText } from "./dom.js";

const KEYS = new Set([" ", "Enter"]);

/**
 * The large button of push-to-talk: held by finger, mouse or key; or, if the learner prefers, pressed once to begin and
 * again to send. What presses it without holding (a screen reader, a voice command) always does the latter.
 *
 * It hears keys only while it has the focus, so nobody sets it off by typing.
 */
export class TalkButton {
  #button = byId("talk", HTMLButtonElement);
  #label = byId("talk-label");
  #actions;
  #toggles = false;
  #isPressed = false;

  /** @param {{press: () => void, release: () => void}} actions */
  constructor(actions) {
    this.#actions = actions;
    const button = this.#button;
    button.addEventListener("pointerdown", (event) => {
      if (event.isPrimary && event.button === 0) {
        // So that the finger may slide off it.
        button.setPointerCapture(event.pointerId);
        this.#down();
      }
    });
    button.addEventListener("pointerup", () => this.#up());
    button.addEventListener("pointercancel", () => this.#up());
    button.addEventListener("contextmenu", (event) => event.preventDefault());
    button.addEventListener("keydown", (event) => this.#key(event, () => !event.repeat && this.#down()));
    button.addEventListener("keyup", (event) => this.#key(event, () => this.#up()));
    button.addEventListener("blur", () => this.#up());
    button.addEventListener("click", (event) => event.detail === 0 && this.#switch());
  }

  /** @param {{status: string, way: string, toggles: boolean, pressed: boolean, canPress: boolean}} view */
  show({ status, way, toggles, pressed, canPress }) {
    this.#toggles = toggles;
    this.#isPressed = pressed;
    this.#button.hidden = way !== "push_to_talk" || ["ready", "failed", "elsewhere", "paused", "ended"].includes(status);
    // Not `disabled`: that would lose the finger that is still on it.
    this.#button.ariaDisabled = canPress ? null : "true";
    this.#button.classList.toggle("talk-button--on", pressed);
    setText(this.#label, labelOf(toggles, pressed));
  }

  #down() {
    if (this.#toggles) {
      this.#switch();
    } else {
      this.#actions.press();
    }
  }

  #up() {
    if (!this.#toggles) {
      this.#actions.release();
    }
  }

  #switch() {
    if (this.#isPressed) {
      this.#actions.release();
    } else {
      this.#actions.press();
    }
  }

  /**
   * @param {KeyboardEvent} event
   * @param {() => void} run
   */
  #key(event, run) {
    if (KEYS.has(event.key)) {
      event.preventDefault();
      run();
    }
  }
}

/**
 * @param {boolean} toggles
 * @param {boolean} isPressed
 */
function labelOf(toggles, isPressed) {
  if (toggles) {
    return isPressed ? gettext("Press to send") : gettext("Press to talk");
  }
  return isPressed ? gettext("Let go to send") : gettext("Hold to talk");
}

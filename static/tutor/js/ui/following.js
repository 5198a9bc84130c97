// @ts-check
/** Pixels from the end within which the reader counts as following along. */
const NEAR_END = 64;

/** Keeps the end of a list in sight, unless the reader has scrolled up; then a button leads back to it. */
export class Following {
  #log;
  #button;
  #isHeld;
  #isOn = true;

  /**
   * @param {HTMLElement} log
   * @param {HTMLElement} button back to the newest words
   * @param {() => boolean} isHeld true while the list has to stay where it is; scrolling is not the reader's then
   */
  constructor(log, button, isHeld) {
    this.#log = log;
    this.#button = button;
    this.#isHeld = isHeld;
    log.addEventListener("scroll", () => {
      if (!this.#isHeld()) {
        this.#become(log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END);
      }
    });
    button.addEventListener("click", () => {
      this.resume();
      // The button goes away under the finger.
      log.focus({ preventScroll: true });
    });
  }

  /** To the end, if the reader follows. */
  keepUp() {
    if (this.#isOn && !this.#isHeld()) {
      this.#log.scrollTop = this.#log.scrollHeight;
    }
  }

  /** To the end, and follow from there on. */
  resume() {
    this.#become(true);
    this.keepUp();
  }

  /** @param {boolean} isOn */
  #become(isOn) {
    this.#isOn = isOn;
    this.#button.hidden = isOn;
  }
}

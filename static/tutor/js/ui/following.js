// @ts-check
/** Pixels from the end within which the reader counts as following along. */
const NEAR_END = 64;

/** Keeps the end of a list in sight, unless the reader has scrolled up; then a button leads back to it. */
export class Following {
  #log;
  #button;
  #isHeld;
  #isOn = true;
  /** Where the list was left by the last move of ours; 0 while that says nothing. */
  #leftAt = 0;

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
      // The news of our own move comes with the next frame, when a picture may have come in below.
      const isOurs = this.#isOn && this.#log.scrollTop === this.#leftAt;
      if (!this.#isHeld() && !isOurs) {
        this.#become(this.#isNearEnd());
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
    if (this.#isHeld()) {
      this.#leftAt = 0;
      return;
    }
    if (this.#isOn && this.#hasScrolledUp()) {
      this.#become(false);
    }
    if (this.#isOn) {
      this.#log.scrollTop = this.#log.scrollHeight;
      this.#leftAt = this.#log.scrollTop;
    }
  }

  /** To the end, and follow from there on. */
  resume() {
    this.#leftAt = 0;
    this.#become(true);
    this.keepUp();
  }

  #isNearEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    return scrollHeight - scrollTop - clientHeight < NEAR_END;
  }

  /** Whether the reader has, though the browser only says so with the next frame: words that come before it wait too. */
  #hasScrolledUp() {
    return this.#log.scrollTop < this.#leftAt - NEAR_END && !this.#isNearEnd();
  }

  /** @param {boolean} isOn */
  #become(isOn) {
    this.#isOn = isOn;
    this.#button.hidden = isOn;
  }
}

// @ts-check

/** While the lesson goes on by voice nobody touches the screen: without this a phone would go to sleep and hang up. */
const AWAKE = new Set(["connecting", "listening", "hearing", "thinking", "speaking", "saving", "moving", "reconnecting"]);

/** Keeps the screen on during a call. The browser takes the lock away when the page is hidden; it is asked for again. */
export class WakeLock {
  #isWanted = false;
  /** @type {WakeLockSentinel|null} */
  #lock = null;

  constructor() {
    document.addEventListener("visibilitychange", () => this.#apply());
  }

  /** @param {{status: string}} view */
  show({ status }) {
    if (this.#isWanted !== AWAKE.has(status)) {
      this.#isWanted = AWAKE.has(status);
      this.#apply();
    }
  }

  async #apply() {
    if (!this.#isWanted) {
      await this.#lock?.release();
      this.#lock = null;
    } else if (document.visibilityState === "visible" && (this.#lock?.released ?? true)) {
      await this.#acquire();
    }
  }

  async #acquire() {
    try {
      this.#lock = (await navigator.wakeLock?.request("screen")) ?? null;
    } catch {
      // Refused, for example to spare the battery. The lesson works without it.
      this.#lock = null;
    }
  }
}

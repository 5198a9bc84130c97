// @ts-check
/**
 * @typedef {"idle"|"recording"|"ending"|"sent"} PressState ending: let go, the last syllable is still on its way; sent: the answer has not begun
 *
 * What a press does.
 * @typedef {object} Deeds
 * @property {() => void} begin listen, from now on
 * @property {() => void} discard forget what was heard
 * @property {() => void} send hand over what was heard
 * @property {() => void} changed
 */

/** Milliseconds: a shorter press is a slip of the finger. */
export const SHORTEST = 400;
/** Milliseconds of listening after the button was let go: sound takes longer than events, and people let go early. */
export const TAIL = 250;
/** Milliseconds for the answer to begin. */
const ANSWER_WITHIN = 5_000;

/** @type {Record<PressState, ReadonlyArray<PressState>>} */
const MOVES = {
  idle: ["recording"],
  recording: ["ending", "idle"],
  ending: ["recording", "sent", "idle"],
  sent: ["recording", "idle"],
};

/** One press of the talk button after the other. */
export class Press {
  #clock;
  #deeds;
  /** @type {PressState} */
  #state = "idle";
  #since = 0;
  #isTooShort = false;
  #cancel = () => {};

  /**
   * @param {import("../net/clock.js").Clock} clock
   * @param {Deeds} deeds
   */
  constructor(clock, deeds) {
    this.#clock = clock;
    this.#deeds = deeds;
  }

  get state() {
    return this.#state;
  }

  /** True while what the microphone hears is meant for the tutor. */
  get isListening() {
    return this.#state === "recording" || this.#state === "ending";
  }

  /** True after a press that sent nothing, until the next one. */
  get isTooShort() {
    return this.#isTooShort;
  }

  /** The button goes down. Soon after it was let go, this goes on with the same turn. */
  begin() {
    if (this.#state === "recording") {
      return;
    }
    const goesOn = this.#state === "ending";
    this.#isTooShort = false;
    this.#move("recording");
    if (!goesOn) {
      this.#since = this.#clock.now();
      this.#deeds.begin();
    }
  }

  /** The button is let go. */
  end() {
    if (this.#state !== "recording") {
      return;
    }
    if (this.#clock.now() - this.#since < SHORTEST) {
      this.#isTooShort = true;
      this.drop();
      return;
    }
    this.#move("ending");
    this.#cancel = this.#clock.after(TAIL, () => this.#send());
  }

  /** The answer begins. */
  answered() {
    if (this.#state === "sent") {
      this.#move("idle");
    }
  }

  /** Nothing came of it: what was heard is forgotten. */
  drop() {
    const wasListening = this.isListening;
    if (this.#state !== "idle") {
      this.#move("idle");
    }
    if (wasListening) {
      this.#deeds.discard();
    }
  }

  /** The model has heard nothing at all. */
  fail() {
    if (this.#state === "sent") {
      this.#isTooShort = true;
      this.#move("idle");
    }
  }

  #send() {
    this.#move("sent");
    this.#deeds.send();
    this.#cancel = this.#clock.after(ANSWER_WITHIN, () => this.#move("idle"));
  }

  /** @param {PressState} state */
  #move(state) {
    if (!MOVES[this.#state].includes(state)) {
      throw new RangeError(`A press that is ${this.#state} cannot become ${state}.`);
    }
    this.#cancel();
    this.#state = state;
    this.#deeds.changed();
  }
}

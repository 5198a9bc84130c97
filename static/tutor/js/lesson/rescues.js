// @ts-check
import { inQuietMoment, OFFER_WITHIN } from "./quiet.js";
import { movesOn } from "./stage_change.js";

/**
 * @typedef {import("../net/api.js").Rescue} Rescue
 *
 * @typedef {object} Ports
 * @property {() => number|null} visit number of the stage visit the model is in
 * @property {(rescue: Rescue) => Promise<void>} bring forward a rescue
 */

/**
 * Help for a stage that stalls, on its way to the model. The server offers it again until it hears that the
 * model has it; here each is taken once in a call, and brought in a quiet moment. One that takes the lesson out of its
 * stage is brought without one when none comes, for the server has moved on; a hint waits.
 */
export class Rescues {
  #moments;
  /** The present call: what it was given, and whether its stage is about to change. @type {{taken: Set<string>, moves: boolean}|null} */
  #call = null;

  /** @param {import("./quiet.js").Moments & Ports} moments */
  constructor(moments) {
    this.#moments = moments;
  }

  /** True when the server has moved the lesson on, and the model does not know yet. */
  get isMoveAhead() {
    return this.#call?.moves ?? false;
  }

  /** A call is open. */
  beginCall() {
    this.#call = { taken: new Set(), moves: false };
  }

  /** The call is over: what waits for it will not be brought. */
  endCall() {
    this.#call = null;
  }

  /** @param {Rescue} rescue */
  async take(rescue) {
    const call = this.#call;
    if (call === null || call.taken.has(rescue.id)) {
      return;
    }
    call.taken.add(rescue.id);
    call.moves = movesOn(rescue);
    // The model may have found the way out by itself in the meantime.
    const isStale = () => rescue.stage !== null && (this.#moments.visit() ?? 0) > rescue.stage.visit;
    const due = call.moves ? this.#moments.now() + OFFER_WITHIN : Infinity;
    await inQuietMoment(this.#moments, () => call === this.#call && !isStale(), () => this.#moments.bring(rescue), due);
    call.moves = false;
  }
}

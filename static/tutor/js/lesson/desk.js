// @ts-check
import { inQuietMoment } from "./quiet.js";
import { movesOn } from "./stage_change.js";

/**
 * @typedef {import("../net/api.js").FromDesk} FromDesk
 * @typedef {import("../net/api.js").Offer} Offer
 *
 * @typedef {object} Ports
 * @property {() => number|null} visit number of the stage visit the model is in
 * @property {(offer: Offer) => Promise<boolean>} bring forward an offer; false when the model could not be given it
 * @property {(number: number) => void} had the present call has everything up to this number
 */

/**
 * What staff have the model told or moved to, on its way there: one after the other, each once in a call, in a quiet
 * moment. The server offers it again until it hears that the model has it.
 */
export class Desk {
  #moments;
  /** The present call: what is on its way or was brought, and how many stage changes are among what is on its way. @type {{taken: Set<string>, under: number, moves: number}|null} */
  #call = null;
  #last = Promise.resolve();

  /** @param {import("./quiet.js").Moments & Ports} moments */
  constructor(moments) {
    this.#moments = moments;
  }

  /** True when staff have moved the lesson on, and the model does not know yet. */
  get isMoveAhead() {
    return (this.#call?.moves ?? 0) > 0;
  }

  /** A call is open. */
  beginCall() {
    this.#call = { taken: new Set(), under: 0, moves: 0 };
  }

  /** The call is over: what waits for it will not be brought. */
  endCall() {
    this.#call = null;
  }

  /** @param {FromDesk} news */
  take({ number, offers }) {
    const call = this.#call;
    if (call === null) {
      return;
    }
    if (offers.length === 0 && call.under === 0) {
      this.#moments.had(number);
    }
    for (const offer of offers.filter(({ id }) => !call.taken.has(id))) {
      call.taken.add(offer.id);
      call.under += 1;
      call.moves += Number(movesOn(offer));
      this.#last = this.#last.then(() => this.#bring(call, offer));
    }
  }

  /**
   * @param {{taken: Set<string>, under: number, moves: number}} call
   * @param {Offer} offer
   */
  async #bring(call, offer) {
    // The model may have gone on by itself in the meantime; then the server offers anew what still holds.
    const isStale = () => offer.stage !== null && (this.#moments.visit() ?? 0) > offer.stage.visit;
    let isBrought = false;
    await inQuietMoment(this.#moments, () => call === this.#call && !isStale(), async () => {
      isBrought = await this.#moments.bring(offer);
    });
    call.under -= 1;
    call.moves -= Number(movesOn(offer));
    if (!isBrought) {
      call.taken.delete(offer.id);
    } else if (call === this.#call) {
      this.#moments.had(offer.number);
    }
  }
}

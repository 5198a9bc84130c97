// @ts-check
import { inQuietMoment, OFFER_WITHIN } from "./quiet.js";
import { movesOn } from "./stage_change.js";

/**
 * @typedef {import("../net/api.js").FromDesk} FromDesk
 * @typedef {import("../net/api.js").Offer} Offer
 *
 * @typedef {object} Ports
 * @property {() => number|null} visit number of the stage visit the model is in
 * @property {(offer: Offer) => Promise<boolean>} bring forward an offer; false when the model could not be given it
 * @property {(number: number) => void} had the present call has everything up to this number
 * @property {() => void} changed
 *
 * @typedef {object} PresentCall
 * @property {Set<string>} taken what is on its way to it or was brought
 * @property {number} under how much is on its way
 * @property {Offer[]} moves the stage changes among that
 */

/**
 * What staff have the model told or moved to, on its way there: one after the other, each once in a call, in a quiet
 * moment, or without one when none comes. The server offers it again until it hears that the model has it.
 */
export class Desk {
  #moments;
  /** @type {PresentCall|null} */
  #call = null;
  #last = Promise.resolve();

  /** @param {import("./quiet.js").Moments & Ports} moments */
  constructor(moments) {
    this.#moments = moments;
  }

  /** True when staff have moved the lesson on, and the model does not know yet. */
  get isMoveAhead() {
    return (this.#call?.moves.length ?? 0) > 0;
  }

  /** Who of the staff is about to move the lesson on, if anybody is. */
  get movingBy() {
    return this.#call?.moves.at(-1)?.by ?? "";
  }

  /** A call is open. */
  beginCall() {
    this.#call = { taken: new Set(), under: 0, moves: [] };
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
      if (movesOn(offer)) {
        call.moves.push(offer);
      }
      const due = this.#moments.now() + OFFER_WITHIN;
      this.#last = this.#last.then(() => this.#bring(call, offer, due));
    }
  }

  /**
   * @param {PresentCall} call
   * @param {Offer} offer
   * @param {number} due when it is brought however loud it is, in milliseconds since 1970
   */
  async #bring(call, offer, due) {
    // The model may have gone on by itself in the meantime; then the server offers anew what still holds.
    const isStale = () => offer.stage !== null && (this.#moments.visit() ?? 0) > offer.stage.visit;
    let isBrought = false;
    const bring = async () => {
      isBrought = await this.#moments.bring(offer);
    };
    await inQuietMoment(this.#moments, () => call === this.#call && !isStale(), bring, due);
    call.under -= 1;
    call.moves = call.moves.filter((move) => move !== offer);
    this.#moments.changed();
    if (!isBrought) {
      call.taken.delete(offer.id);
    } else if (call === this.#call) {
      this.#moments.had(offer.number);
    }
  }
}

// @ts-check
import { isPassing } from "../net/api.js";
import { Call } from "../net/call.js";
import { pause, systemClock } from "../net/clock.js";

/**
 * @typedef {import("../net/api.js").Api} Api
 * @typedef {import("../net/api.js").Failure} Failure
 * @typedef {import("../net/api.js").State} State
 * @typedef {import("../net/clock.js").Clock} Clock
 * @typedef {import("../net/microphone.js").Microphone} Microphone
 * @typedef {import("../realtime/types.js").ClientEvent} ClientEvent
 * @typedef {{ok: true, data: State}|Failure} Opened
 */

/** Milliseconds before each try, the first one included. A learner waits some ten seconds, then decides. */
const DELAYS = [0, 300, 1_200, 2_700, 4_800];
const JITTER = 300;
/** Milliseconds. A server that asks for more patience than this gets it from the learner, by the button. */
const LONGEST_RETRY_AFTER = 10_000;

const NO_WAY = "No voice connection could be made. A firewall may be in the way: try another network, or try again.";

/**
 * The line to the tutor: one call at a time, made again when need be.
 *
 * Events: "event", "sent" and "voice" of the present call; "lost" (detail: a code) when an open call broke.
 */
export class Line extends EventTarget {
  #api;
  #microphone;
  #makeCall;
  #clock;
  #random;
  /** @type {Call|null} */
  #call = null;
  /** Counts openings and closings; whatever belongs to an earlier number is out of date. */
  #turn = 0;

  /**
   * @param {object} options
   * @param {Pick<Api, "state"|"connect">} options.api
   * @param {Microphone} options.microphone
   * @param {Clock} [options.clock]
   * @param {() => number} [options.random]
   * @param {() => Call} [options.makeCall]
   */
  constructor({ api, microphone, clock = systemClock, random = Math.random, makeCall }) {
    super();
    this.#api = api;
    this.#microphone = microphone;
    this.#clock = clock;
    this.#random = random;
    this.#makeCall = makeCall ?? (() => new Call({ exchangeSdp: (sdp) => api.connect(sdp), clock }));
  }

  get connection() {
    return this.#call?.connection ?? null;
  }

  /**
   * Make a call in the stage the attempt is in now.
   * @returns {Promise<Opened|null>} the state the call was made in, which may be an ended one (then there is no call);
   *   null when the line was closed meanwhile
   */
  async open() {
    this.close();
    const turn = this.#turn;
    /** @type {Opened|null} */
    let result = null;
    for (const delay of DELAYS) {
      await pause(this.#clock, this.#waitBefore(delay, result));
      result = turn === this.#turn ? await this.#try(turn) : null;
      if (result === null || result.ok || !isWorthAnotherTry(result)) {
        return result;
      }
    }
    return result;
  }

  /** @param {ClientEvent} event */
  send(event) {
    return this.#call ? this.#call.send(event) : "channel_closed";
  }

  close() {
    this.#turn += 1;
    this.#call?.stop();
    this.#call = null;
  }

  /**
   * @param {number} turn
   * @returns {Promise<Opened|null>}
   */
  async #try(turn) {
    const state = await this.#api.state();
    if (turn !== this.#turn) {
      return null;
    }
    if (!state.ok || state.data.ended) {
      return state;
    }
    const stream = await this.#microphone.open();
    if (turn !== this.#turn) {
      return null;
    }
    const failure = await this.#dial(stream);
    return turn === this.#turn ? (failure ?? state) : null;
  }

  /**
   * @param {MediaStream|null} stream
   * @returns {Promise<Failure|null>} null when the channel is open
   */
  async #dial(stream) {
    const call = this.#makeCall();
    this.#call = call;
    this.#passOn(call);
    /** @type {Promise<string|null>} */
    const settled = new Promise((resolve) => {
      call.addEventListener("open", () => resolve(null), { once: true });
      call.addEventListener("over", (event) => resolve(/** @type {CustomEvent} */ (event).detail), { once: true });
    });
    const answer = await call.connect(stream);
    if (!answer.ok) {
      return answer;
    }
    const code = await settled;
    return code === null ? null : { ok: false, kind: "network", status: 0, code, message: NO_WAY, retryAfter: null };
  }

  /** @param {Call} call */
  #passOn(call) {
    let isOpen = false;
    call.addEventListener("open", () => {
      isOpen = true;
    });
    for (const type of ["event", "sent", "voice"]) {
      call.addEventListener(type, (event) => {
        this.dispatchEvent(new CustomEvent(type, { detail: /** @type {CustomEvent} */ (event).detail }));
      });
    }
    call.addEventListener("over", (event) => {
      if (isOpen && call === this.#call) {
        this.dispatchEvent(new CustomEvent("lost", { detail: /** @type {CustomEvent} */ (event).detail }));
      }
    });
  }

  /**
   * @param {number} delay
   * @param {Opened|null} result of the try before
   */
  #waitBefore(delay, result) {
    const asked = result !== null && !result.ok ? (result.retryAfter ?? 0) : 0;
    return delay === 0 ? 0 : Math.max(delay + this.#random() * JITTER, asked);
  }
}

/** Being one too many (429) passes too, but not within seconds. @param {Failure} failure */
function isWorthAnotherTry(failure) {
  return isPassing(failure) && failure.status !== 429 && (failure.retryAfter ?? 0) <= LONGEST_RETRY_AFTER;
}

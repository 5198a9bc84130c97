// @ts-check
import { isPassing } from "../net/api.js";
import { ASSUMED_MESSAGE_SIZE, Call } from "../net/call.js";
import { systemClock } from "../net/clock.js";
import { gettext } from "../words.js";

/**
 * @typedef {import("../net/api.js").Api} Api
 * @typedef {import("../net/api.js").Failure} Failure
 * @typedef {import("../net/api.js").State} State
 * @typedef {import("../net/clock.js").Clock} Clock
 * @typedef {import("../net/microphone.js").Microphone} Microphone
 * @typedef {import("../realtime/types.js").ClientEvent} ClientEvent
 *
 * What came of making a call, and the state of the attempt before it. open: the call is there; ended: the lesson
 * is over, there is no call; elsewhere: neither, for another window has made one since ours; paused: neither, by staff.
 * @typedef {{ok: true, data: State, fate: "open"|"ended"|"elsewhere"|"paused"}|Failure} Opened
 */

/** Milliseconds before each try, the first one included. A learner waits some ten seconds, then decides. */
const DELAYS = [0, 300, 1_200, 2_700, 4_800];
/** Milliseconds for which the last try after a lost call is repeated while nobody answers: a network, or our server, that is away. */
const ABSENCE = 45_000;
/** Milliseconds a call must have lived for the next one to begin with all its tries: no row of calls that all break at once. */
const LASTING = 10_000;
const JITTER = 300;
/** Milliseconds. A server that asks for more patience than this gets it from the learner, by the button. */
const LONGEST_RETRY_AFTER = 10_000;

const NO_WAY = gettext("No voice connection could be made. A firewall may be in the way: try another network, or try again.");
const NO_LASTING = gettext("The voice connection breaks off again and again. Check your network, then press “Continue”.");

/**
 * The line to the tutor: one call at a time, made again when need be.
 *
 * Events: "event", "sent", "voice" and "steady" of the present call; "lost" (detail: a code) when an open call broke.
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
  /** Tries since the learner asked for a call, or since the last call that lasted. */
  #tries = 0;
  /** When the present call was opened. */
  #openedAt = Infinity;
  /** Ends the wait before the next try. */
  #endWait = () => {};
  /**
   * The latest call of the attempt that we know of. Another one in the state was made by another window. Undefined
   * when any may be ours: the learner asked for a call here, or the answer to our offer was lost.
   * @type {string|null|undefined}
   */
  #latest = undefined;

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
    microphone.addEventListener("stream", () => this.#call?.speakWith(microphone.stream));
  }

  get connection() {
    return this.#call?.connection ?? null;
  }

  /** Bytes that one event may have; without a call, what any call takes. */
  get largestMessage() {
    return this.#call?.largestMessage ?? ASSUMED_MESSAGE_SIZE;
  }

  /**
   * Make a call in the stage the attempt is in now.
   * @param {{anew?: boolean}} [options] anew: the learner asked for it, so it is taken from any other window
   * @returns {Promise<Opened|null>} null when the line was closed meanwhile
   */
  async open({ anew = false } = {}) {
    this.close();
    if (anew) {
      this.#tries = 0;
      this.#latest = undefined;
    }
    const turn = this.#turn;
    const patientUntil = this.#clock.now() + (anew ? 0 : ABSENCE);
    /** @type {Opened|null} */
    let result = unmade("call_short_lived", NO_LASTING);
    while (this.#tries < DELAYS.length) {
      const delay = DELAYS[this.#tries];
      this.#tries += 1;
      await this.#pause(this.#waitBefore(delay, result));
      result = turn === this.#turn ? await this.#try(turn) : null;
      if (result === null || result.ok || !isWorthAnotherTry(result)) {
        return result;
      }
      if (isUnanswered(result) && this.#clock.now() < patientUntil) {
        this.#tries = Math.min(this.#tries, DELAYS.length - 1);
      }
    }
    return result;
  }

  /** @param {ClientEvent} event */
  send(event) {
    return this.#call ? this.#call.send(event) : "channel_closed";
  }

  /** See `Call.probe`. */
  async probe() {
    return this.#call ? this.#call.probe() : true;
  }

  /** Do not wait any longer before the next try: the network, or our server, is back. */
  hurry() {
    this.#endWait();
  }

  close() {
    this.#turn += 1;
    if (this.#clock.now() - this.#openedAt >= LASTING) {
      this.#tries = 0;
    }
    this.#openedAt = Infinity;
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
    if (!state.ok) {
      return state;
    }
    const { ended, connection, paused } = state.data;
    if (paused && !ended) {
      return { ...state, fate: "paused" };
    }
    if (ended || (this.#latest !== undefined && this.#latest !== connection)) {
      return { ...state, fate: ended ? "ended" : "elsewhere" };
    }
    this.#latest = connection;
    const stream = await this.#microphone.open();
    if (turn !== this.#turn) {
      return null;
    }
    const dialled = await this.#dial(stream);
    if (turn !== this.#turn || !dialled.ok) {
      return turn === this.#turn ? dialled : null;
    }
    const { visit } = dialled.data;
    return visit === null || visit === state.data.stage?.visit ? { ...state, fate: "open" } : this.#catchUp(turn, visit);
  }

  /**
   * The lesson has moved on between its state and the call, by a report that came late: ask for the state again.
   * @param {number} turn
   * @param {number} visit number of the one the call is configured for
   * @returns {Promise<Opened|null>}
   */
  async #catchUp(turn, visit) {
    const state = await this.#api.state();
    if (turn !== this.#turn) {
      return null;
    }
    if (state.ok && state.data.stage?.visit === visit) {
      return { ...state, fate: "open" };
    }
    this.#call?.stop();
    this.#call = null;
    if (state.ok && state.data.ended) {
      return { ...state, fate: "ended" };
    }
    return state.ok ? unmade("stage_missed", NO_LASTING) : state;
  }

  /**
   * @param {MediaStream|null} stream
   * @returns {Promise<import("../net/api.js").Result<import("../net/api.js").ConnectionAnswer>>} a failure unless the channel is open
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
      this.#latest = answer.kind === "network" ? undefined : this.#latest;
      return answer;
    }
    this.#latest = answer.data.connection;
    const code = await settled;
    if (code === null) {
      this.#openedAt = this.#clock.now();
    }
    return code === null ? answer : unmade(code, NO_WAY);
  }

  /** @param {Call} call */
  #passOn(call) {
    let isOpen = false;
    call.addEventListener("open", () => {
      isOpen = true;
    });
    for (const type of ["event", "sent", "voice", "steady"]) {
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
   * @param {number} ms
   * @returns {Promise<void>}
   */
  #pause(ms) {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ms, resolve);
      this.#endWait = () => {
        cancel();
        resolve();
      };
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

/**
 * @param {string} code
 * @param {string} message
 * @returns {Failure}
 */
function unmade(code, message) {
  return { ok: false, kind: "network", status: 0, code, message, retryAfter: null };
}

/** True when neither our server nor the provider has said anything: there is no network, or a proxy tells that the server is away. @param {Failure} failure */
function isUnanswered({ code, status }) {
  return code === "network" || (status >= 500 && code === String(status));
}

/** Being one too many (429) passes too, but not within seconds. @param {Failure} failure */
function isWorthAnotherTry(failure) {
  return isPassing(failure) && failure.status !== 429 && (failure.retryAfter ?? 0) <= LONGEST_RETRY_AFTER;
}

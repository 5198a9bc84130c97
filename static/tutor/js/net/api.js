// @ts-check
import { gettext } from "../words.js";
import { growingDelay, pause, systemClock } from "./clock.js";

/**
 * The server's JSON interface. Errors are values: nothing here throws because of the network or the server.
 *
 * @typedef {"granted"|"signed_out"|"foreign"} Access foreign: the attempt is not theirs who are signed in now
 * @typedef {import("./clock.js").Clock} Clock
 * @typedef {import("../realtime/types.js").ClientEvent} ClientEvent
 * @typedef {import("../realtime/types.js").JournalEntry} JournalEntry
 * @typedef {import("../realtime/transcript.js").Utterance} Utterance
 * @typedef {{state: string, connections: string, tool_calls: string, journal: string, corrections: string, end: string}} Urls
 *
 * @typedef {{turns: number, quotes: number}} Needs answers of the learner, and sentences to be quoted, before a stage may end
 * @typedef {{key: string, title: string, goal: string, visit: number, position: number, needs: Needs}} Stage
 * @typedef {{key: string, title: string, goal: string, progress: "done"|"current"|"ahead"|"passed"|"skipped"}} StageProgress passed: staff moved past it; skipped: not needed on the way to the end
 *
 * What the learner is shown in the middle of the conversation. `math` is MathML, `image` a data URI.
 * @typedef {object} Card
 * @property {string} call_id
 * @property {"card"|"drawing"} kind a drawing asks for a picture
 * @property {string} title
 * @property {string} text
 * @property {string} math
 * @property {string} image
 * @property {string} alt
 * @property {number} visit
 * @property {string|null} after id of the sentence it follows; null: it comes first
 *
 * @typedef {object} State
 * @property {boolean} ended
 * @property {""|"completed"|"left"|"time_up"|"stopped"} outcome
 * @property {string|null} ended_by who has ended it, where that was somebody of the staff
 * @property {string|null} ended_why and the reason they gave
 * @property {Paused|null} paused
 * @property {boolean} rehearsal
 * @property {string|null} connection id of the latest answered call of the attempt, whichever window made it; that of another lesson while the learner is in a call there
 * @property {string|null} elsewhere title of that other lesson
 * @property {Barred|null} barred why no call can be made just now
 * @property {{minutes: number, limit: number, spent: number, left: TimeLeft|null}} time minutes the lesson may take, minutes after which it ends (0: never), seconds spent in calls so far, and what budgets leave
 * @property {Stage|null} stage
 * @property {StageProgress[]} stages
 * @property {Utterance[]} transcript
 * @property {Card[]} cards in the order in which they were shown
 * @property {ClientEvent[]} opening
 * @property {Record<string, ClientEvent>} adjustments what the learner may change of a call, by name
 *
 * @typedef {{events: ClientEvent[], card: Card|null, stage: Stage|null, stages: StageProgress[], ended: boolean}} ToolCallAnswer
 * Help for a stage that stalls, decided on by the server: to be forwarded like the answer to a tool call.
 * @typedef {ToolCallAnswer & {id: string}} Rescue
 * What staff have a call told, or moved to: forwarded like a rescue. `by` is who moved it, `why` in their words.
 * @typedef {Rescue & {number: number, by: string, why: string}} Offer
 * @typedef {{by: string, since: string, why: string}} Paused why: in the words of who has paused it
 * @typedef {{code: string, message: string}} Barred message: a sentence for the learner
 * @typedef {{seconds: number, in: "day"|"month"}} TimeLeft seconds in calls that the learner may still take in this day or month
 * @typedef {{number: number, paused: Paused|null, offers: Offer[]}} FromDesk number: that of the latest thing done; offers: what the present call has not had
 * @typedef {object} JournalAnswer
 * @property {string[]} stored
 * @property {string[]} duplicate
 * @property {string[]} conflict
 * @property {Array<{id: string, code: string}>} rejected
 * @property {Rescue|null} rescue offered with every answer until a request says that it was received
 * @property {FromDesk|null} desk what staff have done, if anything
 * @property {boolean} ended the attempt is over, whoever has ended it
 * @typedef {{id: string, item_id: string, text: string}} Correction what the learner really said; `id` is a UUID
 * @typedef {{events: ClientEvent[], utterance: Utterance}} CorrectionAnswer the events are to be forwarded in a quiet moment
 * @typedef {{sdp: string, connection: string|null, visit: number|null}} ConnectionAnswer visit: number of the one the call is configured for
 *
 * @typedef {object} Failure
 * @property {false} ok
 * @property {"network"|"status"} kind
 * @property {number} status 0 when no answer came
 * @property {string} code
 * @property {string} message one sentence for a person
 * @property {number|null} retryAfter milliseconds the server asks us to wait
 */

/**
 * @template T
 * @typedef {{ok: true, data: T} | Failure} Result
 */

/** Milliseconds an exchange may take. */
const PATIENCE = 10_000;
/** Bytes in a millisecond that the slowest network worth waiting for carries: a picture takes its time there. */
const SLOWEST = 10;
/** The provider has to be asked too. */
const CONNECT_PATIENCE = 15_000;
/** Milliseconds between two tries of what waits for somebody to sign in again. */
export const BARRED_DELAY = 4_000;
/** What a status says of the access. Without a CSRF cookie a POST is refused (403) before anybody looks who is signed in. */
const BARRED = /** @type {Record<number, Access>} */ ({ 401: "signed_out", 403: "signed_out", 404: "foreign" });
/** Codes of refusals that do not speak of who is signed in: a sentence that is not there, a text to be agreed to first. */
const NOT_ABOUT_ACCESS = new Set(["unknown_utterance", "consent_needed"]);
/** The code of a refusal that may be early: the provider's own word has not reached the server yet. */
const NOT_CONFIRMED = "not_confirmed";
/** Tries of what must not get lost: about a minute with the growing delays. */
const TRIES = 8;

const MESSAGES = /** @type {Record<number, string>} */ ({
  0: gettext("The server cannot be reached. Check your network connection, then try again."),
  429: gettext("There is a lot going on just now. Wait a minute, then try again."),
});
const OTHER_MESSAGE = gettext("The server could not do that just now. Try again in a moment.");

/** True when the same request may succeed later. @param {Failure} failure */
export function isPassing(failure) {
  return failure.kind === "network" || failure.status >= 500 || failure.status === 408 || failure.status === 429;
}

/** True when the same request may succeed after somebody has signed in. @param {Failure} failure */
export function isBarred({ status, code }) {
  return status in BARRED && !NOT_ABOUT_ACCESS.has(code);
}

/**
 * True when the refusal is our own server's, and not that of somebody in between: ours have a code of their own. What
 * our server has not judged is not to be thrown away.
 * @param {Failure} failure
 */
export function isOurs({ status, code }) {
  return status !== 0 && code !== String(status);
}

/** Events: "access" when `access` changes. */
export class Api extends EventTarget {
  /** @type {Access} */
  #access = "granted";
  #urls;
  #csrfToken;
  #fetch;
  #clock;
  #random;

  /**
   * @param {object} options
   * @param {Urls} options.urls
   * @param {() => string} options.csrfToken asked at every request: signing in changes it
   * @param {typeof fetch} [options.fetch]
   * @param {Clock} [options.clock]
   * @param {() => number} [options.random]
   */
  constructor({ urls, csrfToken, fetch = globalThis.fetch.bind(globalThis), clock = systemClock, random = Math.random }) {
    super();
    this.#urls = urls;
    this.#csrfToken = csrfToken;
    this.#fetch = fetch;
    this.#clock = clock;
    this.#random = random;
  }

  /** What the server's latest answer says of who is signed in. */
  get access() {
    return this.#access;
  }

  /** @returns {Promise<Result<State>>} */
  state() {
    return this.#exchange(this.#urls.state, { method: "GET" }, json);
  }

  /**
   * @param {{keepalive?: boolean}} [options] keepalive: the request outlives the page
   * @returns {Promise<Result<State>>}
   */
  end({ keepalive = false } = {}) {
    return this.#exchange(this.#urls.end, { ...this.#post({}), keepalive }, json);
  }

  /**
   * @param {string} sdp the browser's offer, unchanged
   * @returns {Promise<Result<ConnectionAnswer>>}
   */
  connect(sdp) {
    return this.#exchange(this.#urls.connections, this.#post({ sdp }), sdpAnswer, CONNECT_PATIENCE);
  }

  /**
   * Report a function call and learn what to send. Tried again with the same body until there is an answer, and
   * for as long as nobody is signed in: the server answers the same `call_id` with the same words.
   * @param {{call_id: string, name: string, arguments: string, visit?: number|null, connection?: string|null}} call
   * @param {(failure: Failure) => void} [onRetry]
   * @returns {Promise<Result<ToolCallAnswer>>}
   */
  toolCall(call, onRetry = () => {}) {
    return this.#insist(this.#urls.tool_calls, call, onRetry);
  }

  /**
   * Tell what the learner really said. Tried again like a function call: the server takes the same `id` once.
   * @param {Correction} correction
   * @returns {Promise<Result<CorrectionAnswer>>}
   */
  correct(correction) {
    return this.#insist(this.#urls.corrections, correction);
  }

  /**
   * @param {string} url
   * @param {object} body
   * @param {(failure: Failure) => void} [onRetry]
   * @returns {Promise<Result<any>>}
   */
  async #insist(url, body, onRetry = () => {}) {
    for (let failures = 1; ;) {
      const result = await this.#exchange(url, this.#post(body), json);
      const barred = !result.ok && isBarred(result);
      const passing = !result.ok && (isPassing(result) || result.code === NOT_CONFIRMED);
      if (result.ok || (!barred && (!passing || failures === TRIES))) {
        return result;
      }
      onRetry(result);
      await pause(this.#clock, barred ? BARRED_DELAY : (result.retryAfter ?? growingDelay(failures, this.#random)));
      failures += barred ? 0 : 1;
    }
  }

  /**
   * @param {JournalEntry[]} entries
   * @param {{received?: string|null, desk?: number, connection?: string|null, waited?: number, keepalive?: boolean}} [options]
   *   received: the latest rescue forwarded in this call; desk: the number up to which it has what staff have done; connection: the call, which goes on; waited: for how many milliseconds the server has not had everything; keepalive: the request outlives the page
   * @returns {Promise<Result<JournalAnswer>>}
   */
  journal(entries, { received = null, desk = 0, connection = null, waited = 0, keepalive = false } = {}) {
    const init = this.#post({ entries, received, desk, connection, waited });
    const patience = PATIENCE + Math.ceil(String(init.body).length / SLOWEST);
    return this.#exchange(this.#urls.journal, { ...init, keepalive }, json, patience);
  }

  /**
   * @param {object} body
   * @returns {RequestInit}
   */
  #post(body) {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": this.#csrfToken() };
    return { method: "POST", headers, body: JSON.stringify(body) };
  }

  /**
   * @template T
   * @param {string} url
   * @param {RequestInit} init
   * @param {(response: Response) => Promise<T>} read
   * @param {number} [patience]
   * @returns {Promise<Result<T>>}
   */
  async #exchange(url, init, read, patience = PATIENCE) {
    try {
      const signal = AbortSignal.timeout(patience);
      const response = await this.#fetch(url, { ...init, signal, credentials: "same-origin" });
      /** @type {Result<T>} */
      const result = response.ok ? { ok: true, data: await read(response) } : await refusal(response);
      this.#learnAccess(result);
      return result;
    } catch {
      // fetch rejects when there is no network, when the time is up, and when the body breaks off: no answer, in one word.
      return { ok: false, kind: "network", status: 0, code: "network", message: MESSAGES[0], retryAfter: null };
    }
  }

  /** @param {Result<unknown>} result of an exchange; an overloaded or broken server says nothing of the access */
  #learnAccess(result) {
    const status = result.ok ? 200 : result.status;
    const isSilent = status >= 500 || status === 429;
    const access = isSilent ? this.#access : !result.ok && isBarred(result) ? BARRED[status] : "granted";
    if (access !== this.#access) {
      this.#access = access;
      this.dispatchEvent(new Event("access"));
    }
  }
}

/** @param {Response} response @returns {Promise<any>} */
function json(response) {
  return response.json();
}

/** @param {Response} response @returns {Promise<ConnectionAnswer>} */
async function sdpAnswer(response) {
  const path = (response.headers.get("Location") ?? "").split("/").filter(Boolean);
  const visit = Number.parseInt(response.headers.get("Viva-Visit") ?? "", 10);
  return { sdp: await response.text(), connection: path.at(-1) ?? null, visit: Number.isNaN(visit) ? null : visit };
}

/** @param {Response} response @returns {Promise<Failure>} */
async function refusal(response) {
  const { status } = response;
  const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
  const body = isJson ? await response.json() : {};
  const seconds = Number.parseFloat(response.headers.get("Retry-After") ?? "");
  return {
    ok: false,
    kind: "status",
    status,
    code: body.error ?? String(status),
    message: body.message ?? MESSAGES[status] ?? OTHER_MESSAGE,
    retryAfter: Number.isFinite(seconds) ? seconds * 1000 : null,
  };
}

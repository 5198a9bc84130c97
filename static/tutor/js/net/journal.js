// @ts-check
import { BARRED_DELAY, isBarred, isOurs } from "./api.js";
import { growingDelay, pause, systemClock } from "./clock.js";

/**
 * @typedef {import("./clock.js").Clock} Clock
 * @typedef {import("./api.js").Failure} Failure
 * @typedef {import("./api.js").JournalAnswer} JournalAnswer
 * @typedef {import("./api.js").Rescue} Rescue
 * @typedef {import("./shelf.js").Shelf} Shelf
 * @typedef {import("../realtime/types.js").JournalEntry} JournalEntry
 *
 * unsaved: it did not work so far; dropped: the server took everything but so many entries, which it never will
 * @typedef {{kind: "saved"|"saving"|"unsaved"|"dropped", count: number}} Saved
 */

/**
 * @template T
 * @typedef {import("./api.js").Result<T>} Result
 */

/** Entries of one request; the server takes no more. */
export const BATCH_ENTRIES = 50;
/** Bytes of one request: the server takes 256 KiB. */
export const BATCH_BYTES = 200_000;
/** Bytes of a request that outlives its page: browsers allow 64 KiB for all of them together. */
const FAREWELL_BYTES = 60_000;
/** Milliseconds without a request after which an empty one tells the server that the call goes on, and that time has passed. */
const BEAT = 15_000;
/** Milliseconds for which words wait, as far as the server is told: a little more than a day. */
const MOST_WAITED = 100_000_000;
/** Milliseconds of a sentence under way that a crash may cost. */
const SKETCH_EVERY = 1_000;
/**
 * Statuses by which our server blames the request itself, or says that the attempt takes nothing any more. All others
 * may pass, being signed out included, and nothing is thrown away for them.
 */
const UNTAKEABLE = new Set([400, 410, 413, 422]);

/** True when our server will never take this request. @param {Failure} failure */
export function isUntakeable(failure) {
  return UNTAKEABLE.has(failure.status) && isOurs(failure);
}

/**
 * The ordered outbox of what the server should know: utterances, pictures, token usage, faults.
 *
 * One request at a time, so entries arrive in order; tried again until they are taken, for any entry may be
 * sent twice. Of an utterance that has not been sent yet only the newest entry is kept, in the oldest place.
 * Pictures are large and in no hurry: they go one by one, after all that is small, so that words never wait for one.
 * What is not stored yet is on the shelf too, and so is the sentence under way: the next page finds it there.
 *
 * Events: "change" when `saved` changes; "rejected" (detail: {id, code}) for an entry the server will never take;
 * "rescue" (detail: Rescue) with every answer that brings help for a stage that stalls; "ended" with every answer that
 * says that the attempt is over; "desk" (detail: FromDesk) with every answer where staff had a hand in it.
 */
export class Journal extends EventTarget {
  #send;
  #shelf;
  #place;
  #clock;
  #random;
  #beatEvery;
  #isSketching = false;
  /** Waiting, oldest first. @type {JournalEntry[]} */
  #queue = [];
  /** Under way. @type {JournalEntry[]} */
  #batch = [];
  #failures = 0;
  /** Entries the server refused for good. */
  #dropped = 0;
  /** Entries per request; 1 after the server refused a whole request, to find the entry it cannot take. */
  #limit = BATCH_ENTRIES;
  /** Calls off the wait before the next try. @type {(() => void)|null} */
  #cancelRetry = null;
  /** @type {Array<() => void>} */
  #whenEmpty = [];
  /** When the last request was sent. */
  #sentAt = 0;
  /** Since when something is here that the server does not have; null while it has everything. @type {number|null} */
  #behindSince = null;
  /** Id of the latest rescue the model of the present call has been given; goes with every request. @type {string|null} */
  received = null;
  /** Number up to which the room has what staff have done, in its present call; goes with every request. */
  desk = 0;
  /** Id of the present call, which goes on as long as the server hears of it; null without one. @type {string|null} */
  connection = null;

  /**
   * @param {object} options
   * @param {(entries: JournalEntry[], options: {received: string|null, desk?: number, connection?: string|null, waited?: number, keepalive?: boolean}) => Promise<Result<JournalAnswer>>} options.send
   * @param {Pick<Shelf, "put"|"remove"|"rest">|null} [options.shelf] null: everything is kept in memory only
   * @param {string} [options.place] what the shelf keeps the entries under
   * @param {Clock} [options.clock]
   * @param {() => number} [options.random]
   * @param {number} [options.beatEvery] milliseconds between two requests at most, while a call is live
   */
  constructor({ send, shelf = null, place = "", clock = systemClock, random = Math.random, beatEvery = BEAT }) {
    super();
    this.#send = send;
    this.#shelf = shelf;
    this.#place = place;
    this.#clock = clock;
    this.#random = random;
    this.#beatEvery = beatEvery;
  }

  /** @returns {Saved} */
  get saved() {
    const count = this.#left;
    if (count === 0) {
      return this.#dropped > 0 ? { kind: "dropped", count: this.#dropped } : { kind: "saved", count };
    }
    return { kind: this.#failures > 0 ? "unsaved" : "saving", count };
  }

  /** What was said and is not stored so far, in the order in which it came about. */
  get unsent() {
    return [...this.#batch, ...this.#queue].filter((entry) => entry.kind === "utterance");
  }

  /** Entries not stored so far. */
  get #left() {
    return this.#queue.length + this.#batch.length;
  }

  /** @param {JournalEntry[]} entries */
  add(entries) {
    if (entries.length === 0) {
      return;
    }
    entries.forEach((entry) => this.#enqueue(entry));
    this.#shelf?.put(this.#place, entries);
    this.#announce();
    this.#next();
  }

  /** Take up what an earlier page could not send. */
  async restore() {
    const left = (await this.#shelf?.rest())?.get(this.#place) ?? [];
    if (left.length > 0) {
      const newer = this.#queue;
      this.#queue = [];
      [...left, ...newer].forEach((entry) => this.#enqueue(entry));
      this.#announce();
      this.#next();
    }
  }

  /**
   * Keep sentences under way on the shelf, should this page break: the server hears of them when they are over.
   * @param {() => JournalEntry[]} draw asked a little later, so that many changes cost no more than one
   */
  async sketch(draw) {
    if (this.#shelf === null || this.#isSketching) {
      return;
    }
    this.#isSketching = true;
    await pause(this.#clock, SKETCH_EVERY);
    this.#isSketching = false;
    const sketches = draw();
    if (sketches.length > 0) {
      this.#shelf.put(this.#place, sketches);
    }
  }

  /**
   * Try at once to send everything.
   * @param {number} within milliseconds to wait at most
   * @returns {Promise<boolean>} true when everything is stored
   */
  flush(within) {
    if (this.#left === 0) {
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const cancel = this.#clock.after(within, () => resolve(false));
      this.#whenEmpty.push(() => {
        cancel();
        resolve(true);
      });
      this.retry();
    });
  }

  /** Do not wait any longer before the next try. */
  retry() {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#next();
  }

  /** To be called every now and then while a call is live. */
  beat() {
    if (this.#clock.now() - this.#sentAt >= this.#beatEvery) {
      this.ask();
    }
  }

  /** Hear from the server without having anything to tell. No answer is no harm: the next request brings it. */
  async ask() {
    const result = await this.#request([]);
    if (result.ok) {
      this.#pass(result.data);
    }
  }

  /** The page goes away, and its call: send what is left with requests that outlive it. Nobody waits for their answers. */
  leave() {
    const left = [...this.#batch, ...this.#queue].sort((one, other) => Number(isPicture(one)) - Number(isPicture(other)));
    for (let batch = take(left, BATCH_ENTRIES, FAREWELL_BYTES); batch.length > 0; batch = take(left, BATCH_ENTRIES, FAREWELL_BYTES)) {
      // Browsers refuse a larger one to outlive its page; without that it may still arrive.
      this.#send(batch, { received: this.received, keepalive: sizeOf(batch) <= FAREWELL_BYTES });
      left.splice(0, batch.length);
    }
  }

  /** @param {JournalEntry} entry */
  #enqueue(entry) {
    this.#behindSince ??= this.#clock.now();
    const index = entry.kind === "utterance" ? this.#queue.findIndex((other) => other.kind === "utterance" && other.id === entry.id) : -1;
    if (index >= 0) {
      this.#queue[index] = entry;
      return;
    }
    const picture = isPicture(entry) ? -1 : this.#queue.findIndex(isPicture);
    this.#queue.splice(picture < 0 ? this.#queue.length : picture, 0, entry);
  }

  async #next() {
    if (this.#batch.length > 0 || this.#cancelRetry !== null || this.#queue.length === 0) {
      return;
    }
    this.#batch = take(this.#queue, this.#limit, BATCH_BYTES);
    this.#queue.splice(0, this.#batch.length);
    const result = await this.#request(this.#batch);
    if (result.ok) {
      this.#pass(result.data);
      this.#taken(result.data);
    } else if (isUntakeable(result)) {
      this.#refused(result.code);
    } else {
      this.#failed(result);
    }
    this.#announce();
    this.#next();
  }

  /** @param {JournalEntry[]} entries */
  #request(entries) {
    this.#sentAt = this.#clock.now();
    const waited = entries.length === 0 ? 0 : Math.min(Math.round(this.#sentAt - (this.#behindSince ?? this.#sentAt)), MOST_WAITED);
    return this.#send(entries, { received: this.received, desk: this.desk, connection: this.connection, waited });
  }

  /** @param {JournalAnswer} answer */
  #pass({ rescue, desk, ended }) {
    if (rescue) {
      this.dispatchEvent(new CustomEvent("rescue", { detail: rescue }));
    }
    if (desk) {
      this.dispatchEvent(new CustomEvent("desk", { detail: desk }));
    }
    if (ended) {
      this.dispatchEvent(new Event("ended"));
    }
  }

  /** @param {Pick<JournalAnswer, "rejected">} answer */
  #taken(answer) {
    this.#shelf?.remove(this.#place, this.#batch);
    this.#batch = [];
    this.#behindSince = this.#queue.length === 0 ? null : this.#sentAt;
    this.#failures = 0;
    answer.rejected.forEach((rejected) => this.#reject(rejected));
    if (this.#queue.length === 0) {
      this.#limit = BATCH_ENTRIES;
      this.#whenEmpty.splice(0).forEach((resolve) => resolve());
    }
  }

  /** @param {Failure} failure */
  #failed(failure) {
    this.#putBack();
    this.#failures += 1;
    const delay = isBarred(failure) ? BARRED_DELAY : (failure.retryAfter ?? growingDelay(this.#failures, this.#random));
    this.#cancelRetry = this.#clock.after(delay, () => this.retry());
  }

  /**
   * The server will not take this request, now or later: look for the entry it cannot take, and let it go.
   * @param {string} code
   */
  #refused(code) {
    if (this.#batch.length > 1) {
      this.#putBack();
      this.#limit = 1;
      return;
    }
    const [entry] = this.#batch;
    this.#taken({ rejected: [{ id: entry.id, code }] });
  }

  /** Return what was under way to the head of the queue; a newer entry of the same utterance takes its place. */
  #putBack() {
    const newer = this.#queue;
    this.#queue = this.#batch;
    this.#batch = [];
    newer.forEach((entry) => this.#enqueue(entry));
  }

  /** @param {{id: string, code: string}} detail */
  #reject(detail) {
    this.#dropped += 1;
    this.dispatchEvent(new CustomEvent("rejected", { detail }));
  }

  #announce() {
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {JournalEntry} entry */
function isPicture(entry) {
  return entry.kind === "picture";
}

/** Bytes of entries as they are sent. @param {JournalEntry[]} entries */
function sizeOf(entries) {
  return new TextEncoder().encode(JSON.stringify(entries)).length;
}

/**
 * The first entries that fit into one request, at least one if there is any; a picture goes alone.
 * @param {JournalEntry[]} entries
 * @param {number} most
 * @param {number} bytes
 * @returns {JournalEntry[]}
 */
export function take(entries, most, bytes) {
  let size = 0;
  let count = 0;
  while (count < Math.min(most, entries.length)) {
    size += sizeOf([entries[count]]) + 1;
    if (count > 0 && (size > bytes || isPicture(entries[count]) || isPicture(entries[0]))) {
      break;
    }
    count += 1;
  }
  return entries.slice(0, count);
}

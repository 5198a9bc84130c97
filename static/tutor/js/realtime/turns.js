// @ts-check
import { newId } from "./ids.js";

/**
 * @typedef {import("./types.js").ServerEvent} ServerEvent
 * @typedef {import("./types.js").ClientEvent} ClientEvent
 */

/** A response silent for so long (milliseconds) is taken for lost: a queue must not wait for ever. */
export const STALE_AFTER = 15_000;

const COLLISION = "conversation_already_has_active_response";

/**
 * Sees to it that at most one `response.create` is ever outstanding (protocol reference section 6.6).
 *
 * A request made while the tutor answers waits for `response.done`; a second one replaces the first, for
 * one answer is enough for everything said before it. When the provider has begun a response of its own
 * in the meantime it refuses ours, and ours waits again.
 *
 * Every method takes the time in milliseconds and returns the client events to send now.
 */
export class Turns {
  /** The response being made. Its id is null when we only know of it by a refusal. @type {{id: string|null, heardAt: number}|null} */
  #active = null;
  /** Sent, and neither begun nor refused so far. @type {{event: ClientEvent, sentAt: number}|null} */
  #outstanding = null;
  /** The last request sent, kept for the case that its refusal arrives after another response began. @type {ClientEvent|null} */
  #last = null;
  /** @type {ClientEvent|null} */
  #pending = null;

  /** True while a response is being made, as far as we know. */
  get responding() {
    return this.#active !== null;
  }

  /** True while a request waits or is under way. */
  get asked() {
    return this.#pending !== null || this.#outstanding !== null;
  }

  /**
   * @param {ClientEvent} event a `response.create`
   * @param {number} now
   * @returns {ClientEvent[]}
   */
  request(event, now) {
    this.#pending = event;
    return this.#release(now);
  }

  /**
   * @param {ServerEvent} event any server event
   * @param {number} now
   * @returns {ClientEvent[]}
   */
  handle(event, now) {
    if (event.type === "response.created") {
      this.#outstanding = null;
      this.#active = { id: event.response?.id ?? null, heardAt: now };
    } else if (event.type === "response.done") {
      this.#finish(event.response?.id ?? null);
    } else if (event.type.startsWith("response.") && this.#active !== null) {
      this.#active.heardAt = now;
    } else if (event.type === "error") {
      this.#refused(event, now);
    }
    return this.#release(now);
  }

  /**
   * Give up on what has been silent for too long; to be called every now and then.
   * @param {number} now
   * @returns {ClientEvent[]}
   */
  check(now) {
    if (this.#active !== null && now - this.#active.heardAt > STALE_AFTER) {
      this.#active = null;
    }
    if (this.#outstanding !== null && now - this.#outstanding.sentAt > STALE_AFTER) {
      this.#outstanding = null;
    }
    return this.#release(now);
  }

  /** @param {string|null} id */
  #finish(id) {
    if (this.#active?.id == null || id === null || this.#active.id === id) {
      this.#active = null;
    }
  }

  /**
   * @param {ServerEvent} event an `error`
   * @param {number} now
   */
  #refused(event, now) {
    const { code, event_id: refusedId } = event.error ?? {};
    const ours = this.#last !== null && (refusedId == null || refusedId === this.#last.event_id);
    if (code === COLLISION && ours) {
      // A new event_id: each refusal then names exactly one try.
      this.#pending ??= { .../** @type {ClientEvent} */ (this.#last), event_id: newId("event_") };
      this.#active ??= { id: null, heardAt: now };
      this.#outstanding = null;
    } else if (refusedId != null && refusedId === this.#outstanding?.event.event_id) {
      this.#outstanding = null;
    }
  }

  /**
   * @param {number} now
   * @returns {ClientEvent[]}
   */
  #release(now) {
    if (this.#pending === null || this.#active !== null || this.#outstanding !== null) {
      return [];
    }
    const event = this.#pending;
    this.#pending = null;
    this.#outstanding = { event, sentAt: now };
    this.#last = event;
    return [event];
  }
}

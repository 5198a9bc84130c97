// @ts-check
import { growingDelay, systemClock } from "./clock.js";

/**
 * @typedef {import("./clock.js").Clock} Clock
 * @typedef {{type: string, visit?: number, item_id?: string, connection?: string, watcher?: string, by?: string}} News
 */

/** The browser's code for a line that broke: nobody closed it (RFC 6455, section 7.4.1). */
const NO_GOODBYE = 1006;
/** `WebSocket.OPEN`. */
const OPEN = 1;

/**
 * News of the attempt from our own server: what happens to it in other windows.
 *
 * Reconnects for ever with growing delays; what was missed is in the state of the attempt.
 * Events: "news" (detail: News); "away" when it broke without a word from the server; "back" when the line is there again after a loss; "open" and "lost" each time.
 */
export class RoomSocket extends EventTarget {
  #url;
  #clock;
  #random;
  #makeSocket;
  /** @type {WebSocket|null} */
  #socket = null;
  #failures = 0;
  #closed = false;
  /** Calls off the wait before the next try. @type {(() => void)|null} */
  #cancelRetry = null;

  /**
   * @param {object} options
   * @param {string} options.url
   * @param {Clock} [options.clock]
   * @param {() => number} [options.random]
   * @param {(url: string) => WebSocket} [options.makeSocket]
   */
  constructor({ url, clock = systemClock, random = Math.random, makeSocket = (address) => new WebSocket(address) }) {
    super();
    this.#url = url;
    this.#clock = clock;
    this.#random = random;
    this.#makeSocket = makeSocket;
  }

  open() {
    const socket = this.#makeSocket(this.#url);
    this.#socket = socket;
    socket.addEventListener("open", () => this.#opened());
    socket.addEventListener("message", (message) => {
      this.dispatchEvent(new CustomEvent("news", { detail: JSON.parse(message.data) }));
    });
    socket.addEventListener("close", ({ code }) => this.#lost(code));
  }

  /** Say something, if the line is there; what is not heard is lost. @param {object} message */
  send(message) {
    if (this.#socket?.readyState === OPEN) {
      this.#socket.send(JSON.stringify(message));
    }
  }

  /** Do not wait any longer before the next try. */
  retry() {
    if (this.#cancelRetry !== null) {
      this.#cancelRetry();
      this.#again();
    }
  }

  close() {
    this.#closed = true;
    this.#cancelRetry?.();
    this.#socket?.close();
  }

  #opened() {
    const again = this.#failures > 0;
    this.#failures = 0;
    this.dispatchEvent(new Event("open"));
    if (again) {
      this.dispatchEvent(new Event("back"));
    }
  }

  /** @param {number} code why it was closed */
  #lost(code) {
    this.#failures += 1;
    if (!this.#closed) {
      this.dispatchEvent(new Event("lost"));
      if (code === NO_GOODBYE) {
        this.dispatchEvent(new Event("away"));
      }
      this.#cancelRetry = this.#clock.after(growingDelay(this.#failures, this.#random), () => this.#again());
    }
  }

  #again() {
    this.#cancelRetry = null;
    this.open();
  }
}

/**
 * The WebSocket address that belongs to a page.
 * @param {string} path
 * @param {{protocol: string, host: string}} page `window.location`
 * @returns {string}
 */
export function socketAddress(path, page) {
  return `${page.protocol === "https:" ? "wss:" : "ws:"}//${page.host}${path}`;
}

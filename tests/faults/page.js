// @ts-check
import { Lesson } from "../../static/tutor/js/lesson/lesson.js";
import { Line } from "../../static/tutor/js/lesson/line.js";
import { Api } from "../../static/tutor/js/net/api.js";
import { Call } from "../../static/tutor/js/net/call.js";
import { Choices } from "../../static/tutor/js/net/choices.js";
import { drain } from "../../static/tutor/js/net/drain.js";
import { Journal } from "../../static/tutor/js/net/journal.js";
import { Microphone } from "../../static/tutor/js/net/microphone.js";
import { Remembered } from "../../static/tutor/js/net/remembered.js";
import { RoomSocket } from "../../static/tutor/js/net/socket.js";
import { FakeDevices } from "../js/fakes/room.js";
import { Tutor } from "./tutor.js";

const START = Date.now();
const NEVER = new Promise(() => {});
/** As in static/tutor/js/room.js. */
const RESTORED_WITHIN = 3_000;

// The pages' patience is told by the same clock as everything else of theirs. Node's own signal may be collected as
// garbage before its time is up.
AbortSignal.timeout = (ms) => {
  const patience = new AbortController();
  setTimeout(() => patience.abort(new DOMException("The time is up.", "TimeoutError")), ms / Page.speed);
  return patience.signal;
};

/** @typedef {{number: number, base: string, cookie: string, code: string}} Visitor */

/**
 * A page of the browser, with all that dies when it breaks: its timers, its requests, what it hears.
 */
export class Page {
  /** How much faster time runs for the pages than for the server. */
  static speed = 1;
  /** Milliseconds of the pages' time. */
  static now = () => START + (Date.now() - START) * Page.speed;
  isAlive = true;
  /** @type {Set<AbortController>} */
  #requests = new Set();
  #visitor;

  /** @param {Visitor} visitor */
  constructor(visitor) {
    this.#visitor = visitor;
  }

  /** @type {import("../../static/tutor/js/net/clock.js").Clock} */
  clock = {
    now: Page.now,
    after: (ms, run) => {
      const timer = setTimeout(() => this.isAlive && run(), ms / Page.speed);
      return () => clearTimeout(timer);
    },
  };

  /** What a page on its way out asked for goes on without it; what broke with it does not. @type {typeof fetch} */
  fetch = async (path, init = {}) => {
    const breaking = new AbortController();
    init.signal?.addEventListener("abort", () => breaking.abort(init.signal?.reason));
    if (!init.keepalive) {
      this.#requests.add(breaking);
    }
    try {
      const { number, base, cookie } = this.#visitor;
      const headers = { ...init.headers, Cookie: cookie, "X-Lesson": String(number) };
      const response = await fetch(base + path, { ...init, headers, signal: breaking.signal, redirect: "error" });
      const body = await response.arrayBuffer();
      return this.isAlive ? new Response(body, response) : await NEVER;
    } catch (error) {
      return this.isAlive ? Promise.reject(error) : await NEVER;
    } finally {
      this.#requests.delete(breaking);
    }
  };

  /** @param {string} url */
  makeSocket = (url) => {
    const { number, base, cookie } = this.#visitor;
    const headers = { Cookie: cookie, Origin: base, "X-Lesson": String(number) };
    return new WebSocket(base.replace("http", "ws") + url, /** @type {any} */ ({ headers }));
  };

  die() {
    this.isAlive = false;
    this.#requests.forEach((request) => request.abort());
  }
}

/** The shelf as a page sees it: one that is dead writes nothing more. @param {import("../js/fakes/shelf.js").FakeShelf} shelf @param {Page} page @returns {any} */
function reach(shelf, page) {
  return {
    put: async (/** @type {[any, any]} */ ...what) => page.isAlive && shelf.put(...what),
    remove: async (/** @type {[any, any]} */ ...what) => page.isAlive && shelf.remove(...what),
    rest: () => (page.isAlive ? shelf.rest() : NEVER),
  };
}

/** The room: all of the product's modules below its user interface, joined as static/tutor/js/room.js joins them. */
export class Room extends Page {
  /** Entries that the server refused for good. @type {any[]} */
  rejected = [];

  /**
   * @param {Visitor} visitor
   * @param {{truth: import("./truth.js").Truth, chance: import("./chance.js").Chance, shelf: import("../js/fakes/shelf.js").FakeShelf}} world
   */
  constructor(visitor, { truth, chance, shelf }) {
    super(visitor);
    const { clock } = this;
    const random = chance.next;
    const root = `/api/attempts/${visitor.code}/`;
    const urls = { state: root, connections: `${root}connections/`, tool_calls: `${root}tool-calls/`, journal: `${root}journal/`, corrections: `${root}corrections/`, end: `${root}end/` };
    this.truth = truth;
    this.urls = urls;
    this.shelf = reach(shelf, this);
    this.api = new Api({ urls, csrfToken, fetch: this.fetch, clock, random });
    this.journal = new Journal({ send: (entries, options) => this.api.journal(entries, options), shelf: this.shelf, place: urls.journal, clock, random });
    const microphone = new Microphone(/** @type {any} */ (new FakeDevices()));
    this.tutor = new Tutor({ number: visitor.number, truth, chance, clock });
    const makeCall = () => new Call({ exchangeSdp: (sdp) => this.api.connect(sdp), clock, makePeer: () => this.tutor.makePeer() });
    const line = new Line({ api: this.api, microphone, clock, random, makeCall });
    const choices = new Choices(new Remembered(() => ({ getItem: () => null, setItem: () => {} })));
    this.lesson = new Lesson({ api: this.api, line, microphone, journal: this.journal, choices, clock });
    this.socket = new RoomSocket({ url: `/ws/attempts/${visitor.code}/`, clock, random, makeSocket: this.makeSocket });
    this.#join();
  }

  #join() {
    const whenAlive = (/** @type {(event: any) => void} */ run) => (/** @type {Event} */ event) => this.isAlive && run(event);
    this.journal.addEventListener("rejected", (event) => this.rejected.push(/** @type {CustomEvent} */ (event).detail));
    this.socket.addEventListener("news", whenAlive((event) => this.lesson.hear(event.detail)));
    this.socket.addEventListener("away", whenAlive(() => this.lesson.noteServer(true)));
    this.socket.addEventListener("back", whenAlive(() => {
      this.lesson.noteServer(false);
      this.lesson.refresh();
    }));
  }

  async open() {
    this.truth.pages += 1;
    await this.journal.restore();
    await this.journal.flush(RESTORED_WITHIN);
    await this.lesson.load();
    drain(this.shelf, { csrfToken, except: this.urls.journal, fetch: this.fetch });
    this.socket.open();
  }

  /** The browser breaks, or its machine. */
  crash() {
    this.truth.tear(this.tutor.exchange?.number ?? 0, Page.now());
    this.#go();
  }

  /** The learner leaves, or reloads. */
  leave() {
    this.lesson.leave();
    this.#go();
  }

  #go() {
    this.truth.doubt();
    this.die();
    this.socket.close();
  }
}

/** Any page of the site: it sends what earlier ones left. @param {Visitor} visitor @param {import("../js/fakes/shelf.js").FakeShelf} shelf */
export async function visit(visitor, shelf) {
  const page = new Page(visitor);
  await drain(reach(shelf, page), { csrfToken, fetch: page.fetch });
  page.die();
}

/** What the learner's CSRF cookie says. */
export function csrfToken() {
  return "f".repeat(32);
}

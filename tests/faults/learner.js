// @ts-check
import { pause } from "../../static/tutor/js/net/clock.js";
import { FakeShelf } from "../js/fakes/shelf.js";
import { Chance } from "./chance.js";
import { csrfToken, Page, Room, visit } from "./page.js";
import { Truth } from "./truth.js";

/** Milliseconds of the pages' time in which a lesson must be over and everything of it stored. */
const BOUND = 15 * 60_000;
/** Pages that may break or be left in one lesson. */
const MOST_PAGES = 4;

/**
 * One learner on the way through one lesson: talks, types, interrupts, reloads, crashes, opens another window, until
 * the lesson has ended and nothing is left unsaved.
 */
export class Learner {
  truth = new Truth();
  shelf = new FakeShelf();
  #visitor;
  #chance;
  /** What does not die with a page. */
  #life;
  /** @type {Room|null} */
  #room = null;
  /** Windows that another one has taken the call from. @type {Room[]} */
  #others = [];
  #ends;

  /** @param {{seed: number, number: number, base: string, cookie: string, slug: string}} options */
  constructor({ seed, number, base, cookie, slug }) {
    this.#visitor = { number, base, code: "", cookie: `__Host-sessionid=${cookie}; __Host-csrftoken=${csrfToken()}` };
    this.#chance = new Chance(seed, "learner", number);
    this.#life = new Page(this.#visitor);
    this.slug = slug;
    this.seed = seed;
    // Some press “End lesson” in the middle.
    this.#ends = this.#chance.hits(0.08) ? this.#chance.whole(1, 4) : Infinity;
  }

  /** @returns {Promise<object>} what was said, and how it ended, for the judge */
  async run() {
    const bound = Page.now() + BOUND;
    await this.#begin();
    await this.#open();
    let hasEnded = false;
    while (!hasEnded && Page.now() < bound) {
      hasEnded = await this.#act();
    }
    const isSaved = hasEnded && (await this.#save(bound));
    const view = this.#room?.lesson.view;
    const stuck = isSaved ? "" : `status ${view?.status}, unsaved ${JSON.stringify(view?.saved)}, kept ${this.shelf.lines.length}, notice ${view?.notice}`;
    const typed = [...this.truth.typed].map(([text, { isCertain }]) => ({ text, isCertain }));
    this.#room?.isAlive && this.#room.leave();
    const rejected = [this.#room, ...this.#others].flatMap((room) => room?.rejected ?? []);
    const { items, calls, outputs, dials, pages, isOverlapping } = this.truth;
    return {
      lesson: this.#visitor.number, code: this.#visitor.code, stuck, rejected, dials, pages, isOverlapping, outputs, typed,
      items: [...items.values()], calls: [...calls].map(([id, call]) => ({ id, ...call })),
    };
  }

  /** @param {number} ms */
  #pause(ms) {
    return pause(this.#life.clock, ms);
  }

  /** Asked until there is an answer: the same attempt comes back. */
  async #begin() {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
    while (this.#visitor.code === "") {
      try {
        const answer = await this.#life.fetch(`/api/lessons/${this.slug}/attempts/`, { method: "POST", headers, body: "{}", signal: AbortSignal.timeout(20_000) });
        this.#visitor.code = answer.ok ? (await answer.json()).code : "";
      } catch {
        // The network, or the server, was away.
      }
      await this.#pause(500);
    }
  }

  async #open() {
    const chance = new Chance(this.seed, "page", this.#visitor.number, this.truth.pages + 1);
    const room = new Room(this.#visitor, { truth: this.truth, chance, shelf: this.shelf });
    this.#room = room;
    const isLast = this.truth.pages + 1 >= MOST_PAGES;
    const fate = isLast ? "stays" : chance.hits(0.15) ? "crashes" : chance.hits(0.15) ? "leaves" : chance.hits(0.06) ? "second window" : "stays";
    if (fate !== "stays") {
      // At any moment, not only when it is quiet.
      room.clock.after(chance.between(500, 40_000), () => this.#strike(room, fate));
    }
    await Promise.race([room.open(), this.#gone(room)]);
  }

  /** Resolves when a page is no more. @param {Room} room */
  async #gone(room) {
    while (room.isAlive) {
      await this.#pause(200);
    }
  }

  /** @param {Room} room @param {string} fate */
  #strike(room, fate) {
    if (fate === "crashes") {
      room.crash();
    } else if (fate === "leaves") {
      room.leave();
    } else {
      this.truth.isOverlapping = true;
      this.truth.doubt();
      this.#others.push(room);
      this.#room = null;
    }
  }

  /** Do the next thing. @returns {Promise<boolean>} true when the lesson is over */
  async #act() {
    const chance = this.#chance;
    const room = this.#room;
    if (!room?.isAlive) {
      await this.#pause(chance.between(100, 3_000));
      await this.#open();
      return false;
    }
    const { status } = room.lesson.view;
    if (status === "ended") {
      return true;
    }
    if (["ready", "failed", "elsewhere"].includes(status)) {
      // A page that has not heard of the attempt yet is asked again by its button, as a learner would.
      room.lesson.start();
    } else if (status === "listening" && this.#ends-- <= 0) {
      room.lesson.end();
      await this.#pause(3_000);
    } else if (status === "listening") {
      this.#speak(room);
      await this.#pause(1_500);
    } else if (status === "speaking" && chance.hits(0.02)) {
      room.lesson.interrupt();
    } else if (status === "speaking" && chance.hits(0.02)) {
      this.#speak(room);
    } else if (status === "reconnecting" && chance.hits(0.005)) {
      this.#type(room);
    }
    await this.#pause(chance.between(100, 400));
    return false;
  }

  /** @param {Room} room */
  #speak(room) {
    const { exchange } = room.tutor;
    if (this.#chance.hits(0.15)) {
      this.#type(room);
    } else if (exchange?.isHearing) {
      exchange.speak();
    }
  }

  /** @param {Room} room */
  #type(room) {
    const text = `${this.#visitor.number}.typed_${this.#chance.whole(0, 1e9)} A small coffee, bitte.`;
    this.truth.type(text);
    room.lesson.say(text);
  }

  /**
   * Stay until everything is stored; or go away at once, and come back to another page.
   * @param {number} bound
   */
  async #save(bound) {
    const room = this.#room;
    this.#others.forEach((other) => other.isAlive && other.leave());
    if (room?.isAlive && this.#chance.hits(0.3)) {
      await this.#pause(this.#chance.between(0, 1_000));
      room.crash();
    }
    while (Page.now() < bound) {
      const isSent = !room?.isAlive || ["saved", "dropped"].includes(room.lesson.view.saved.kind);
      if (isSent && this.shelf.lines.length === 0) {
        return true;
      }
      if (isSent) {
        await visit(this.#visitor, this.shelf);
      }
      await this.#pause(500);
    }
    return false;
  }
}

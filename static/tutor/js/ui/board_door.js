// @ts-check
import { gettext } from "../words.js";
import { byId, setText } from "./dom.js";
import { pictureIn } from "./picture.js";

/**
 * @typedef {import("./board.js").Board} Board
 * @typedef {import("./board.js").Render} Render
 * @typedef {Parameters<Board["show"]>[0]} View
 */

/** The way to the drawing board, whose scripts are fetched when it is first wanted: most lessons do without. */
export class BoardDoor {
  #button = byId("board-open");
  #away = byId("board-away");
  #attempt;
  #send;
  /** @type {Promise<Board>|null} */
  #coming = null;
  /** @type {Board|null} */
  #board = null;

  /**
   * @param {object} options
   * @param {string} options.attempt code of the attempt it belongs to
   * @param {(render: Render, words: string) => boolean} options.send false when no size of the picture is small enough
   */
  constructor({ attempt, send }) {
    this.#attempt = attempt;
    this.#send = send;
    this.#button.addEventListener("click", () => this.open());
    document.addEventListener("paste", (event) => this.#pasted(event));
  }

  /** @param {View} view */
  show(view) {
    this.#board?.show(view);
  }

  /**
   * @param {Parameters<Board["open"]>[0]} [wish] what to draw, and a picture to begin with
   * @returns {Promise<boolean>} when the board closes: whether something was sent
   */
  async open(wish) {
    setText(this.#away, "");
    this.#coming ??= this.#fetch();
    try {
      this.#board = await this.#coming;
    } catch {
      this.#coming = null;
      setText(this.#away, gettext("The drawing board cannot be loaded just now. Try again in a moment, or reload the page."));
      return false;
    }
    return this.#board.open(wish);
  }

  async #fetch() {
    const [{ Board }, { BoardDraft }] = await Promise.all([import("./board.js"), import("./board_draft.js")]);
    return new Board({ draft: new BoardDraft(this.#attempt), send: this.#send });
  }

  /** A picture pasted anywhere in the room is put on the board, to be looked at first. @param {ClipboardEvent} event */
  #pasted(event) {
    const file = pictureIn(event.clipboardData);
    const isOpen = this.#board?.isOpen ?? false;
    const isElsewhere = !isOpen && document.querySelector("dialog[open]") !== null;
    if (file && !isElsewhere && this.#button.offsetParent !== null) {
      event.preventDefault();
      const show = isOpen ? () => this.#board?.place(file) : () => this.open({ file });
      show();
    }
  }
}

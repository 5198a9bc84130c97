// @ts-check
import { byId, element, setText } from "./dom.js";

/**
 * @typedef {object} Caption
 * @property {string} id
 * @property {"learner"|"tutor"} speaker
 * @property {"partial"|"complete"|"interrupted"|"untranscribed"} status
 * @property {string} text
 * @property {boolean} overdue
 *
 * @typedef {{root: HTMLElement, text: HTMLElement, mark: HTMLElement}} Bubble
 */

const WHO = { tutor: "Tutor", learner: "You" };
const MARKS = { partial: "", complete: "", interrupted: "interrupted", untranscribed: "" };
/** Pixels from the end within which the reader counts as following along. */
const NEAR_END = 64;

/**
 * The conversation as bubbles. Follows the newest words, unless the reader has scrolled up.
 *
 * A bubble that is still growing is hidden from screen readers: it is read once, when it is whole.
 */
export class Captions {
  #log = byId("captions");
  #hint = byId("hint");
  #language;
  /** @type {Map<string, Bubble>} */
  #bubbles = new Map();

  /** @param {string} language BCP 47 code of what is said */
  constructor(language) {
    this.#language = language;
  }

  /** @param {{captions: Caption[], status: string}} view */
  show({ captions, status }) {
    const follows = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < NEAR_END;
    captions.forEach((caption, index) => this.#place(caption, index));
    this.#hint.hidden = captions.length > 0 || status !== "ready";
    this.#log.hidden = captions.length === 0;
    if (follows) {
      this.#log.scrollTop = this.#log.scrollHeight;
    }
  }

  /**
   * @param {Caption} caption
   * @param {number} index
   */
  #place(caption, index) {
    const bubble = this.#bubbles.get(caption.id) ?? this.#make(caption);
    const there = this.#log.children[index] ?? null;
    if (there !== bubble.root) {
      this.#log.insertBefore(bubble.root, there);
    }
    this.#fill(bubble, caption);
  }

  /** @param {Caption} caption @returns {Bubble} */
  #make({ id, speaker }) {
    const text = element("p", "caption__text");
    const mark = element("span", "caption__mark");
    text.lang = this.#language;
    const root = element("div", `caption caption--${speaker}`, element("span", "caption__who", WHO[speaker]), text, mark);
    const bubble = { root, text, mark };
    this.#bubbles.set(id, bubble);
    return bubble;
  }

  /**
   * @param {Bubble} bubble
   * @param {Caption} caption
   */
  #fill({ root, text, mark }, { status, text: words, overdue }) {
    const isWordless = status === "untranscribed" || (words === "" && overdue);
    setText(text, isWordless ? "(not transcribed)" : words);
    setText(mark, MARKS[status]);
    root.dataset.status = isWordless ? "untranscribed" : status;
    root.classList.toggle("caption--waiting", words === "" && !isWordless);
    root.ariaHidden = status === "partial" ? "true" : null;
  }
}

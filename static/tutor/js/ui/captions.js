// @ts-check
import { gettext } from "../words.js";
import { byId, element, setText } from "./dom.js";

/**
 * @typedef {import("./cards.js").Card} Card
 * @typedef {import("./cards.js").Cards} Cards
 *
 * @typedef {object} Caption
 * @property {string} id
 * @property {"learner"|"tutor"} speaker
 * @property {"partial"|"complete"|"interrupted"|"untranscribed"} status
 * @property {string} text
 * @property {string} stage title of the stage it belongs to
 * @property {boolean} overdue
 * @property {string} picture address of the picture that was shown with it, or nothing
 * @property {boolean} waiting typed, and not sent yet
 *
 * @typedef {{root: HTMLElement, stage: HTMLElement, bubble: HTMLElement, text: HTMLElement, mark: HTMLElement}} Turn
 */

const WHO = { tutor: "Tutor", learner: "You" };
const MARKS = { partial: "", complete: "", interrupted: "interrupted", untranscribed: "" };
/** Pixels from the end within which the reader counts as following along. */
const NEAR_END = 64;

/**
 * Captions and cards in the order in which they are shown: a card stands behind the sentence it follows.
 * @template {{id: string}} C
 * @template {{after: string|null}} K
 * @param {C[]} captions
 * @param {K[]} cards
 * @returns {Array<C|K>}
 */
export function interleaved(captions, cards) {
  const ids = new Set(captions.map((caption) => caption.id));
  const behind = (/** @type {string|null} */ id) => cards.filter((card) => card.after === id);
  const astray = cards.filter((card) => card.after !== null && !ids.has(card.after));
  return [...behind(null), ...captions.flatMap((caption) => [caption, ...behind(caption.id)]), ...astray];
}

/**
 * The conversation as bubbles, with the cards between them. Follows the newest words, unless the reader has scrolled up.
 *
 * A bubble that is still growing is hidden from screen readers: it is read once, when it is whole.
 */
export class Captions {
  #log = byId("captions");
  #language;
  #cards;
  #isFollowing = true;
  /** @type {Map<string, Turn>} */
  #turns = new Map();

  /**
   * @param {string} language BCP 47 code of what is said
   * @param {Cards} cards
   */
  constructor(language, cards) {
    this.#language = language;
    this.#cards = cards;
    this.#log.addEventListener("scroll", () => {
      this.#isFollowing = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < NEAR_END;
    });
    new ResizeObserver(() => this.#follow()).observe(this.#log);
  }

  /** @param {{captions: Caption[], cards: Card[]}} view */
  show({ captions, cards }) {
    this.#forget(new Set(captions.map(({ id }) => id)));
    captions.forEach((caption, index) => this.#update(caption, captions[index - 1]?.stage));
    interleaved(captions, cards).forEach((entry, index) => this.#place(this.#rootOf(entry), index));
    this.#follow();
  }

  /**
   * Take away what is no longer there: a turn whose call broke before its first word.
   * @param {ReadonlySet<string>} present
   */
  #forget(present) {
    for (const [id, turn] of this.#turns) {
      if (!present.has(id)) {
        turn.root.remove();
        this.#turns.delete(id);
      }
    }
  }

  #follow() {
    if (this.#isFollowing) {
      this.#log.scrollTop = this.#log.scrollHeight;
    }
  }

  /** @param {Caption|Card} entry */
  #rootOf(entry) {
    return "call_id" in entry ? this.#cards.rootOf(entry) : /** @type {Turn} */ (this.#turns.get(entry.id)).root;
  }

  /**
   * @param {HTMLElement} root
   * @param {number} index
   */
  #place(root, index) {
    const there = this.#log.children[index] ?? null;
    if (there !== root) {
      this.#log.insertBefore(root, there);
    }
  }

  /**
   * @param {Caption} caption
   * @param {string|undefined} stageBefore title of the stage of the caption before it
   */
  #update(caption, stageBefore) {
    const turn = this.#turns.get(caption.id) ?? this.#make(caption);
    setText(turn.stage, caption.stage);
    turn.stage.hidden = caption.stage === (stageBefore ?? "");
    this.#fill(turn, caption);
  }

  /** @param {Caption} caption @returns {Turn} */
  #make({ id, speaker }) {
    const text = element("p", "caption__text");
    const mark = element("span", "caption__mark");
    text.lang = this.#language;
    const bubble = element("div", `caption caption--${speaker}`, element("span", "caption__who", WHO[speaker]), text, mark);
    const stage = element("p", "turn__stage");
    const turn = { root: element("div", "turn", stage, bubble), stage, bubble, text, mark };
    this.#turns.set(id, turn);
    return turn;
  }

  /**
   * @param {Turn} turn
   * @param {Caption} caption
   */
  #fill({ bubble, text, mark }, { status, text: words, overdue, picture, waiting }) {
    if (picture && !bubble.querySelector("img")) {
      text.before(this.#pictureOf(picture));
    }
    text.hidden = Boolean(picture) && words === "";
    const isWordless = status === "untranscribed" || (words === "" && overdue);
    setText(text, isWordless && !picture ? "(not transcribed)" : words);
    setText(mark, waiting ? gettext("waiting to be sent") : MARKS[status]);
    bubble.dataset.status = isWordless ? "untranscribed" : status;
    bubble.classList.toggle("caption--waiting", words === "" && !isWordless);
    bubble.ariaHidden = status === "partial" ? "true" : null;
  }

  /** @param {string} src */
  #pictureOf(src) {
    const image = document.createElement("img");
    Object.assign(image, { src, className: "caption__picture", alt: gettext("Picture you showed the tutor") });
    image.addEventListener("load", () => this.#follow());
    return image;
  }
}

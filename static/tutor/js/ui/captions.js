// @ts-check
import { gettext, interpolate } from "../words.js";
import { Corrector } from "./corrector.js";
import { byId, element, setText } from "./dom.js";
import { Following } from "./following.js";

/**
 * @typedef {import("./cards.js").Card} Card
 * @typedef {import("./cards.js").Cards} Cards
 *
 * @typedef {object} Caption
 * @property {string} id
 * @property {"learner"|"tutor"} speaker
 * @property {"partial"|"complete"|"interrupted"|"untranscribed"} status
 * @property {string} text as it was heard
 * @property {string|null} corrected what the learner really said
 * @property {boolean} isCorrectable
 * @property {string} stage title of the stage it belongs to
 * @property {boolean} overdue
 * @property {string} picture address of the picture that was shown with it, or nothing
 * @property {boolean} waiting typed, and not sent yet
 *
 * @typedef {{root: HTMLElement, stage: HTMLElement, bubble: HTMLElement, text: HTMLElement, mark: HTMLElement, heard: HTMLDetailsElement, corrector: Corrector|null}} Turn
 */

const WHO = { tutor: gettext("Tutor"), learner: gettext("You") };
const NO_WORDS = gettext("(spoken, but not written down)");
const MARKS = { partial: "", complete: "", interrupted: gettext("interrupted"), untranscribed: "" };

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
 * What a caption shows: the words in force, and the original where the learner has corrected it. A picture needs no words.
 * @param {Pick<Caption, "status"|"text"|"corrected"|"overdue"|"picture">} caption
 * @returns {{words: string, status: Caption["status"], heard: string}} heard: one sentence, or nothing
 */
export function shownOf({ status, text, corrected, overdue, picture }) {
  const isWordless = !picture && (status === "untranscribed" || (text === "" && overdue));
  if (corrected === null) {
    return { words: isWordless ? NO_WORDS : text, status: isWordless ? "untranscribed" : status, heard: "" };
  }
  const heard = text === "" ? gettext("Nothing was understood at first.") : interpolate(gettext("Understood at first: “%(text)s”"), { text });
  return { words: corrected, status: "complete", heard };
}

/**
 * Put words into a bubble, so that a screen reader reads them once: when they are whole.
 *
 * Words that grow several times in a second are hidden from it. Not by `aria-busy` on the log, which would hold back
 * the other bubbles too. The whole words are then added anew, to a bubble that is no longer hidden: that a bubble has
 * merely come out of hiding is no addition to a log for every screen reader.
 * @param {{ariaHidden: string|null}} bubble
 * @param {HTMLElement} text
 * @param {string} words
 * @param {boolean} isWhole
 */
export function write(bubble, text, words, isWhole) {
  if (isWhole && bubble.ariaHidden === "true") {
    bubble.ariaHidden = null;
    text.textContent = "";
  } else if (!isWhole) {
    bubble.ariaHidden = "true";
  }
  setText(text, words);
}

/**
 * The conversation as bubbles, with the cards between them. Follows the newest words, unless the reader has scrolled up;
 * who says something by hand, or puts it right, follows again.
 */
export class Captions {
  #log = byId("captions");
  #language;
  #cards;
  #correct;
  #following = new Following(this.#log, byId("newest"), () => this.#log.querySelector(".correction:focus-within") !== null);
  /** @type {Map<string, Turn>} */
  #turns = new Map();

  /**
   * @param {string} language BCP 47 code of what is said
   * @param {Cards} cards
   * @param {(id: string, text: string) => Promise<string>} correct
   */
  constructor(language, cards, correct) {
    this.#language = language;
    this.#cards = cards;
    this.#correct = correct;
    new ResizeObserver(() => this.#following.keepUp()).observe(this.#log);
  }

  /** @param {{captions: Caption[], cards: Card[]}} view */
  show({ captions, cards }) {
    this.#forget(new Set(captions.map(({ id }) => id)));
    captions.forEach((caption, index) => this.#update(caption, captions[index - 1]?.stage));
    interleaved(captions, cards).forEach((entry, index) => this.#place(this.#rootOf(entry), index));
    this.#following.keepUp();
  }

  /** The learner has sent something: it is to be seen, and so is what comes of it. */
  follow() {
    this.#following.resume();
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
    const heard = /** @type {HTMLDetailsElement} */ (element("details", "caption__heard", element("summary", "", gettext("corrected by you")), element("p", "")));
    text.lang = this.#language;
    text.id = `caption-${id}`;
    const corrector = speaker === "learner" ? new Corrector(text, (words) => this.#correct(id, words), (isSaved) => (isSaved ? this.#following.resume() : this.#following.keepUp())) : null;
    const foot = element("div", "caption__foot", mark, ...(corrector ? [heard, corrector.button] : []));
    const bubble = element("div", `caption caption--${speaker}`, element("span", "caption__who", WHO[speaker]), text, ...(corrector ? [corrector.form] : []), foot);
    const stage = element("p", "turn__stage");
    const turn = { root: element("div", "turn", stage, bubble), stage, bubble, text, mark, heard, corrector };
    this.#turns.set(id, turn);
    return turn;
  }

  /**
   * @param {Turn} turn
   * @param {Caption} caption
   */
  #fill({ bubble, text, mark, heard, corrector }, caption) {
    const shown = shownOf(caption);
    if (caption.picture && !bubble.querySelector("img")) {
      text.before(this.#pictureOf(caption.picture));
    }
    text.hidden = caption.picture !== "" && shown.words === "";
    write(bubble, text, shown.words, shown.status !== "partial");
    setText(mark, caption.waiting ? gettext("waiting to be sent") : MARKS[shown.status]);
    setText(/** @type {HTMLElement} */ (heard.lastElementChild), shown.heard);
    heard.hidden = shown.heard === "";
    bubble.dataset.status = shown.status;
    bubble.classList.toggle("caption--waiting", shown.words === "" && !caption.picture);
    corrector?.show(caption.isCorrectable, caption.corrected ?? caption.text);
  }

  /** @param {string} src */
  #pictureOf(src) {
    const image = document.createElement("img");
    Object.assign(image, { src, className: "caption__picture", alt: gettext("Picture you showed the tutor") });
    image.addEventListener("load", () => this.#following.keepUp());
    return image;
  }
}

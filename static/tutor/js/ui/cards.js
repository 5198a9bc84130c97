// @ts-check
import { gettext } from "../words.js";
import { element } from "./dom.js";
import { mathElement } from "./mathml.js";

/**
 * @typedef {object} Card
 * @property {string} call_id
 * @property {"card"|"drawing"} kind
 * @property {string} title
 * @property {string} text
 * @property {string} math MathML
 * @property {string} image data URI
 * @property {string} alt
 * @property {string|null} after
 */

/** What the tutor shows: cards that stand between the sentences. A card never changes once it is there. */
export class Cards {
  #language;
  #draw;
  #number = 0;
  /** @type {Map<string, HTMLElement>} */
  #roots = new Map();
  /** @type {HTMLElement[]} */
  #askers = [];

  /**
   * @param {string} language BCP 47 code of what cards say
   * @param {(wish: {task: string, file: File|null}) => Promise<boolean>} draw lets the learner draw, or look at a photo,
   *   before it is sent; true when it was
   */
  constructor(language, draw) {
    this.#language = language;
    this.#draw = draw;
  }

  /** @param {{status: string}} view */
  show({ status }) {
    this.#askers.forEach((asker) => {
      asker.hidden = status === "ended";
    });
  }

  /** @param {Card} card */
  rootOf(card) {
    const root = this.#roots.get(card.call_id) ?? this.#make(card);
    this.#roots.set(card.call_id, root);
    return root;
  }

  /** @param {Card} card */
  #make(card) {
    const root = element("article", `card card--${card.kind}`, ...this.#content(card));
    root.lang = this.#language;
    root.ariaLabel = card.title || card.alt || gettext("Card");
    if (card.kind === "drawing") {
      root.append(this.#asker(card.text));
    }
    return root;
  }

  /** @param {Card} card */
  #content({ title, text, math, image, alt }) {
    const formula = math ? mathElement(math) : null;
    return [
      ...(title ? [element("h3", "card__title", title)] : []),
      ...(text ? [element("p", "card__text", text)] : []),
      ...(formula ? [element("div", "card__math", formula)] : []),
      ...(image ? [picture(image, alt)] : []),
    ];
  }

  /**
   * The ways to show the tutor something: draw it, or choose a picture, which is looked at before it goes.
   * @param {string} task
   */
  #asker(task) {
    this.#number += 1;
    const state = element("p", "card__state");
    state.role = "status";
    const show = async (/** @type {File|null} */ file) => {
      state.textContent = "";
      const isSent = await this.#draw({ task, file });
      state.textContent = isSent ? gettext("Sent. The tutor is looking at it.") : "";
    };
    const draw = document.createElement("button");
    Object.assign(draw, { type: "button", className: "button", textContent: gettext("Draw it here") });
    draw.addEventListener("click", () => show(null));
    const input = document.createElement("input");
    Object.assign(input, { type: "file", accept: "image/*", id: `picture-${this.#number}`, className: "visually-hidden" });
    const label = document.createElement("label");
    Object.assign(label, { htmlFor: input.id, className: "button button--quiet", textContent: gettext("Take or choose a picture") });
    input.addEventListener("change", () => {
      const [file] = input.files ?? [];
      if (file) {
        show(file);
        // So that the same file can be chosen again.
        input.value = "";
      }
    });
    const asker = element("div", "card__asker", draw, input, label, state);
    asker.lang = document.documentElement.lang;
    this.#askers.push(asker);
    return asker;
  }
}

/**
 * @param {string} source
 * @param {string} alt
 */
function picture(source, alt) {
  const image = document.createElement("img");
  Object.assign(image, { src: source, alt, className: "card__image" });
  return image;
}

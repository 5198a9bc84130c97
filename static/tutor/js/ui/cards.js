// @ts-check
import { element } from "./dom.js";
import { mathElement } from "./mathml.js";
import { openPicture } from "./picture.js";

/**
 * @typedef {import("../realtime/picture.js").Render} Render
 *
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

const CHOOSE = "Take or choose a picture";
const SENDING = "Sending …";
const SENT = "Sent. The tutor is looking at it.";
const TOO_LARGE = "This picture is too large to be sent. Try another one.";
const UNREADABLE = "This file cannot be read as a picture. Choose a photo (JPEG or PNG).";

/** What the tutor shows: cards that stand between the sentences. A card never changes once it is there. */
export class Cards {
  #language;
  #send;
  #number = 0;
  /** @type {Map<string, HTMLElement>} */
  #roots = new Map();
  /** @type {HTMLElement[]} */
  #askers = [];

  /**
   * @param {string} language BCP 47 code of what cards say
   * @param {(render: Render) => Promise<boolean>} send shows the tutor a picture; false when it is too large
   */
  constructor(language, send) {
    this.#language = language;
    this.#send = send;
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
    root.ariaLabel = card.title || card.alt || "Card";
    if (card.kind === "drawing") {
      root.append(this.#asker());
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

  /** The way to send a picture, and what has become of it. */
  #asker() {
    this.#number += 1;
    const input = document.createElement("input");
    Object.assign(input, { type: "file", accept: "image/*", id: `picture-${this.#number}`, className: "visually-hidden" });
    const label = document.createElement("label");
    Object.assign(label, { htmlFor: input.id, className: "button", textContent: CHOOSE });
    const state = element("p", "card__state");
    state.role = "status";
    input.addEventListener("change", () => this.#sendFile(input, state));
    const asker = element("div", "card__asker", input, label, state);
    asker.lang = "en";
    this.#askers.push(asker);
    return asker;
  }

  /**
   * @param {HTMLInputElement} input
   * @param {HTMLElement} state
   */
  async #sendFile(input, state) {
    const [file] = input.files ?? [];
    if (file) {
      state.textContent = SENDING;
      input.disabled = true;
      state.textContent = await this.#outcome(file);
      input.disabled = false;
      // So that the same file can be chosen again.
      input.value = "";
    }
  }

  /** @param {File} file */
  async #outcome(file) {
    let render;
    try {
      render = await openPicture(file);
    } catch {
      return UNREADABLE;
    }
    return (await this.#send(render)) ? SENT : TOO_LARGE;
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

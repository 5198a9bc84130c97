// @ts-check
import { typedText } from "../realtime/messages.js";

/**
 * @typedef {import("../realtime/types.js").ClientEvent} ClientEvent
 * @typedef {import("../realtime/types.js").ServerEvent} ServerEvent
 */

/** What the ids of typed sentences begin with: nobody has to guess what was said there. */
export const TYPED = "typed_";

/** @param {string} itemId */
export function isTyped(itemId) {
  return itemId.startsWith(TYPED);
}

/** Typed sentences the provider has not confirmed yet. What was sent into a call that broke is sent again in the next one. */
export class TypedSentences {
  /** @type {Map<string, {text: string, picture: string, isSent: boolean}>} */
  #open = new Map();

  /**
   * @param {string} id
   * @param {string} text
   * @param {string} [picture] as a data URI
   */
  add(id, text, picture = "") {
    this.#open.set(id, { text, picture, isSent: false });
  }

  /**
   * Take what has not been sent in this call; it counts as sent from now on.
   * @returns {ClientEvent[]}
   */
  take() {
    const waiting = [...this.#open].filter(([, sentence]) => !sentence.isSent);
    return waiting.map(([id, sentence]) => {
      sentence.isSent = true;
      return typedText(id, sentence.text, sentence.picture);
    });
  }

  /**
   * @param {ServerEvent} event any server event; the echo of a sentence confirms it
   * @returns {{id: string, picture: string}|null} the sentence confirmed just now
   */
  confirm(event) {
    const id = event.item?.id ?? "";
    const sentence = this.#open.get(id);
    if (!sentence || (event.type !== "conversation.item.added" && event.type !== "conversation.item.done")) {
      return null;
    }
    this.#open.delete(id);
    return { id, picture: sentence.picture };
  }

  /** True for a sentence that has not been sent in this call. @param {string} id */
  isWaiting(id) {
    return this.#open.get(id)?.isSent === false;
  }

  /** The call is over: what it did not confirm waits for the next one. */
  giveBack() {
    this.#open.forEach((sentence) => {
      sentence.isSent = false;
    });
  }
}

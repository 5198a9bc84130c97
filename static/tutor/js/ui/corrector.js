// @ts-check
import { gettext, interpolate } from "../words.js";
import { element, setText } from "./dom.js";

/** Characters of a correction; the server takes no more. */
const LONGEST = 2_000;

/**
 * What is wrong with a correction, in one sentence; empty if nothing is.
 * @param {string} text
 */
export function faultOf(text) {
  if (text === "") {
    return gettext("Please write down what you said.");
  }
  const values = { count: text.length, limit: LONGEST };
  return text.length > LONGEST ? interpolate(gettext("This is too long: %(count)s characters, and %(limit)s can be kept. Please shorten it."), values) : "";
}

/**
 * The way to put one caption right: a button, and a small form in the caption's place once it is pressed.
 *
 * Enter saves and Escape cancels; the focus goes back to the button. What was written stays until it is saved.
 */
export class Corrector {
  #save;
  #closed;
  #words;
  #said = "";
  #text;
  #fault = element("p", "correction__fault");
  #submit = /** @type {HTMLButtonElement} */ (element("button", "button", gettext("Save")));
  #cancel = /** @type {HTMLButtonElement} */ (element("button", "button button--quiet", gettext("Cancel")));
  button = /** @type {HTMLButtonElement} */ (element("button", "caption__correct", gettext("Correct")));
  form = /** @type {HTMLFormElement} */ (element("form", "correction"));

  /**
   * @param {HTMLElement} words the text of the caption
   * @param {(text: string) => Promise<string>} save returns one sentence about what went wrong, or nothing
   * @param {(isSaved: boolean) => void} closed the form has gone, and the focus is back
   */
  constructor(words, save, closed) {
    this.#closed = closed;
    this.#words = words;
    this.#save = save;
    this.#text = /** @type {HTMLTextAreaElement} */ (element("textarea", "correction__text"));
    this.#text.rows = 2;
    this.#text.lang = words.lang;
    this.#text.dir = "auto";
    this.#fault.role = "alert";
    const label = element("label", "correction__label", gettext("What did you really say?"), this.#text);
    this.form.append(label, this.#fault, element("p", "correction__ways", this.#submit, this.#cancel));
    this.form.hidden = true;
    this.button.type = "button";
    this.button.setAttribute("aria-describedby", words.id);
    this.#cancel.type = "button";
    this.#listen();
  }

  /**
   * @param {boolean} isPossible
   * @param {string} said the words in force
   */
  show(isPossible, said) {
    this.#said = said;
    this.button.hidden = !isPossible || !this.form.hidden;
  }

  #listen() {
    this.button.addEventListener("click", () => this.#open());
    this.#cancel.addEventListener("click", () => this.#close());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#try();
    });
    this.form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        event.stopPropagation();
        this.#close();
      } else if (event.key === "Enter" && event.target === this.#text && !event.isComposing) {
        event.preventDefault();
        this.form.requestSubmit();
      }
    });
  }

  #open() {
    this.#text.value = this.#said;
    setText(this.#fault, "");
    this.#swap(true);
    this.#text.focus();
    this.form.scrollIntoView({ block: "nearest" });
  }

  /** @param {boolean} [isSaved] */
  #close(isSaved = false) {
    this.#swap(false);
    this.button.focus();
    this.#closed(isSaved);
  }

  /** @param {boolean} isOpen */
  #swap(isOpen) {
    this.form.hidden = !isOpen;
    this.#words.hidden = isOpen;
    this.button.hidden = isOpen;
  }

  async #try() {
    const text = this.#text.value.trim().replace(/\s+/g, " ");
    const fault = faultOf(text);
    if (fault || this.#submit.disabled) {
      setText(this.#fault, fault);
    } else if (text === this.#said) {
      this.#close();
    } else {
      await this.#keep(text);
    }
  }

  /** @param {string} text */
  async #keep(text) {
    this.#submit.disabled = true;
    this.#text.readOnly = true;
    setText(this.#submit, gettext("Saving …"));
    const problem = await this.#save(text);
    this.#submit.disabled = false;
    this.#text.readOnly = false;
    setText(this.#submit, gettext("Save"));
    setText(this.#fault, problem);
    if (problem === "" && !this.form.hidden) {
      this.#close(true);
    }
  }
}

// @ts-check
import { gettext } from "../words.js";

/** Warns before a form is left with changes that are not saved, and says so beside its buttons. */
export class Unsaved {
  #form;
  #signs;
  #saved;
  #isSending = false;

  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.#form = form;
    this.#signs = form.querySelectorAll("[data-unsaved]");
    // A form that came back with faults has never been saved.
    this.#saved = form.querySelector(".errornote, .errorlist") ? null : content(form);
    form.addEventListener("input", () => this.#show());
    form.addEventListener("change", () => this.#show());
    document.addEventListener("formset:added", () => this.#show());
    document.addEventListener("formset:removed", () => this.#show());
    document.addEventListener("click", (event) => this.#try(event));
    form.addEventListener("submit", (event) => {
      this.#isSending = !event.defaultPrevented;
    });
    // Back from the page that came after: the form is there as it was.
    window.addEventListener("pageshow", () => {
      this.#isSending = false;
      this.#show();
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.isChanged && !this.#isSending) {
        event.preventDefault();
      }
    });
  }

  get isChanged() {
    return content(this.#form) !== this.#saved;
  }

  #show() {
    const { isChanged } = this;
    const text = isChanged ? gettext("Not saved yet") : "";
    for (const sign of this.#signs) {
      if (sign.textContent !== text) {
        sign.textContent = text;
      }
    }
    document.querySelectorAll("button[data-try]").forEach((button) => this.#rename(/** @type {HTMLButtonElement} */ (button), isChanged));
  }

  /**
   * A trial is of what is saved. So a button that begins one saves first, where there is something to save.
   * @param {HTMLButtonElement} button @param {boolean} isChanged
   */
  #rename(button, isChanged) {
    const words = /** @type {HTMLElement} */ (button.querySelector("[data-try-words]"));
    button.dataset.plain ??= words.textContent ?? "";
    const text = isChanged ? (button.dataset.try ?? "") : button.dataset.plain;
    if (words.textContent !== text) {
      words.textContent = text;
    }
  }

  /** @param {MouseEvent} event */
  #try(event) {
    const button = event.target instanceof Element ? event.target.closest("button[data-try]") : null;
    if (!(button instanceof HTMLButtonElement) || !this.isChanged) {
      return;
    }
    event.preventDefault();
    // Behind all others: the Enter key in a field presses a form's first button.
    const saves = document.createElement("button");
    Object.assign(saves, { name: "_try", value: button.value, hidden: true });
    this.#form.append(saves);
    this.#form.requestSubmit(saves);
  }
}

/** What a form would send, but for the contents of files. @param {HTMLFormElement} form */
function content(form) {
  const sent = [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken");
  return JSON.stringify(sent.map(([name, value]) => [name, typeof value === "string" ? value : value.name]));
}

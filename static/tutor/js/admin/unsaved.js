// @ts-check

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
    this.#saved = form.querySelector(".errornote") ? null : content(form);
    form.addEventListener("input", () => this.#show());
    form.addEventListener("change", () => this.#show());
    document.addEventListener("formset:removed", () => this.#show());
    form.addEventListener("submit", () => {
      this.#isSending = true;
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
    const text = this.isChanged ? "Not saved yet" : "";
    for (const sign of this.#signs) {
      if (sign.textContent !== text) {
        sign.textContent = text;
      }
    }
  }
}

/** @param {HTMLFormElement} form */
function content(form) {
  return JSON.stringify([...new FormData(form)].filter(([, value]) => typeof value === "string"));
}

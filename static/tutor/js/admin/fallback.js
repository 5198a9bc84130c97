// @ts-check

/**
 * The keys that names of outcomes become: small letters, digits and -, as the server makes them.
 * @param {string} name
 */
export function keyOf(name) {
  const ascii = name.normalize("NFKD").replace(/[^\x00-\x7f]/g, "").toLowerCase();
  return ascii.replace(/[^\w\s-]/g, "").replace(/[-\s]+/g, "-").replace(/^[-_]+|[-_]+$/g, "");
}

/** Keeps the choice of the last resort in step with the ways out as they are named, added and removed. */
export class Fallback {
  #choice;
  #form;
  /** @type {HTMLInputElement|null} the name of the way out that is chosen, to follow it when it is renamed */
  #chosen = null;

  /** @param {HTMLSelectElement} choice */
  constructor(choice) {
    this.#choice = choice;
    this.#form = /** @type {HTMLFormElement} */ (choice.form);
    this.#follow();
    choice.addEventListener("change", () => this.#follow());
    this.#form.addEventListener("input", (event) => this.#renew(event.target));
    document.addEventListener("formset:removed", () => this.#offer());
  }

  get #names() {
    const fields = /** @type {HTMLInputElement[]} */ ([...this.#form.querySelectorAll('input[name^="outcomes-"][name$="-key"]')]);
    return fields.filter((field) => !field.name.includes("__prefix__") && keyOf(field.value));
  }

  #follow() {
    this.#chosen = this.#names.find((field) => keyOf(field.value) === this.#choice.value) ?? null;
  }

  /** @param {EventTarget|null} target */
  #renew(target) {
    if (target instanceof HTMLInputElement && target.name.endsWith("-key")) {
      this.#offer();
    }
  }

  #offer() {
    const names = this.#names;
    const nothing = this.#choice.options[0];
    this.#choice.replaceChildren(nothing, ...names.map((field) => new Option(keyOf(field.value), keyOf(field.value))));
    this.#choice.value = this.#chosen && names.includes(this.#chosen) ? keyOf(this.#chosen.value) : "";
  }
}

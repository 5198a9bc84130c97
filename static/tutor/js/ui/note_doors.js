// @ts-check

/** Links that lead to a page with the form for a note open; here the form comes to them, and nothing is loaded. */
export class NoteDoors {
  #template;

  /**
   * @param {Document|HTMLElement} page
   * @param {HTMLTemplateElement} template the form, which is about nothing yet
   */
  constructor(page, template) {
    this.#template = template;
    page.addEventListener("click", (event) => this.#meet(/** @type {MouseEvent} */ (event)));
  }

  /** @param {MouseEvent} event */
  #meet(event) {
    const door = /** @type {HTMLElement} */ (event.target).closest("a[data-note]");
    if (!(door instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) {
      return;
    }
    event.preventDefault();
    const form = about(this.#template, door.dataset.note ?? "");
    const first = /** @type {HTMLElement} */ (form.querySelector("select"));
    door.replaceWith(form);
    first.focus();
  }
}

/**
 * The form about an utterance, with ids of its own.
 * @param {HTMLTemplateElement} template
 * @param {string} itemId
 */
function about(template, itemId) {
  const form = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  const noteId = crypto.randomUUID();
  field(form, "item_id").value = itemId;
  const before = field(form, "note_id").value;
  field(form, "note_id").value = noteId;
  form.querySelectorAll("[id], [for]").forEach((element) => {
    for (const name of ["id", "for"]) {
      const value = element.getAttribute(name);
      if (value !== null) {
        element.setAttribute(name, value.replace(before, noteId));
      }
    }
  });
  return form;
}

/** @param {DocumentFragment} form @param {string} name */
function field(form, name) {
  return /** @type {HTMLInputElement} */ (form.querySelector(`[name=${name}]`));
}

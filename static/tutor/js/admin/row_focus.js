// @ts-check

const FIELDS = "input:not([type=hidden]), select, textarea";

/**
 * Whoever adds a row goes on in its first field; whoever removes one, at the button that adds another.
 * Django tells of both by events.
 * @param {Document} page
 */
export function leadFocus(page) {
  page.addEventListener("formset:added", (event) => {
    if (event.target instanceof Element) {
      /** @type {HTMLElement|null} */ (event.target.querySelector(FIELDS))?.focus();
    }
  });
  page.addEventListener("formset:removed", (event) => {
    const { formsetName } = /** @type {CustomEvent<{formsetName: string}>} */ (event).detail;
    /** @type {HTMLElement|null} */ (page.querySelector(`#${CSS.escape(formsetName)}-group .add-row a`))?.focus();
  });
}

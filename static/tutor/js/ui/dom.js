// @ts-check

/**
 * The element of the page with this id. The template and the scripts belong together: one that is missing is a mistake of ours.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @param {new (...args: any[]) => T} [type]
 * @returns {T}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof (type ?? HTMLElement))) {
    throw new Error(`The page has no #${id} of the kind its script expects.`);
  }
  return /** @type {T} */ (element);
}

/**
 * @param {string} tag
 * @param {string} className
 * @param {...(Node|string)} children
 */
export function element(tag, className, ...children) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}

/**
 * Set a text only if it differs, so that screen readers do not announce it again.
 * @param {HTMLElement} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) {
    target.textContent = text;
  }
}

/**
 * Where the focus goes when what had it went away under the finger: to the first of some places that is there.
 * @param {Element|null} focused
 * @param {HTMLElement[]} places
 * @returns {HTMLElement|undefined} nothing as long as the focus is well where it is
 */
export function refuge(focused, places) {
  const isGone = (/** @type {Element|null} */ one) => one !== null && one.closest("[hidden]") !== null;
  return isGone(focused) ? places.find((place) => !isGone(place)) : undefined;
}

/**
 * Swallow the second half of a double click where the first half took away what it hit: it means nothing to what
 * came to light there.
 * @param {EventTarget} page
 */
export function swallowStrayClicks(page) {
  /** @type {Element|null} */
  let hit = null;
  const judge = (/** @type {Event} */ event) => {
    const isGone = hit !== null && hit.getClientRects().length === 0;
    if (/** @type {MouseEvent} */ (event).detail > 1 && isGone) {
      event.preventDefault();
      event.stopPropagation();
    } else {
      hit = /** @type {Element} */ (event.target);
    }
  };
  page.addEventListener("click", judge, true);
}

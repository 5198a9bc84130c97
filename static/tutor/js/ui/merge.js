// @ts-check
/**
 * Bring a part of the page up to date with what the server has rendered anew, touching only what differs, so that focus,
 * scrolling and what a screen reader has read stay. Children are told apart by `data-key`.
 * @param {Element} here
 * @param {Element} fresh
 */
export function merge(here, fresh) {
  const known = new Map([...here.children].map((child) => [keyOf(child), child]));
  const wanted = new Set([...fresh.children].map(keyOf));
  for (const [key, child] of known) {
    // What is under way the server does not know yet.
    if (!wanted.has(key) && !child.hasAttribute("data-sketch")) {
      child.remove();
    }
  }
  /** @type {Element|null} */
  let before = null;
  for (const child of [...fresh.children]) {
    const old = known.get(keyOf(child));
    let place = old ?? child;
    if (old && child.id && old.id === child.id) {
      merge(old, child);
    } else if (old && old.outerHTML !== child.outerHTML) {
      old.replaceWith(child);
      place = child;
    }
    const next = before ? before.nextElementSibling : here.firstElementChild;
    if (place !== next) {
      here.insertBefore(place, next);
    }
    before = place;
  }
}

/** @param {Element} element */
function keyOf(element) {
  return element.getAttribute("data-key") ?? (element.id || element.outerHTML);
}

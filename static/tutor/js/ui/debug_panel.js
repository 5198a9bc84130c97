// @ts-check
import { gettext } from "../words.js";
import { byId, element, setText } from "./dom.js";

/** Events kept; older ones are dropped, or a long lesson would fill the memory. */
const MOST = 500;
/** Milliseconds for which it is said that the events were copied. */
const COPIED_FOR = 3_000;

/** The events of the call, up and down, for whoever looks for a fault (`?debug=1`). */
export class DebugPanel {
  #list = byId("debug-list");
  #copy = byId("debug-copy", HTMLButtonElement);
  #copied = byId("debug-copied");
  /** @type {Array<{at: string, direction: "up"|"down", event: object}>} */
  #events = [];

  constructor() {
    byId("debug").hidden = false;
    this.#copy.addEventListener("click", () => this.#copyAll());
  }

  async #copyAll() {
    try {
      await navigator.clipboard.writeText(JSON.stringify(this.#events, null, 1));
      setText(this.#copied, gettext("Copied"));
    } catch {
      // Browsers allow it on secure pages only, and not to everybody.
      setText(this.#copied, gettext("This browser does not allow copying"));
    }
    setTimeout(() => setText(this.#copied, ""), COPIED_FOR);
  }

  /** @param {{direction: "up"|"down", event: {type: string}}} traffic */
  add({ direction, event }) {
    const at = new Date().toISOString().slice(11, 23);
    this.#events.push({ at, direction, event });
    this.#list.prepend(row(at, direction, event));
    if (this.#events.length > MOST) {
      this.#events.shift();
      this.#list.lastElementChild?.remove();
    }
  }
}

/**
 * @param {string} at
 * @param {"up"|"down"} direction
 * @param {{type: string}} event
 */
function row(at, direction, event) {
  const text = JSON.stringify(event, null, 1);
  const bytes = new TextEncoder().encode(JSON.stringify(event)).length;
  const summary = element("summary", "", `${direction === "up" ? "↑" : "↓"} ${at} ${event.type} `, element("small", "", `${bytes} B`));
  const details = element("details", "", summary);
  // The text is put in when somebody looks: `session.updated` alone may be many kilobytes.
  details.addEventListener("toggle", () => details.children.length > 1 || details.append(element("pre", "", text)));
  return element("li", event.type === "error" ? "debug__error" : "", details);
}

// @ts-check

/** What each key does. Single characters work only while the transcript has the focus (WCAG 2.1.4). */
const KEYS = { j: "next", ArrowDown: "next", k: "previous", ArrowUp: "previous", n: "flagged", "?": "help" };
/** Where a key is a letter, or moves in what is written or chosen. */
const FIELDS = "input, textarea, select, [contenteditable]";

/**
 * What a key means to somebody who reads; empty for nothing.
 * @param {{key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean}} event
 * @param {boolean} isInField whether the focus is where something is written
 * @returns {""|"next"|"previous"|"flagged"|"help"}
 */
export function meaning({ key, ctrlKey, metaKey, altKey }, isInField) {
  const isOurs = !isInField && !ctrlKey && !metaKey && !altKey && Object.hasOwn(KEYS, key);
  return isOurs ? /** @type {any} */ (KEYS[/** @type {keyof KEYS} */ (key)]) : "";
}

/**
 * Which of some places is the next one, the one before, or the next that stands out; -1 for none.
 * @param {"next"|"previous"|"flagged"} way
 * @param {number} here the place that has the focus; between two of them: that before, and a half
 * @param {boolean[]} flags of each place, whether it stands out
 */
export function goal(way, here, flags) {
  if (way === "previous") {
    return Math.ceil(here) - 1;
  }
  const from = Math.floor(here) + 1;
  return way === "next" ? (from < flags.length ? from : -1) : flags.indexOf(true, from);
}

/** Goes through a transcript by keys: from one utterance to the next, and to what stands out. */
export class ReadingKeys {
  #region;
  #help;

  /**
   * @param {HTMLElement} region the transcript
   * @param {HTMLDialogElement} help says which keys there are
   * @param {HTMLElement} door a button that shows it
   */
  constructor(region, help, door) {
    this.#region = region;
    this.#help = help;
    region.tabIndex = 0;
    region.addEventListener("keydown", (event) => this.#press(event));
    door.hidden = false;
    door.addEventListener("click", () => help.showModal());
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const way = meaning(event, /** @type {HTMLElement} */ (event.target).closest(FIELDS) !== null);
    if (way === "") {
      return;
    }
    event.preventDefault();
    if (way === "help") {
      this.#help.showModal();
      return;
    }
    const places = /** @type {HTMLElement[]} */ ([...this.#region.querySelectorAll(".said, .stay > h2")]);
    // From stage to stage only where something stands out there: j and k go through what was said.
    const wanted = places.filter((place) => way === "flagged" || place.matches(".said"));
    const found = goal(way, this.#here(wanted), wanted.map(standsOut));
    if (found !== -1) {
      goTo(/** @type {HTMLElement} */ (wanted[found]));
    }
  }

  /** Where the reader is among some places. @param {HTMLElement[]} places */
  #here(places) {
    const focused = document.activeElement;
    if (focused === this.#region || focused === null) {
      // Nowhere yet: what is on the screen comes first.
      return places.filter((place) => place.getBoundingClientRect().top < 0).length - 0.5;
    }
    const at = places.findIndex((place) => place.contains(focused));
    const isBefore = (/** @type {HTMLElement} */ place) => (place.compareDocumentPosition(focused) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
    return at === -1 ? places.filter(isBefore).length - 0.5 : at;
  }
}

/** Whether reviewers noted something there, or a rule found something. @param {HTMLElement} place */
function standsOut(place) {
  const scope = place.matches(".said") ? place : (place.parentElement ?? place);
  return scope.querySelector(place.matches(".said") ? ".notes, .tag" : ":scope > .signs, :scope > h2 .tag") !== null;
}

/** @param {HTMLElement} place */
function goTo(place) {
  place.tabIndex = -1;
  if (place.matches(".said")) {
    // Else a screen reader would say nothing of what has the focus.
    place.setAttribute("role", "group");
    place.ariaLabel = place.querySelector(".bubble")?.textContent?.replace(/\s+/g, " ").trim() ?? "";
  }
  place.focus({ preventScroll: true });
  place.scrollIntoView({ block: "center" });
}

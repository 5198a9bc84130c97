// @ts-check
import { gettext, interpolate } from "../words.js";
import { numbered, placeAfter, placeAt } from "./places.js";

// Pixels from the edge of the window within which a dragged row makes the page scroll, and how far at a time.
const EDGE = 60;
const SCROLL = 12;

/**
 * A list whose rows are dragged by their handles, or moved by their buttons. What the form sends are the numbers in the
 * rows' place fields; without this script they are typed, and the buttons are the server's.
 */
export class OrderedList {
  #list;
  #said;

  /** @param {HTMLElement} list @param {HTMLElement} said where it is told what was moved, for those who cannot see it */
  constructor(list, said) {
    this.#list = list;
    this.#said = said;
    list.classList.add("is-sortable");
    list.addEventListener("click", (event) => this.#click(event));
    list.addEventListener("pointerdown", (event) => this.#press(event));
  }

  get #rows() {
    return /** @type {HTMLElement[]} */ ([...this.#list.querySelectorAll("[data-ordered-row]")]);
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const button = closest(event, "[data-move]");
    const row = button && rowOf(button);
    if (!row) {
      return;
    }
    event.preventDefault();
    const rows = this.#rows;
    this.#put(row, placeAfter(rows.indexOf(row), Number(button.dataset.move), rows.length));
    // A button that was moved along with its row has lost the focus.
    button.focus();
    button.scrollIntoView({ block: "nearest" });
    this.#tell(row);
  }

  /** @param {PointerEvent} event */
  #press(event) {
    const handle = closest(event, "[data-drag]");
    const row = handle && rowOf(handle);
    if (!row || event.button !== 0) {
      return;
    }
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    row.classList.add("is-dragged");
    const ended = new AbortController();
    const { signal } = ended;
    handle.addEventListener("pointermove", (move) => this.#drag(row, move.clientY), { signal });
    const end = () => {
      ended.abort();
      row.classList.remove("is-dragged");
      this.#tell(row);
    };
    handle.addEventListener("pointerup", end, { signal });
    handle.addEventListener("pointercancel", end, { signal });
  }

  /** @param {HTMLElement} row @param {number} y */
  #drag(row, y) {
    const others = this.#rows.filter((other) => other !== row);
    this.#put(row, placeAt(y, others.map((other) => other.getBoundingClientRect())));
    if (y < EDGE) {
      window.scrollBy(0, -SCROLL);
    } else if (y > window.innerHeight - EDGE) {
      window.scrollBy(0, SCROLL);
    }
  }

  /** @param {HTMLElement} row @param {number} place counted from 0 */
  #put(row, place) {
    const rows = this.#rows;
    if (rows.indexOf(row) === place) {
      return;
    }
    const others = rows.filter((other) => other !== row);
    // Moving the neighbour keeps hold of the row that is dragged: a row that is taken out lets go of the pointer.
    if (place < rows.indexOf(row)) {
      rows.slice(place, rows.indexOf(row)).reverse().forEach((other) => row.after(other));
    } else {
      others.slice(rows.indexOf(row), place).forEach((other) => row.before(other));
    }
    this.#number();
  }

  #number() {
    const rows = this.#rows;
    numbered(rows.length).forEach((order, index) => {
      const field = /** @type {HTMLInputElement} */ (rows[index].querySelector("input.order"));
      field.value = String(order);
      const place = rows[index].querySelector("[data-place]");
      if (place) {
        place.textContent = String(index + 1);
      }
    });
    this.#list.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** @param {HTMLElement} row */
  #tell(row) {
    const rows = this.#rows;
    const place = { name: row.dataset.name ?? "", place: rows.indexOf(row) + 1, count: rows.length };
    this.#said.textContent = interpolate(gettext("“%(name)s” is now %(place)s of %(count)s."), place);
  }
}

/** @param {Event} event @param {string} selector @returns {HTMLElement | null} */
function closest(event, selector) {
  return event.target instanceof Element ? event.target.closest(selector) : null;
}

/** @param {Element} part @returns {HTMLElement | null} */
function rowOf(part) {
  return part.closest("[data-ordered-row]");
}

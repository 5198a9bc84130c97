// @ts-check
/**
 * @typedef {object} Field as HTML has them; what is not one of its kind is missing
 * @property {string} id
 * @property {string} type
 * @property {string} value
 * @property {boolean} [checked]
 * @property {number} [selectedIndex]
 * @property {Iterable<{value: string}>} [options]
 *
 * @typedef {Pick<Storage, "getItem"|"setItem"|"removeItem">} Place
 */

/**
 * What is filled in beside a form that is sent, kept until the page is there again. It is kept for this window alone,
 * and only for that long: the next person at the same computer finds nothing.
 */
export class KeptFields {
  #key;
  #place;

  /**
   * @param {string} key of the page
   * @param {() => Place} [place] asked each time: merely naming a forbidden one throws
   */
  constructor(key, place = () => window.sessionStorage) {
    this.#key = `viva-fields-${key}`;
    this.#place = place;
  }

  /** @param {Iterable<Field>} fields of the forms that are not sent */
  keep(fields) {
    const kept = [...fields].filter(isFilledIn).map(({ id, value }) => [id, value]);
    try {
      this.#place().setItem(this.#key, JSON.stringify(kept));
    } catch {
      // Forbidden or full: it is lost, as without this script.
    }
  }

  /** Fill in what was kept, where nothing stands, and forget it. @param {Iterable<Field>} fields */
  giveBack(fields) {
    const kept = this.#take();
    for (const field of fields) {
      const value = kept.get(field.id);
      if (value !== undefined && !isFilledIn(field)) {
        fillIn(field, value);
      }
    }
  }

  /** @returns {Map<string, string>} */
  #take() {
    try {
      const kept = this.#place().getItem(this.#key);
      this.#place().removeItem(this.#key);
      return new Map(JSON.parse(kept ?? "[]"));
    } catch {
      return new Map();
    }
  }
}

/** Whether somebody has filled in a field: the first choice of a list is nobody's. @param {Field} field */
function isFilledIn({ id, type, value, checked = false, selectedIndex = 0 }) {
  if (id === "" || type === "hidden") {
    return false;
  }
  return type === "checkbox" ? checked : type === "select-one" ? selectedIndex > 0 : value !== "";
}

/** @param {Field} field @param {string} value */
function fillIn(field, value) {
  if (field.type === "checkbox") {
    field.checked = true;
  } else if (field.options === undefined || [...field.options].some((option) => option.value === value)) {
    field.value = value;
  }
}

// @ts-check
/**
 * Words for people, in the language of the page. Django's JavaScript catalogue, where the page has loaded one, knows
 * them; without it they stay English. `makemessages` finds the texts by the names of these functions.
 */

/**
 * The catalogue leaves its functions to all scripts. They are asked, not `django`: in the admin jQuery's script takes that
 * name for itself, and Django's own scripts have their words in the same catalogue.
 *
 * @typedef {object} Catalogue
 * @property {(text: string) => string} gettext
 * @property {(one: string, many: string, count: number) => string} ngettext
 */

const catalogue = /** @type {Partial<Catalogue>} */ (globalThis);

/** @param {string} text */
export function gettext(text) {
  return catalogue.gettext?.(text) ?? text;
}

/**
 * @param {string} one
 * @param {string} many
 * @param {number} count
 */
export function ngettext(one, many, count) {
  return catalogue.ngettext?.(one, many, count) ?? (count === 1 ? one : many);
}

/**
 * Put values into a text: `%(name)s` stands for each.
 * @param {string} text
 * @param {Record<string, string|number>} values
 */
export function interpolate(text, values) {
  return text.replaceAll(/%\((\w+)\)s/g, (whole, name) => String(values[name] ?? whole));
}

// @ts-check
/**
 * Words for people, in the language of the page. Django's JavaScript catalogue, where the page has loaded one, knows
 * them; without it they stay English. `makemessages` finds the texts by the names of these functions.
 */

/**
 * In the admin `django` is there without one: it holds jQuery.
 *
 * @typedef {object} Catalogue
 * @property {(text: string) => string} gettext
 * @property {(one: string, many: string, count: number) => string} ngettext
 */

/** @returns {Partial<Catalogue>|undefined} */
function catalogue() {
  return /** @type {{django?: Partial<Catalogue>}} */ (globalThis).django;
}

/** @param {string} text */
export function gettext(text) {
  return catalogue()?.gettext?.(text) ?? text;
}

/**
 * @param {string} one
 * @param {string} many
 * @param {number} count
 */
export function ngettext(one, many, count) {
  return catalogue()?.ngettext?.(one, many, count) ?? (count === 1 ? one : many);
}

/**
 * Put values into a text: `%(name)s` stands for each.
 * @param {string} text
 * @param {Record<string, string|number>} values
 */
export function interpolate(text, values) {
  return text.replaceAll(/%\((\w+)\)s/g, (whole, name) => String(values[name] ?? whole));
}

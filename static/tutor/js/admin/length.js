// @ts-check
import { gettext, interpolate, ngettext } from "../words.js";

// What a text costs to send, before anything better is known: English has about four characters to a token.
const CHARACTERS_PER_TOKEN = 4;

/**
 * How long a text is, in words for people. The server's estimate for the saved text is carried on to the text as it is.
 * @param {number} characters
 * @param {{characters: number, tokens: number}} saved
 */
export function lengthInWords(characters, saved) {
  const ratio = saved.tokens > 0 ? saved.characters / saved.tokens : CHARACTERS_PER_TOKEN;
  const tokens = Math.round(characters / ratio);
  return interpolate(gettext("%(characters)s, about %(tokens)s"), {
    characters: interpolate(ngettext("%(number)s character", "%(number)s characters", characters), { number: numeral(characters) }),
    tokens: interpolate(ngettext("%(number)s token", "%(number)s tokens", tokens), { number: numeral(tokens) }),
  });
}

/** As the language of the page writes numbers. @param {number} number */
function numeral(number) {
  return number.toLocaleString(globalThis.document?.documentElement.lang || "en");
}

/**
 * Show below a field how long its text is, while it is typed.
 * @param {HTMLTextAreaElement} field
 */
export function countLength(field) {
  const saved = { characters: Number(field.dataset.characters), tokens: Number(field.dataset.tokens) };
  const output = document.createElement("output");
  output.className = "help length";
  output.htmlFor.add(field.id);
  const show = () => {
    output.textContent = lengthInWords([...field.value].length, saved);
  };
  (field.closest(".flex-container") ?? field).after(output);
  field.addEventListener("input", show);
  show();
}

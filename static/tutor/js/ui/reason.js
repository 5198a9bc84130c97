// @ts-check
import { gettext, interpolate } from "../words.js";

/**
 * What the learner reads of the reason staff gave for what they did; nothing where they gave none.
 * @param {string} why
 */
export function reasonWords(why) {
  return why && interpolate(gettext("Why: %(reason)s"), { reason: why });
}

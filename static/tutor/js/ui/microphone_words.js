// @ts-check
import { gettext } from "../words.js";

/**
 * What a learner can do about a microphone that does not work, one sentence for the trouble and one for the cure.
 * @param {string} state see `net/microphone.js`
 * @param {{browser: string}} where
 * @returns {string} empty when there is no trouble
 */
export function microphoneHelp(state, { browser }) {
  const words = /** @type {Record<string, () => string>} */ ({
    refused: () => `${gettext("Your browser does not give this page the microphone.")} ${permissionHelp(browser)}`,
    absent: () => gettext("No microphone was found. Plug one in or switch it on, then try again."),
    busy: () => gettext("Another program is using your microphone. Close it there, for example a video call, then try again."),
    insecure: () => gettext("Browsers give the microphone only to secure pages. Open this page with https:// at the beginning of its address."),
    unplugged: () => gettext("Your microphone is gone. Plug it in again, or go on with another one."),
    silenced: () => gettext("Your device keeps the microphone quiet just now, for example for a phone call. Come back to this page to go on talking."),
  });
  return words[state]?.() ?? "";
}

/** @param {string} browser */
function permissionHelp(browser) {
  const words = /** @type {Record<string, string>} */ ({
    chromium: gettext("Press the sign at the left of the address, switch “Microphone” on, then try again."),
    firefox: gettext("Press the crossed-out microphone at the left of the address to take the block away, then try again."),
    safari: gettext("Open the page settings beside the address, set “Microphone” to “Allow”, then try again."),
    other: gettext("Allow the microphone for this page in the settings of your browser, then try again."),
  });
  return words[browser] ?? words.other;
}

/**
 * The family of a browser, as far as it matters for where the permission is found. All browsers on iPhone and iPad
 * call themselves Safari, and many others Chrome: the most particular name counts.
 * @param {{userAgent: string, userAgentData?: {brands: Array<{brand: string}>}}} navigator
 */
export function browserFamily({ userAgent, userAgentData }) {
  if (userAgentData?.brands.some(({ brand }) => brand === "Chromium")) {
    return "chromium";
  }
  if (/Firefox\//.test(userAgent)) {
    return "firefox";
  }
  if (/(CriOS|FxiOS|EdgiOS)\//.test(userAgent)) {
    // Another browser's face around Safari's engine: its settings are somewhere else.
    return "other";
  }
  if (/(Chrome|Chromium)\//.test(userAgent)) {
    return "chromium";
  }
  return /Version\/.*Safari\//.test(userAgent) ? "safari" : "other";
}

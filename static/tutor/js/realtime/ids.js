// @ts-check

/**
 * A new id: the prefix and 24 hexadecimal digits.
 * @param {string} prefix for example "typed_"
 * @returns {string}
 */
export function newId(prefix) {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return prefix + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

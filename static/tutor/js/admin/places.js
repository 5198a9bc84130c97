// @ts-check

/** Places are counted in steps of 10, so that one more fits between any two. */
const STEP = 10;

/**
 * The place number of each row, in the order of the rows.
 * @param {number} count
 */
export function numbered(count) {
  return Array.from({ length: count }, (_, index) => (index + 1) * STEP);
}

/**
 * Where among the other rows a row belongs that is held at a height.
 * @param {number} y in pixels from the top of the window
 * @param {{top: number, height: number}[]} others the other rows, from top to bottom
 */
export function placeAt(y, others) {
  return others.filter(({ top, height }) => top + height / 2 < y).length;
}

/**
 * Where a row gets to when it is moved by a number of places, as far as there are any.
 * @param {number} place @param {number} by @param {number} count
 */
export function placeAfter(place, by, count) {
  return Math.min(Math.max(place + by, 0), count - 1);
}

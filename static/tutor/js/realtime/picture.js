// @ts-check
/**
 * Pictures small enough for the data channel. No limit of theirs is documented, but an event larger than the channel
 * takes closes it without a word (protocol reference section 8.2).
 *
 * @callback Render
 * @param {number} side pixels of the longer side, at most
 * @param {number} quality of the JPEG, from 0 to 1
 * @returns {string} a data URI
 */

/** From fine to coarse: side in pixels, quality. The last has some 10 KB. @type {ReadonlyArray<[number, number]>} */
const SIZES = [[1024, 0.7], [1024, 0.5], [768, 0.6], [768, 0.4], [512, 0.5], [384, 0.4], [256, 0.3]];
/** Bytes of the event around the picture, generously. */
const AROUND = 2_048;

/**
 * @param {Render} render
 * @param {number} largest bytes that one event may have
 * @returns {string|null} the picture as fine as the channel takes it; null when none is small enough
 */
export function fitting(render, largest) {
  for (const [side, quality] of SIZES) {
    // A data URI has only ASCII characters: as many bytes as characters.
    const picture = render(side, quality);
    if (picture.length + AROUND <= largest) {
      return picture;
    }
  }
  return null;
}

// @ts-check
/**
 * Pictures small enough for the data channel, and for the journal that keeps them. No limit of the former is documented,
 * but an event larger than the channel takes closes it without a word (protocol reference section 8.2).
 *
 * @callback Render
 * @param {number} side pixels of the longer side, at most
 * @param {number} quality of the JPEG, from 0 to 1
 * @returns {string} a data URI
 */

/** From fine to coarse: side in pixels, quality. The last has some 10 KB. @type {ReadonlyArray<[number, number]>} */
const SIZES = [[1024, 0.7], [1024, 0.5], [768, 0.6], [768, 0.4], [512, 0.5], [384, 0.4], [256, 0.3]];
/** Bytes of the event around the picture and its words, generously. */
const AROUND = 2_048;
/** Bytes of a picture that the journal still sends in one request, and the server keeps. */
const LARGEST_KEPT = 190_000;
/** What stands for a picture in the text of its message: the tutor's memory of a lost call is text alone. */
const MARK = "(a picture)";

/**
 * @param {Render} render
 * @param {number} largest bytes that one event may have
 * @param {string} [words] that go with the picture
 * @returns {string|null} the picture as fine as the channel takes it; null when none is small enough
 */
export function fitting(render, largest, words = "") {
  const room = Math.min(largest - AROUND - new TextEncoder().encode(JSON.stringify(words)).length, LARGEST_KEPT);
  for (const [side, quality] of SIZES) {
    // A data URI has only ASCII characters: as many bytes as characters.
    const picture = render(side, quality);
    if (picture.length <= room) {
      return picture;
    }
  }
  return null;
}

/**
 * The text of a message with a picture.
 * @param {string} words may be empty
 */
export function marked(words) {
  return `${words.trim()} ${MARK}`.trim();
}

/**
 * The learner's own words of a message with a picture.
 * @param {string} text
 */
export function wordsOf(text) {
  return text.endsWith(MARK) ? text.slice(0, -MARK.length).trim() : text;
}

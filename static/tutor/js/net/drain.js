// @ts-check
import { Api, isOurs } from "./api.js";
import { BATCH_BYTES, BATCH_ENTRIES, isUntakeable, take } from "./journal.js";

/**
 * @typedef {import("./api.js").Urls} Urls
 * @typedef {import("./shelf.js").Shelf} Shelf
 * @typedef {import("../realtime/types.js").JournalEntry} JournalEntry
 */

/** Of an attempt that is not there any more, nothing is kept. */
const GONE = 404;

/**
 * Send what earlier pages of lessons could not, from whatever page one comes back to. What fails now is tried again on
 * the next page.
 * @param {Pick<Shelf, "rest"|"remove">} shelf
 * @param {object} options
 * @param {() => string} options.csrfToken
 * @param {string} [options.except] the place that the room on this page sends to by itself
 * @param {typeof fetch} [options.fetch]
 */
export async function drain(shelf, { csrfToken, except = "", fetch }) {
  for (const [place, entries] of await shelf.rest()) {
    if (place !== except) {
      const urls = /** @type {Urls} */ ({ journal: place });
      await empty(shelf, place, entries, new Api({ urls, csrfToken, fetch }));
    }
  }
}

/**
 * @param {Pick<Shelf, "remove">} shelf
 * @param {string} place
 * @param {JournalEntry[]} entries
 * @param {Api} api
 */
async function empty(shelf, place, entries, api) {
  const left = [...entries];
  let most = BATCH_ENTRIES;
  while (left.length > 0) {
    const batch = take(left, most, BATCH_BYTES);
    const result = await api.journal(batch);
    if (!result.ok && result.status === GONE && isOurs(result)) {
      await shelf.remove(place, left);
      return;
    }
    if (!result.ok && !isUntakeable(result)) {
      return;
    }
    if (!result.ok && batch.length > 1) {
      // One of them is to blame: look which.
      most = 1;
      continue;
    }
    await shelf.remove(place, batch);
    left.splice(0, batch.length);
  }
}

// @ts-check
/** Messages that something is on its way to the room: each goes once that has arrived. */

/**
 * The number of what a message is about, if that is on its way.
 * @param {string} className of the message, as `pages/desk.py` tags it
 * @returns {string|null}
 */
export function awaitedIn(className) {
  return /(?:^|\s)until-(\d+)(?:\s|$)/.exec(className)?.[1] ?? null;
}

/**
 * Take away what has been overtaken.
 * @param {Iterable<Pick<Element, "className"|"remove">>} notes
 * @param {ReadonlySet<string>} coming numbers of what is still on its way
 */
export function dropArrived(notes, coming) {
  for (const note of notes) {
    const number = awaitedIn(note.className);
    if (number !== null && !coming.has(number)) {
      note.remove();
    }
  }
}

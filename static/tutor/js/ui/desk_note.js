// @ts-check
import { gettext, interpolate } from "../words.js";
import { byId, setText } from "./dom.js";

/**
 * @typedef {object} DeskView
 * @property {string} status
 * @property {{by: string}|null} pause who has paused the lesson
 * @property {string} movedBy who has moved it to the stage it is in, if anybody has
 * @property {string[]} watchers who reads along
 */

/** What people have to do with this lesson, said openly: who reads along, who has paused it, who has moved it. */
export class DeskNote {
  #note = byId("desk-note");
  #watchers = byId("reading-along");

  /** @param {DeskView} view */
  show({ status, pause, movedBy, watchers }) {
    const text = wordsOf(status, pause, movedBy);
    setText(this.#note, text);
    this.#note.hidden = text === "";
    const isWatched = watchers.length > 0 && status !== "ended";
    setText(this.#watchers, isWatched ? interpolate(gettext("%(names)s is reading along."), { names: watchers.join(", ") }) : "");
    this.#watchers.hidden = !isWatched;
  }
}

/**
 * @param {string} status
 * @param {{by: string}|null} pause
 * @param {string} movedBy
 */
function wordsOf(status, pause, movedBy) {
  if (status === "paused") {
    return pause === null
      ? gettext("Your teacher has paused the lesson. Your microphone is off. It goes on when they say so; all that was said is kept.")
      : interpolate(gettext("%(name)s has paused the lesson. Your microphone is off. It goes on when they say so; all that was said is kept."), { name: pause.by });
  }
  return movedBy && status !== "ended" ? interpolate(gettext("%(name)s has moved the lesson to this stage."), { name: movedBy }) : "";
}

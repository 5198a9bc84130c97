// @ts-check
import { gettext, interpolate } from "../words.js";
import { byId, setText } from "./dom.js";
import { reasonWords } from "./reason.js";

/**
 * @typedef {object} DeskView
 * @property {string} status
 * @property {{by: string, why: string}|null} pause who has paused the lesson, and why
 * @property {string} movingBy who is about to move it to another stage, if anybody is
 * @property {string} movedBy who has moved it to the stage it is in, if anybody has
 * @property {string} movedWhy the reason they gave
 * @property {string[]} watchers who reads along
 */

/** What people have to do with this lesson, said openly: who reads along, who has paused it, who has moved it. */
export class DeskNote {
  #note = byId("desk-note");
  #watchers = byId("reading-along");

  /** @param {DeskView} view */
  show({ status, pause, movingBy, movedBy, movedWhy, watchers }) {
    const text = deskWords(status, pause, movingBy, movedBy, movedWhy);
    setText(this.#note, text);
    this.#note.hidden = text === "";
    const isWatched = watchers.length > 0 && status !== "ended";
    setText(this.#watchers, isWatched ? interpolate(gettext("%(names)s is reading along."), { names: watchers.join(", ") }) : "");
    this.#watchers.hidden = !isWatched;
  }
}

/**
 * What to say of a pause or a move, or nothing.
 * @param {string} status
 * @param {{by: string, why: string}|null} pause
 * @param {string} movingBy
 * @param {string} movedBy
 * @param {string} movedWhy
 */
export function deskWords(status, pause, movingBy, movedBy, movedWhy) {
  if (status === "paused") {
    return pause === null
      ? gettext("Your teacher has paused the lesson. Your microphone is off. It goes on when they say so; all that was said is kept.")
      : interpolate(gettext("%(name)s has paused the lesson. Your microphone is off. It goes on when they say so; all that was said is kept."), { name: pause.by }) + (pause.why && ` ${reasonWords(pause.why)}`);
  }
  if (status === "ended" || !(movingBy || movedBy)) {
    return "";
  }
  return movingBy
    ? interpolate(gettext("%(name)s is moving the lesson on to another stage."), { name: movingBy })
    : interpolate(gettext("%(name)s has moved the lesson to this stage."), { name: movedBy }) + (movedWhy && ` ${reasonWords(movedWhy)}`);
}

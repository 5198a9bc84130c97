// @ts-check
import { gettext, interpolate, ngettext } from "../words.js";
import { byId, setText } from "./dom.js";

/**
 * How much of a lesson is left, in calm words. Nobody is hurried: it is a guess of the teacher's.
 * @param {{minutes: number, spent: number}} time minutes planned, milliseconds spent
 */
export function timeLeft({ minutes, spent }) {
  const left = Math.ceil(minutes - spent / 60_000);
  if (minutes === 0) {
    return "";
  }
  if (left <= 0) {
    return gettext("a little over time: finish in your own time");
  }
  if (spent === 0) {
    return interpolate(ngettext("about %(count)s minute", "about %(count)s minutes", left), { count: left });
  }
  return interpolate(ngettext("about %(count)s minute left", "about %(count)s minutes left", left), { count: left });
}

/** Stands beside the goal. It is no live region: a screen reader does not count the minutes aloud. */
export class TimeLeft {
  #line = byId("time-left");

  /** @param {{time: {minutes: number, spent: number}, status: string}} view */
  show({ time, status }) {
    setText(this.#line, timeLeft(time));
    this.#line.hidden = status === "ended";
  }
}

// @ts-check
import { gettext, interpolate, ngettext } from "../words.js";
import { byId, setText } from "./dom.js";

/** Minutes before a lesson ends by itself, or a budget does, at which it says so. */
const WARN_WITHIN = 5;

/**
 * What is left of the learner's time with the tutor, where that is little.
 * @param {{ms: number, in: "day"|"month"}|null} left
 */
function budgetLeft(left) {
  const count = left === null ? 0 : Math.ceil(left.ms / 60_000);
  if (left === null || count === 0 || count > WARN_WITHIN) {
    return "";
  }
  const words = left.in === "day"
    ? ngettext("about %(count)s minute left with the tutor today", "about %(count)s minutes left with the tutor today", count)
    : ngettext("about %(count)s minute left with the tutor this month", "about %(count)s minutes left with the tutor this month", count);
  return interpolate(words, { count });
}

/**
 * How much of a lesson is left, in calm words. Nobody is hurried: the minutes are a guess of the teacher's, and the
 * limit is far behind them.
 * @param {{minutes: number, limit?: number, spent: number, left?: {ms: number, in: "day"|"month"}|null}} time minutes
 *   planned; minutes after which the server ends the lesson, 0 for never; milliseconds spent; what budgets leave
 */
export function timeLeft({ minutes, limit = 0, spent, left: ofBudget = null }) {
  const warning = budgetLeft(ofBudget);
  if (warning) {
    return warning;
  }
  const rest = Math.max(1, Math.ceil(limit - spent / 60_000));
  if (limit > 0 && rest <= WARN_WITHIN) {
    return interpolate(ngettext("time is nearly up: the lesson ends in %(count)s minute", "time is nearly up: the lesson ends in %(count)s minutes", rest), { count: rest });
  }
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

  /** @param {{time: Parameters<typeof timeLeft>[0], status: string}} view */
  show({ time, status }) {
    setText(this.#line, timeLeft(time));
    this.#line.hidden = status === "ended";
  }
}

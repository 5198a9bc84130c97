// @ts-check
import { gettext, interpolate, ngettext } from "../words.js";
import { byId, element, setText } from "./dom.js";

/**
 * @typedef {{turns: number, quotes: number}} Needs
 * @typedef {{key: string, title: string, goal: string, progress: "done"|"current"|"ahead"|"passed"|"skipped"}} StageProgress
 */

const WORDS = { done: gettext("done"), current: "", ahead: gettext("to come"), passed: gettext("passed over by staff"), skipped: gettext("not needed") };
/** Whose mark is empty: what it means is said in words that everybody sees. */
const UNVISITED = ["passed", "skipped"];

/** The way through the lesson, and the goal of the stage the learner is in. */
export class Stages {
  #list = byId("stages");
  #goal = byId("goal");
  #count = byId("goal-count");
  #title = byId("goal-title");
  #text = byId("goal-text");
  #needs = byId("goal-needs");
  #shown = "";

  constructor() {
    // Where a window is small the stylesheet folds the goal and the tools away.
    const fold = byId("where-fold");
    fold.addEventListener("click", () => {
      fold.ariaExpanded = String(fold.ariaExpanded !== "true");
    });
  }

  /** @param {{stages: StageProgress[], stage: {title: string, goal: string, position: number, needs: Needs}|null, missing: Needs, status: string}} view */
  show({ stages, stage, missing, status }) {
    const isOver = status === "ended";
    this.#goal.hidden = stage === null || isOver;
    if (stage) {
      setText(this.#count, interpolate(gettext("Stage %(number)s of %(count)s"), { number: stage.position, count: stages.length }));
      setText(this.#title, stage.title);
      setText(this.#text, stage.goal);
      setText(this.#needs, needsWords(stage.needs, missing));
    }
    const key = JSON.stringify(stages);
    if (key !== this.#shown) {
      this.#shown = key;
      this.#list.replaceChildren(...stages.map((one) => item(one, this.#title.lang)));
      const current = /** @type {HTMLElement|null} */ (this.#list.querySelector("[aria-current]"));
      this.#list.scrollTop = (current?.offsetTop ?? 0) - this.#list.clientHeight / 2;
    }
  }
}

/**
 * What is still missing in a stage, in plain words.
 * @param {Needs} needs all that the stage asks for
 * @param {Needs} missing what of it the learner has not given yet
 */
export function needsWords(needs, missing) {
  if (needs.turns + needs.quotes === 0) {
    return "";
  }
  if (missing.turns + missing.quotes === 0) {
    return gettext("You have said enough for this stage. The tutor decides when you go on.");
  }
  const any = ngettext("At least %(count)s answer is asked of you here.", "At least %(count)s answers are asked of you here.", missing.turns);
  const more = ngettext("Say a little more: at least %(count)s more answer.", "Say a little more: at least %(count)s more answers.", missing.turns);
  const quotes = ngettext(
    "The tutor will want to quote %(count)s of your own sentences.", "The tutor will want to quote %(count)s of your own sentences.", needs.quotes,
  );
  return [
    ...(missing.turns > 0 ? [interpolate(missing.turns === needs.turns ? any : more, { count: missing.turns })] : []),
    ...(missing.quotes > 0 ? [interpolate(quotes, { count: needs.quotes })] : []),
  ].join(" ");
}

/**
 * @param {StageProgress} stage
 * @param {string} language of its title
 */
function item({ title, progress }, language) {
  const word = WORDS[progress];
  const name = element("span", "stage__title", title);
  name.lang = language;
  const made = element("li", `stage stage--${progress}`, name);
  if (word) {
    // The marks say it to those who see them; an empty mark needs its word.
    made.append(element("span", UNVISITED.includes(progress) ? "stage__word" : "visually-hidden", ` (${word})`));
  }
  if (progress === "current") {
    made.setAttribute("aria-current", "step");
  }
  return made;
}
